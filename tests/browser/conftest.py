"""A real Chromium against the real web server and worker, as processes of their own on a fresh database."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from sqlalchemy import Engine

from config import ROOT

PASSWORD = "a long enough password"
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}


@dataclass
class Live:
    """Where the program answers."""

    url: str
    var_dir: Path


def _wait(url: str, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while True:
        with suppress(OSError):
            if urllib.request.urlopen(url, timeout=5).status == 200:  # noqa: S310 (our own loopback address)
                return
        if time.monotonic() > until:
            raise TimeoutError(url)
        time.sleep(0.1)


@pytest.fixture
def live(database: Engine, tmp_path: Path) -> Iterator[Live]:
    """Web and worker on the fresh database; nothing is left behind."""
    url = database.url.render_as_string(hide_password=False).replace("postgresql+psycopg://", "postgresql://")
    var_dir = tmp_path / "var"
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        environment = os.environ | {
            "DATABASE_URL": url, "DATABASE_OWNER_URL": url, "VAR_DIR": str(var_dir), "PORT": str(port),
            "COLDCHAIN_DEMO": "0", "COLDCHAIN_ENV": "test",
        }  # fmt: skip
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "coldchain.ops.run_web", str(bound.fileno())],
                cwd=ROOT, env=environment, pass_fds=(bound.fileno(),),
            ),
            subprocess.Popen([sys.executable, "-m", "coldchain.ops.worker"], cwd=ROOT, env=environment),
        ]  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/readyz")
        yield Live(f"http://127.0.0.1:{port}", var_dir)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    executable = next((found for name in names if (found := shutil.which(name))), None)
    assert executable, "no browser: run tools/ensure_browser.sh or BROWSER=0"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--lang=zh-CN",
            ],
        )  # fmt: skip
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live: Live) -> Iterator[Callable[..., Page]]:
    """Return a maker of pages, each in a profile of its own; console errors and broken policies fail the test."""
    contexts = []
    troubles: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            troubles.append(f"{message.text} ({message.location.get('url')})")

    def make(*, narrow: bool = False, locale: str = "zh-CN", script: bool = True) -> Page:
        context = chromium.new_context(
            base_url=live.url, viewport=NARROW if narrow else WIDE, locale=locale, java_script_enabled=script,
            timezone_id="Asia/Shanghai",
        )  # fmt: skip
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", said)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert troubles == []
