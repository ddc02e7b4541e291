"""Every page that a demonstration account, or nobody, reaches by links, one of each kind (address without ids).

A kind is opened once, by the first reader who meets it, in Chinese and in English, and looked at: its status, its HTML
(`html_rules`), what the console and the network say (a policy that was broken is an error there), its width at a desk
and on a phone, there with large text too, what the keyboard finds (`keyboard`), what of it is on paper, and what axe
says of it by WCAG 2.2 AA. The readers after the first fetch it: its status and its links may be others for them. In the
long run each reader opens it, and axe looks at each width and language.
"""

import html
import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, Request, Response
from werkzeug.exceptions import HTTPException

from coldchain.ops import demo_load
from config import Settings
from tests.browser import html_rules, keyboard
from tests.browser.conftest import NARROW, PASSWORD, WIDE, Live

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = {"runOnly": TAGS}  # for Axe().run
JUDGE = """async (tags) => (await axe.run(document, {
    runOnly: tags, resultTypes: ["violations"], preload: false, iframes: false
})).violations.map(each => `${each.id}: ${each.nodes.slice(0, 2).map(node => node.html.slice(0, 120)).join("; ")}`)"""
TOO_WIDE = """(large) => {
    document.documentElement.classList.toggle("cc-large", large);
    return document.documentElement.scrollWidth;
}"""
ON_PAPER = """() => {
    const left = Array.from(document.querySelectorAll("nav, button, input, select, textarea, .cc-b"))
        .filter(each => each.checkVisibility()).map(each => each.outerHTML.slice(0, 100));
    const made = document.querySelector(".cc-foot .cc-onpaper");
    const own = document.querySelector(".cc-noted, .cc-slipped");
    return made && !own && !made.checkVisibility() ? [...left, "not as of when"] : left;
}"""
LINK = re.compile(r'<a\b[^>]*?\bhref="([^"#]+)')
FILES = re.compile(r"\.(pdf|png|zip|json|csv|xlsx|tlog-proof)$")
PUBLIC = ("/sign-in", "/register", "/cards", "/published-decisions", "/C/NOSUCHCODE")
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


@dataclass
class Walk:
    """Goes through the pages of one reader after the other; `wrong` is what was found."""

    app: Flask
    open_page: Callable[..., Page]
    met: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    here: str = ""

    def kind_of(self, path: str) -> str:
        """Return the route that answers at an address; what none answers stands for itself."""
        try:
            rule, _ = self.app.url_map.bind("localhost").match(path, "GET", return_rule=True)
        except HTTPException:
            return path
        return str(getattr(rule, "rule", rule))

    def page(self, locale: str) -> Page:
        """Return a page that tells of every request that fails."""
        page = self.open_page(locale=locale)
        if locale == "zh-CN" or LONG:
            page.add_init_script(Axe().axe_script)  # the policy of the page doesn't rule what a debugger brings
        page.on("requestfailed", self.failed)
        page.on("response", self.answered)
        return page

    def failed(self, request: Request) -> None:
        """Note a request without an answer; one that the next page cut short is none."""
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"{self.here}: {request.url}: {request.failure}")

    def answered(self, response: Response) -> None:
        """Note what a page asks for and doesn't get."""
        if response.status >= 400 and not response.request.is_navigation_request():
            self.wrong.append(f"{self.here}: {response.url}: {response.status}")

    def reader(self, role: str) -> int:
        """Go through the pages of an account, or (no role) the public's; return how many were read."""
        page, english = self.page("zh-CN"), self.page("en")
        waiting = [*PUBLIC]
        if role:
            sign_in(page, role)
            english.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
            waiting = ["/"]
        seen, read = {self.kind_of(path) for path in waiting}, 0
        while waiting:
            path = waiting.pop(0)
            kind = self.kind_of(path)
            self.here = f"{role or 'public'} {path}"
            source = self.looked_at(page, english, path) if self.is_new(kind, path) else self.fetched(page, path)
            read += 1
            for link in LINK.findall(source):
                parts = urlsplit(urljoin(page.url, html.unescape(link)))
                other = parts.netloc != urlsplit(page.url).netloc or FILES.search(parts.path)
                if not other and (found := self.kind_of(parts.path)) not in seen:
                    seen.add(found)
                    waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
        return read

    def is_new(self, kind: str, path: str) -> bool:
        """Say whether a page is to be looked at: each role's own start page, and a kind that nobody met."""
        new = LONG or path == "/" or kind not in self.met
        self.met.add(kind)
        return new

    def expected(self, path: str, status: int) -> None:
        """Note an answer that isn't a page: only the unknown code has none."""
        if status != (404 if path == PUBLIC[-1] else 200):
            self.wrong.append(f"{self.here}: {status}")

    def fetched(self, page: Page, path: str) -> str:
        """Return a page's source without opening it."""
        answer = page.context.request.get(urljoin(page.url, path))
        self.expected(path, answer.status)
        return answer.text() if "html" in answer.headers.get("content-type", "") else ""

    def looked_at(self, page: Page, english: Page, path: str) -> str:
        """Return a page's source after noting all that is wrong with it, in both languages and at both widths."""
        source = self.opened(page, path)
        if source:
            self.measured(page, WIDE)
            self.measured(page, NARROW)
            self.wrong += [f"{self.here}: {line}" for line in keyboard.faults(page)]
            self.judged(page)
            page.set_viewport_size(WIDE)  # type: ignore[arg-type]
            self.printed(page)
            english.set_viewport_size(NARROW)  # type: ignore[arg-type]
            self.opened(english, path)
            self.measured(english, NARROW)
            if LONG:
                self.judged(page)
                self.measured(english, WIDE)
                self.judged(english)
        return source

    def opened(self, page: Page, path: str) -> str:
        """Open a page, note what is wrong with its answer and return its source; nothing for what is no page."""
        response = page.goto(path)
        assert response is not None
        self.expected(path, response.status)
        if "html" not in response.headers.get("content-type", ""):
            return ""
        source = response.text()
        self.wrong += [f"{self.here}: {line}" for line in html_rules.wrong(source)]
        return source

    def measured(self, page: Page, size: dict[str, int]) -> None:
        """Note that a page doesn't fit into a window, on a phone with large text too."""
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for large in (False, True) if size == NARROW else (False,):
            width = page.evaluate(TOO_WIDE, large)
            if width > size["width"]:
                self.wrong.append(f"{self.here} at {size['width']}{', large text' if large else ''}: {width} px wide")
        page.evaluate(TOO_WIDE, False)

    def printed(self, page: Page) -> None:
        """Note what is on paper although it can only be pressed or filled in, and a paper that doesn't say of when."""
        if page.locator(".cc-onpaper").count():  # pages of somebody signed in
            page.emulate_media(media="print")
            self.wrong += [f"{self.here} on paper: {line}" for line in page.evaluate(ON_PAPER)]
            page.emulate_media(media="screen")

    def judged(self, page: Page) -> None:
        """Note what axe says of the page as it is shown."""
        self.wrong += [f"{self.here}: {line}" for line in page.evaluate(JUDGE, TAGS)]


def too_wide(page: Page, path: str) -> list[str]:
    """Return that the page that is shown doesn't fit into its window."""
    page.wait_for_load_state()  # a click doesn't wait for the page that it leads to
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"{path}: {width} px wide"] if width > (page.viewport_size or {"width": 0})["width"] else []


def troubles(page: Page, path: str) -> list[str]:
    """Return what is wrong with the page that is shown: it doesn't fit into its window, or axe has something to say."""
    found = too_wide(page, path)
    page.evaluate(Axe().axe_script)
    return found + [f"{path}: {line}" for line in page.evaluate(JUDGE, TAGS)]


def sign_in(page: Page, role: str) -> None:
    """Sign a demonstration account in."""
    page.goto("/sign-in")
    page.fill("[name=username]", role)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")


@pytest.mark.timeout(900)  # some 150 pages
@pytest.mark.parametrize(
    "readers",
    [
        ["regulator", "admin", "merchant", "inspector", "lab", ""],
        pytest.param(["buyer", "dongxing"], marks=pytest.mark.slow),
    ],
    ids=["roles", "others"],
)
def test_pages(app: Flask, demonstration: Live, open_page: Callable[..., Page], readers: list[str]) -> None:
    """Follow links from each reader's start page, one page of each kind; a console that speaks fails `open_page`."""
    walk = Walk(app, open_page)
    read: dict[str, Any] = {role: walk.reader(role) for role in readers}
    assert not walk.wrong, "\n".join(walk.wrong)
    assert all(count >= 5 for count in read.values()), read
