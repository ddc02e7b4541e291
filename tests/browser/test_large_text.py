"""The large-text switch as it is used: one tap with script and without, what was typed stays, print is as ever."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live

SMALLEST = """() => Math.min(...Array.from(document.querySelectorAll("main *, header *, footer *"))
    .filter(each => !each.closest("[aria-hidden=true],.cc-vh") && Array.from(each.childNodes)
        .some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim()) && each.checkVisibility())
    .map(each => parseFloat(getComputedStyle(each).fontSize)))"""


def size_of(page: Page, selector: str) -> str:
    """Return how large the text of an element is."""
    return str(page.eval_on_selector(selector, "each => getComputedStyle(each).fontSize"))


def test_one_tap_with_script_keeps_what_was_typed(live: Live, open_page: Callable[..., Page]) -> None:
    page = open_page(narrow=True)
    page.goto("/register")
    switch = page.get_by_role("button", name="大字", pressed=False)
    assert size_of(page, "main") == "16px"
    first = page.locator("main input[type=text], main input:not([type])").first
    first.fill("示例商店")
    switch.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="大字", pressed=True)).to_be_focused()
    assert size_of(page, "main") == "20px"
    assert page.evaluate(SMALLEST) >= 18
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(first).to_have_value("示例商店")
    page.emulate_media(media="print")
    assert float(size_of(page, "body").removesuffix("px")) < 14
    page.emulate_media(media="screen")
    page.goto("/cards")  # the device remembers it
    assert size_of(page, "main") == "20px"
    page.get_by_role("button", name="大字", pressed=True).click()
    expect(page.get_by_role("button", name="大字", pressed=False)).to_be_visible()
    page.reload()
    assert size_of(page, "main") == "16px"


def test_one_tap_without_script(live: Live, open_page: Callable[..., Page]) -> None:
    """Also on the page of a label, which brings no script at all."""
    for page, path in ((open_page(narrow=True, script=False), "/sign-in"), (open_page(narrow=True), "/C/NOSUCHCODE")):
        page.goto(path)
        page.get_by_role("button", name="大字", pressed=False).click()
        expect(page.locator("html.cc-large")).to_have_count(1)
        expect(page.get_by_role("button", name="大字", pressed=True)).to_be_visible()
        assert page.url.endswith(path)
        page.goto("/cards")
        expect(page.locator("html.cc-large")).to_have_count(1)
