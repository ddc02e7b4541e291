"""The drill of docs/operate/backup.md: a backup under load, everything destroyed, restored, adopted, signed in, on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from coldchain.accounts import passwords
from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres
from coldchain.journal import files
from config import ROOT
from tests.crash.house import House
from tests.crash.judge import troubles
from tests.crash.traffic import Pair, Traffic, books
from tests.factories.people import People
from tests.factories.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PASSWORD = "a long enough password"
PHOTOGRAPH = os.urandom(3_000_000)


def flask(house: House, *arguments: str) -> tuple[int, str]:
    """Run a command of the program as its operator does; return the exit code and what it said."""
    known = ("PATH", "HOME", "LANG")
    environ = {name: os.environ[name] for name in known if name in os.environ}
    done = subprocess.run(
        [str(Path(sys.executable).parent / "flask"), *arguments],
        cwd=ROOT, env=environ | {"VAR_DIR": str(house.var_dir), "COLDCHAIN_DEMO": "0"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def sign_in(house: House, username: str) -> str:
    """Sign in through the form and return the start page."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    here = f"http://127.0.0.1:{house.port}"
    with opener.open(f"{here}/sign-in") as page:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    assert token is not None
    form = {"csrf_token": token[1], "username": username, "password": PASSWORD}
    with opener.open(f"{here}/sign-in", urllib.parse.urlencode(form).encode()) as page:
        return str(page.read().decode())


def test_the_drill(make_var_dir: Callable[[str], Path], free_port: int, tmp_path: Path) -> None:
    house, target = House(make_var_dir("var"), free_port), tmp_path / "backup.zip"
    try:
        house.start()
        world = World(People(house.app()))
        traffic = Traffic(house, [Pair.make(world) for _ in range(2)])
        with db.transaction() as session:
            officer = session.merge(world.regulator.user)
            officer.password_hash = passwords.hash_password(PASSWORD)
        db.engine().dispose()
        photograph = house.var_dir / "uploads" / "ab" / "photograph"
        photograph.parent.mkdir(parents=True)
        photograph.write_bytes(PHOTOGRAPH)
        since = books(house)

        with traffic:
            time.sleep(3)
            before = len(traffic.deeds)
            code, said = flask(house, "backup", "create", str(target))
            assert code == 0, said
            time.sleep(3)
        published = max(traffic.notes, key=lambda note: int(note.split("\n")[1]))
        assert troubles(house, traffic, since, []) == []
        house.stop()
        shutil.rmtree(house.var_dir)
        shutil.rmtree(EmbeddedPostgres(house.var_dir).home)

        code, said = flask(house, "backup", "verify", str(target))
        assert (code, said.splitlines()[-1]) == (0, "no difference"), said
        kept = house.var_dir / files.CHECKPOINT_FILE  # what somebody kept of the last day
        kept.parent.mkdir(parents=True)
        kept.write_text(published)
        code, said = flask(house, "backup", "restore", str(target))
        assert (code, said.splitlines()[-1]) == (0, "restored"), said
        assert "adopt-restore" in said
        assert (house.var_dir / photograph.relative_to(house.var_dir)).read_bytes() == PHOTOGRAPH
        assert flask(house, "journal", "verify")[0] == 1
        code, said = flask(house, "journal", "adopt-restore", "--reason", "drill")
        assert code == 0, said
        code, said = flask(house, "journal", "verify")
        assert (code, said.splitlines()[-1]) == (0, "no difference"), said

        house.start()
        assert world.regulator.user.username in sign_in(house, world.regulator.user.username)
        assert traffic.changed_answers(traffic.deeds[:before]) == []
        for kind, there in books(house).items():
            acknowledged = [deed.subject_id for deed in traffic.deeds if deed.kind == kind]
            promised = {deed.subject_id for deed in traffic.deeds[:before] if deed.kind == kind}
            assert promised | since[kind] <= there <= {*acknowledged} | since[kind]
        house.app()  # connects this process again
        again = Traffic(house, [Pair.make(world)])
        db.engine().dispose()
        since = books(house)
        with again:
            time.sleep(2)
        assert len(again.deeds) > 0
        assert troubles(house, again, since, again.deeds) == []
        house.stop()
    finally:
        house.end()
