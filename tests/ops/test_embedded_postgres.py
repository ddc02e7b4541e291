"""The embedded server as its users meet it: real starts, real kills, real leftovers."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from coldchain.core.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from config import ROOT
from tests.ops.helpers import command_line, eventually, processes_of

HOLDER = """
import sys, time
from pathlib import Path
from coldchain.core.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.start().owner_url, flush=True)
time.sleep(600)
"""
AS_ROOT = os.getuid() == 0


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return row and row[0]


def change(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def keeper(server: EmbeddedPostgres) -> int:
    status = Path(f"/proc/{postmaster(server)}/status").read_text()
    return int(status.split("PPid:")[1].split()[0])


def gone(server: EmbeddedPostgres) -> bool:
    return not processes_of(str(server.home))


def holder(var_dir: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", HOLDER, str(var_dir)], cwd=ROOT, stdout=subprocess.PIPE)


def killed(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_first_start_then_second_start_on_the_same_data(var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir)
    assert server.find_running() is None
    endpoint = server.start()
    try:
        assert server.find_running() == endpoint
        assert ask(endpoint.url, "SELECT current_user") == "coldchain"
        assert ask(endpoint.owner_url, "SELECT current_user") == "coldchain_owner"
        powers = (
            "SELECT bool_or(rolsuper OR rolcreatedb OR rolcreaterole) FROM pg_roles WHERE rolname LIKE 'coldchain%'"
        )
        assert ask(endpoint.url, powers) is False
        assert ask(endpoint.url, "SHOW fsync") == "on"
        assert ask(endpoint.url, "SHOW listen_addresses") == ""
        assert ask(endpoint.url, "SHOW server_encoding") == "UTF8"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            change(endpoint.url, "CREATE TABLE mine (n int)")
        for extension in ("pg_trgm", "btree_gist", "ltree", "unaccent"):
            change(endpoint.owner_url, f"CREATE EXTENSION {extension}")
        assert ask(endpoint.url, "SELECT '冻带鱼' % '冻带鱼段'") is True
        change(endpoint.owner_url, "CREATE TABLE kept AS SELECT 42 AS n; GRANT SELECT ON kept TO coldchain")
        assert os.stat(f"/proc/{postmaster(server)}").st_uid != 0
    finally:
        server.stop()
    assert gone(server)
    assert not server.socket_dir.exists()
    with EmbeddedPostgres(var_dir) as again:
        assert ask(again.url, "SELECT n FROM kept") == 42


def test_claims_share_one_server_until_the_last_is_given_up(var_dir: Path) -> None:
    first, second = EmbeddedPostgres(var_dir), EmbeddedPostgres(var_dir)
    endpoint = first.start()
    running = postmaster(first)
    assert second.start() == endpoint
    first.stop()
    assert postmaster(second) == running
    assert ask(endpoint.url, "SELECT 1") == 1
    assert first.start() == endpoint
    second.stop()
    assert postmaster(first) == running
    first.stop()
    assert gone(first)


def test_many_starters_at_once_make_one_server(var_dir: Path) -> None:
    holders = [holder(var_dir) for _ in range(4)]
    server = EmbeddedPostgres(var_dir)
    try:
        said = {process.stdout.readline() for process in holders if process.stdout}
        assert len(said) == 1
        assert b"postgresql://" in said.pop()
        keepers = [pid for pid in processes_of(str(server.home)) if "postgres_keeper.py" in command_line(pid)]
        assert len(keepers) == 1
    finally:
        for process in holders:
            killed(process)
    assert eventually(lambda: gone(server))


def test_a_killed_user_leaves_no_server_and_loses_nothing(var_dir: Path) -> None:
    process = holder(var_dir)
    assert process.stdout is not None
    owner_url = process.stdout.readline().decode().strip()
    change(owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
    server = EmbeddedPostgres(var_dir)
    killed(process)
    assert eventually(lambda: gone(server))
    with server as endpoint:
        assert ask(endpoint.owner_url, "SELECT n FROM kept") == 7


@pytest.mark.parametrize("victim", [postmaster, keeper])
def test_a_killed_server_or_keeper_is_replaced(victim: Callable[[EmbeddedPostgres], int], var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir)
    endpoint = server.start()
    change(endpoint.owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(victim(server), signal.SIGKILL)
    server.stop()
    with server as again:
        assert ask(again.owner_url, "SELECT n FROM kept") == 7


def test_leftovers_of_a_power_cut_are_no_obstacle(var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir)
    server.start()
    pid_file = (server.data / "postmaster.pid").read_text().split("\n", 1)[1]
    os.kill(keeper(server), signal.SIGKILL)
    os.kill(postmaster(server), signal.SIGKILL)
    server.stop()
    assert eventually(lambda: gone(server))
    assert (server.socket_dir / ".s.PGSQL.5432").exists()
    # After a restart of the machine the number in the file may be anybody's: here it is this test's own.
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{pid_file}")
    assert server.find_running() is None
    with server as endpoint:
        assert ask(endpoint.url, "SELECT 1") == 1


def test_an_interrupted_initdb_starts_over(var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir)
    for _ in range(5):
        process = holder(var_dir)
        while not (server.home / "data.partial" / "global").exists() and process.poll() is None:
            time.sleep(0.001)
        for pid in processes_of(str(server.home)):
            with suppress(ProcessLookupError):  # its parent was killed before it
                os.kill(pid, signal.SIGKILL)
        killed(process)
        assert eventually(lambda: gone(server))
        if not server.data.exists():
            break
        shutil.rmtree(server.data)  # it was quicker than we were
    assert (server.home / "data.partial").exists()
    with server as endpoint:
        assert ask(endpoint.url, "SELECT current_user") == "coldchain"
    assert not (server.home / "data.partial").exists()


def test_two_checkouts_side_by_side(make_var_dir: Callable[[str], Path]) -> None:
    with EmbeddedPostgres(make_var_dir("one")) as one, EmbeddedPostgres(make_var_dir("two")) as two:
        change(one.owner_url, "CREATE TABLE only_here (n int)")
        assert ask(two.url, "SELECT to_regclass('only_here')") is None


def test_data_of_another_major_version_are_refused_in_one_line(var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedPostgresError, match=r"^.* was made by PostgreSQL 12, not \d+; dump and restore it$"):
        server.start()
    assert gone(server)


def test_a_socket_folder_of_somebody_else_is_refused(var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir)
    server.socket_dir.mkdir()
    server.socket_dir.chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="belongs to somebody else"):
        server.start()


def test_without_binaries_it_says_what_to_set(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddedPostgresError, match="set DATABASE_URL or COLDCHAIN_PG_BIN"):
        EmbeddedPostgres(var_dir).start()


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user's data lie in VAR_DIR itself")
def test_data_of_a_removed_checkout_are_set_aside(var_dir: Path) -> None:
    with EmbeddedPostgres(var_dir) as endpoint:
        change(endpoint.owner_url, "CREATE TABLE old (n int)")
    shutil.rmtree(var_dir)
    server = EmbeddedPostgres(var_dir)
    with server as endpoint:
        assert ask(endpoint.url, "SELECT to_regclass('old')") is None
    assert len(list(server.home.glob("data-set-aside-*"))) == 1


def test_a_throwaway_is_shared_quick_and_leaves_nothing(var_dir: Path) -> None:
    first, second = EmbeddedPostgres.throwaway(var_dir), EmbeddedPostgres.throwaway(var_dir)
    endpoint = first.start()
    assert second.start() == endpoint
    assert ask(endpoint.url, "SHOW fsync") == "off"
    with psycopg.connect(endpoint.owner_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE another")
    first.stop()
    assert ask(endpoint.url, "SELECT 1") == 1
    second.stop()
    assert not first.home.exists()
    assert eventually(lambda: gone(first))
    with EmbeddedPostgres.throwaway(var_dir) as endpoint:
        assert ask(endpoint.url, "SELECT count(*) FROM pg_database WHERE datname = 'another'") == 0
