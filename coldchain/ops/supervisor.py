"""What `make run` executes: port, database, migrations, demonstration data, web and worker, until it is told to stop.

Invariants: nothing is started on a busy port; the port is bound once, here, and handed to the web server; whatever ends
this process, none of its children outlives it (`processes`, `embedded_postgres`); a child that keeps dying is given up
after `RESTARTS_MAX` within `RESTARTS_WINDOW_S` instead of spinning for ever. The database, once it ran, is never given
up: its trouble (a full disk) passes, and web can say so meanwhile.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Final, NoReturn, TextIO

from coldchain.core.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from coldchain.ops.processes import PARENT_VARIABLE, follow_parent
from config import ADDRESS_FILE, ROOT, WILDCARD_HOSTS, Settings, SettingsError, own_address

READY_TIMEOUT_S: Final = 60
STOP_TIMEOUT_S: Final = 12
WATCH_S: Final = 2.0
RESTARTS_MAX: Final = 5
RESTARTS_WINDOW_S: Final = 60.0
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StartError(Exception):
    """The program can't run (on); the message is one line for whoever started it."""


class StopAsked(Exception):
    """Somebody asked the program to stop."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What the supervisor runs, as arguments of this Python; a test names smaller ones."""

    prepare: tuple[str, ...] = ("-m", "coldchain.ops.run_child", "coldchain.ops.run_prepare")
    web: tuple[str, ...] = ("-m", "coldchain.ops.run_web", "{descriptor}")
    worker: tuple[str, ...] = ("-m", "coldchain.ops.run_child", "coldchain.ops.worker")


@dataclass(slots=True)
class Child:
    """A process that has to be there: its arguments and when it was restarted."""

    name: str
    arguments: tuple[str, ...]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    restarts: deque[float] = field(default_factory=deque)

    def start(self, environment: dict[str, str]) -> None:
        """Start the process in a session of its own, so that a Ctrl-C reaches the supervisor alone."""
        self.process = subprocess.Popen(  # noqa: S603  our own modules
            [sys.executable, *self.arguments],
            cwd=ROOT,
            env=environment | {PARENT_VARIABLE: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            start_new_session=True,
        )

    def ended(self) -> int | None:
        """Return the exit status once the process has ended."""
        return self.process.poll() if self.process else None

    def signal(self, number: int) -> None:
        """Send a signal to the process and all that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def bind(host: str, port: int) -> socket.socket:
    """Bind the port without SO_REUSEPORT and without listening: clients are refused until the web server is there.

    Raises StartError when the port is busy or the address isn't ours.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a restart waits a minute for old connections
        bound.bind(address)
    except OSError as reason:
        text = reason.strerror or str(reason)
        raise StartError(
            f"port {port} on {host} can't be had ({text}); try another: PORT={port + 1} make run"
        ) from None
    return bound


class Supervisor:
    """Runs everything once; `run` returns the exit status."""

    def __init__(self, settings: Settings, programs: Programs | None = None) -> None:
        """Take the settings; nothing is started before `run`."""
        self.settings = settings
        self.programs = programs or Programs()
        self.environment = dict(os.environ)
        self.database: EmbeddedPostgres | None = None
        self.children: list[Child] = []
        self._stops = 0
        self._address: str | None = None
        self._database_trouble: str | None = None
        self._woken, self._waker = os.pipe()

    def run(self) -> int:
        """Start everything, say where it is, watch over it until a signal, and leave nothing behind."""
        self._listen_to_signals()
        bound: socket.socket | None = None
        try:
            bound = bind(self.settings.host, self.settings.port)
            port = bound.getsockname()[1]
            self.environment |= {"HOST": self.settings.host, "PORT": str(port)}
            self._open_database()
            self._prepare()
            web = tuple(part.format(descriptor=bound.fileno()) for part in self.programs.web)
            self._start(Child("web", web, (bound.fileno(),)))
            self._start(Child("worker", self.programs.worker))
            self._await_ready(port)
            here = own_address(self.settings.host, port)
            self._announce(here)
            _say(f"Ready: {here}  (Ctrl-C stops it)")
            self._watch()  # until a signal raises StopAsked
        except StopAsked:
            return 0
        except (StartError, SettingsError, EmbeddedPostgresError) as reason:
            _say(f"error: {reason}", sys.stderr)
            return 1
        finally:
            if bound is not None:
                bound.close()
            self._announce(None)
            self._stop()

    def _announce(self, address: str | None) -> None:
        """Keep where the program answers, for the links that `flask accounts create` prints; None takes it back."""
        kept = self.settings.var_dir / ADDRESS_FILE
        if address is not None:
            kept.write_text(address, encoding="utf-8")
        elif self._address is not None and kept.exists() and kept.read_text(encoding="utf-8") == self._address:
            kept.unlink(missing_ok=True)  # unless another one has started here since
        self._address = address

    def _listen_to_signals(self) -> None:
        for descriptor in (self._woken, self._waker):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # it only has to end a wait
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_stop)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._stops += 1
        if self._stops > 2:
            raise KeyboardInterrupt  # whoever insists needs no patience: the ties between processes clean up

    def _pause(self, seconds: float) -> None:
        """Wait for a signal, at most so long. Raises StopAsked when it was one that asks to stop."""
        select.select([self._woken], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 4096)
        if self._stops:
            raise StopAsked

    def _open_database(self) -> None:
        if not self.settings.embedded_database:
            if self.settings.single_database_role:
                _say("warning: one_database_role: set DATABASE_OWNER_URL to keep the service from changing the ledger")
            return
        self.database = EmbeddedPostgres(self.settings.var_dir, pg_bin=self.settings.pg_bin)
        endpoint = self.database.start()
        self.environment |= {"DATABASE_URL": endpoint.url, "DATABASE_OWNER_URL": endpoint.owner_url}

    def _prepare(self) -> None:
        child = Child("prepare", self.programs.prepare)
        self.children = [child]
        child.start(self.environment)
        while (status := child.ended()) is None:
            self._pause(WATCH_S)
        self.children = []
        if status:
            raise StartError(f"the database could not be prepared (exit status {status})")

    def _start(self, child: Child) -> None:
        self.children.append(child)
        child.start(self.environment)

    def _await_ready(self, port: int) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not is_ready(self.settings.host, port):
            for child in self.children:
                if (status := child.ended()) is not None:
                    raise StartError(f"{child.name} ended before it was ready (exit status {status})")
            if time.monotonic() > deadline:
                raise StartError(f"/readyz was not 200 within {READY_TIMEOUT_S} s")
            self._pause(0.1)

    def _watch(self) -> NoReturn:
        """Restart what ends, within bounds, until a signal. Raises StopAsked or StartError."""
        while True:
            self._pause(WATCH_S)
            if self.database is not None and self.database.find_running() is None:
                self._reopen_database(self.database)
            for child in self.children:
                if child.ended() is not None:
                    child.signal(signal.SIGKILL)  # what it may have left behind
                    self._again(child.name, child.restarts, partial(child.start, self.environment))

    def _reopen_database(self, database: EmbeddedPostgres) -> None:
        """Start the server again, now or at a later look, for ever: without it web says 503, and a full disk passes."""
        if self._database_trouble is None:
            _say("warning: database ended and is started again", sys.stderr)
        try:
            database.stop()
            database.start()
            self._database_trouble = None
        except EmbeddedPostgresError as reason:
            if str(reason) != self._database_trouble:
                _say(f"warning: {reason}; it is tried again", sys.stderr)
            self._database_trouble = str(reason)

    def _again(self, name: str, restarts: deque[float], start: Callable[[], None]) -> None:
        now = time.monotonic()
        while restarts and restarts[0] < now - RESTARTS_WINDOW_S:
            restarts.popleft()
        if len(restarts) >= RESTARTS_MAX:
            raise StartError(f"{name} ended {RESTARTS_MAX + 1} times within {RESTARTS_WINDOW_S:.0f} s")
        _say(f"warning: {name} ended and is started again", sys.stderr)
        self._pause(0.25 * len(restarts) ** 2)
        restarts.append(now)
        start()

    def _stop(self) -> None:
        """End the children in good order, then by force, and the database after them."""
        for child in self.children:
            if child.process is not None and child.ended() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in self.children:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, deadline - time.monotonic()))
                child.signal(signal.SIGKILL)
                child.process.wait()
        self.children = []
        if self.database is not None:
            self.database.stop()


def is_ready(host: str, port: int) -> bool:
    """Tell whether `GET /readyz` answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1" if host in WILDCARD_HOSTS else host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _say(text: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(text + "\n")
    stream.flush()


def main(arguments: list[str]) -> int:
    """Run the supervisor; with `--follow-parent` it stops when the program that started it (make) is gone."""
    if "--follow-parent" in arguments:
        follow_parent(grace_s=STOP_TIMEOUT_S + 40)
    try:
        settings = Settings.from_env()
    except SettingsError as reason:
        _say(f"error: {reason}", sys.stderr)
        return 1
    return Supervisor(settings).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
