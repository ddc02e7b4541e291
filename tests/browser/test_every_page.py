"""Every page that a demonstration account reaches by links: its status, its width, and what axe says of it."""

import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from coldchain.ops import demo_load
from config import Settings
from tests.browser.conftest import NARROW, PASSWORD, WIDE, Live

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
FILES = re.compile(r"\.(pdf|png|zip|json|csv|xlsx|tlog-proof)$")
PAGES_MAX = 60
LONG = os.environ.get("COLDCHAIN_LONG") == "1"


@pytest.fixture
def demonstration(settings: Settings, owner_url: str, live: Live) -> Live:
    """The running program with the demonstration loaded."""
    chosen = replace(
        settings, demo=True, demo_sets=("sweep_b",), demo_password=PASSWORD, database_owner_url=owner_url,
        public_url=live.url,
    )  # fmt: skip
    assert demo_load.load_if_empty(chosen, io.StringIO())
    return live


def kind_of(path: str) -> str:
    """Return a path without ids and queries."""
    return UUID.sub("*", re.sub(r"^/C/.*", "/C/*", path.partition("?")[0]))


def links(page: Page, seen: set[str]) -> Iterator[str]:
    """Yield addresses of this site whose kind (ids and queries left out) was not met before."""
    for href in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
        parts = urlsplit(href)
        if parts.netloc != urlsplit(page.url).netloc or FILES.search(parts.path):
            continue
        kind = kind_of(parts.path)
        if kind not in seen:
            seen.add(kind)
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def too_wide(page: Page, path: str) -> list[str]:
    """Return that the page that is shown doesn't fit into its window."""
    page.wait_for_load_state()  # a click doesn't wait for the page that it leads to
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"{path}: {width} px wide"] if width > (page.viewport_size or {"width": 0})["width"] else []


def troubles(page: Page, path: str) -> list[str]:
    """Return what is wrong with the page that is shown."""
    found = too_wide(page, path)
    for violation in Axe().run(page, options=AXE).response["violations"]:
        nodes = "; ".join(str(node["html"])[:120] for node in violation["nodes"][:2])
        found.append(f"{path}: {violation['id']}: {nodes}")
    return found


def looked_at(page: Page, path: str, widths: list[dict[str, int]]) -> list[str]:
    """Return what is wrong with the page that is shown: its width at each one, what axe says at the last.

    The first width is how it was opened; in the long run axe looks at each.
    """
    wrong = []
    for width in widths:
        page.set_viewport_size(width)
        look = troubles if LONG or width is widths[-1] else too_wide
        wrong += look(page, f"{path} at {width['width']}")
    page.set_viewport_size(widths[0])
    return wrong


BOTH, PHONE, DESK = [WIDE, NARROW], [NARROW], [WIDE]


@pytest.mark.timeout(900)  # some 150 pages
@pytest.mark.parametrize(
    "readers",
    [
        [
            ("regulator", "zh-CN", BOTH), ("admin", "en", DESK),
            ("merchant", "zh-CN", BOTH), ("inspector", "zh-CN", PHONE), ("lab", "zh-CN", PHONE),
        ],
        pytest.param(
            [
                ("admin", "zh-CN", PHONE), ("merchant", "en", PHONE), ("lab", "en", DESK), ("buyer", "en", PHONE),
                ("inspector", "en", DESK),
            ],
            marks=pytest.mark.slow,
        ),
    ],
    ids=["roles", "others"],
)  # fmt: skip
def test_pages(demonstration: Live, open_page: Callable[..., Page], readers: list[tuple[str, str, Any]]) -> None:
    """Follow links from each reader's start page, one page of each kind."""
    met: set[str] = set()
    wrong = [f"{reader}: {words}" for reader in readers for words in walk(open_page, met, *reader)]
    assert wrong == []


def walk(
    open_page: Callable[..., Page], met: set[str], role: str, locale: str, widths: list[dict[str, int]]
) -> list[str]:
    """Return what is wrong with the pages that a role reaches: all of them, or (short) its desk and kinds not `met`."""
    page = open_page(narrow=widths[0] == NARROW, locale=locale)
    page.goto("/sign-in")
    page.fill("[name=username]", role)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")
    seen, waiting, wrong, visited = {"/"}, ["/"], list[str](), 0
    while waiting and visited < PAGES_MAX:
        path = waiting.pop(0)
        response = page.goto(path)
        visited += 1
        assert response is not None
        if response.status != 200:
            wrong.append(f"{path}: {response.status}")
        elif "html" in response.headers.get("content-type", ""):
            if LONG or path == "/" or kind_of(path) not in met:
                wrong += looked_at(page, path, widths)
                met.add(kind_of(path))
            waiting += links(page, seen)
    assert visited >= 5
    return wrong
