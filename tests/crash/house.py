"""A whole program as `make run` starts it, on a VAR_DIR of its own, of which any process can be killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask

from coldchain.app import create_app
from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from config import ROOT, Settings
from tests.ops.helpers import command_line, eventually, processes_of

VICTIMS = ("serving", "web", "worker", "backend", "postmaster")
READY_S = 60


@dataclass(frozen=True)
class Answer:
    """What came over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class House:
    """Supervisor, web, worker and the embedded server; `app` is the same program in this process, for set-up."""

    var_dir: Path
    port: int
    process: subprocess.Popen[str] | None = None
    complaints: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        known = ("PATH", "HOME", "LANG")
        environ = {name: os.environ[name] for name in known if name in os.environ}
        environ |= {"VAR_DIR": str(self.var_dir), "PORT": str(self.port), "COLDCHAIN_DEMO": "0"}
        self.log = self.var_dir.with_name(f"{self.var_dir.name}.log")
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "coldchain.ops.supervisor"],
                cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True,
                start_new_session=True,
            )  # fmt: skip
        assert eventually(self.is_ready, READY_S), self.log.read_text()

    def stop(self) -> None:
        """End it in good order; nothing may be left."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None
        assert eventually(lambda: not self.members()), [command_line(pid) for pid in self.members()]

    def end(self) -> None:
        """End whatever is left, by force."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.members():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def lives(self) -> bool:
        """Say whether the supervisor still runs."""
        return self.process is not None and self.process.poll() is None

    def members(self) -> list[int]:
        """Return every process of this program."""
        found = set(processes_of(str(EmbeddedPostgres(self.var_dir).home)))
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"VAR_DIR={self.var_dir}\0".encode() in (folder / "environ").read_bytes():
                    found.add(int(folder.name))
        return sorted(found - {os.getpid()})

    def victims(self, kind: str) -> list[int]:
        """Return the processes of a kind: `web` is what serves together with its parent, `serving` one that serves."""
        ours = {pid: command_line(pid) for pid in self.members()}
        web = [pid for pid, words in ours.items() if "coldchain.ops.run_web" in words]
        if kind == "web":
            return [min(web)] if web else []
        if kind == "serving":
            return [pid for pid in web if pid != min(web)]
        if kind == "worker":
            return [pid for pid, words in ours.items() if "coldchain.ops.worker" in words]
        if kind == "backend":
            return [pid for pid, words in ours.items() if words.startswith("postgres: coldchain ")]
        return [pid for pid, words in ours.items() if "bin/postgres\0-D" in words]

    def kill(self, kind: str) -> None:
        """SIGKILL one process of a kind."""
        assert eventually(lambda: bool(self.victims(kind))), f"no {kind} to kill"
        for pid in self.victims(kind):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        key: str | None = None,
        cookie: str | None = None,
    ) -> Answer:
        """Send one request to `path`, as a page's reader when there is a cookie (or an empty one).

        Raises OSError or http.client.HTTPException when no whole answer comes.
        """
        kind = "application/json" if cookie is None else "text/html"
        headers = {"Accept": kind, "Content-Type": kind} | ({"Cookie": cookie} if cookie else {})
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            content = None if method == "GET" else json.dumps({} if body is None else body).encode()
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            came = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, came, response.read())
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Ask /readyz."""
        try:
            return self.send("GET", "/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def await_ready(self) -> None:
        """Wait until it is ready again."""
        until = time.monotonic() + READY_S
        while not self.is_ready():
            assert self.lives(), self.log.read_text()[-3000:]
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.05)

    @property
    def endpoint(self) -> Endpoint:
        """Where its database is."""
        return Endpoint.at(EmbeddedPostgres(self.var_dir).socket_dir)

    def settings(self) -> Settings:
        """Settings for this process on the same database and VAR_DIR."""
        base = Settings.from_env({"VAR_DIR": str(self.var_dir), "COLDCHAIN_DEMO": "0"})
        return replace(base, database_url=self.endpoint.url, database_owner_url=self.endpoint.owner_url)

    def app(self) -> Flask:
        """The program in this process, for set-up and commands; dispose of its connections before a kill."""
        app = create_app(self.settings())
        db.engine().dispose()
        return app
