"""A file that is too large is said beside its field before anything is sent; what was typed stays."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from coldchain.core import limits
from tests.browser.conftest import Live
from tests.browser.test_every_page import troubles
from tests.browser.test_one_true_way import sign_in
from tests.factories.world import World


def test_a_large_file_is_refused_in_the_browser(
    world: World, live: Live, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    owner = world.business()
    world.zone(world.site(owner))
    (tmp_path / "large.jpg").write_bytes(bytes(limits.UPLOAD_BYTES + 1))
    (tmp_path / "small.jpg").write_bytes(bytes(1000))
    page = open_page(narrow=True)
    sign_in(page, world.merchant(owner))
    page.goto("/arrivals/new")
    if not page.locator("#f-_papers-0-file").count():
        page.locator('[data-lines="papers"] [data-add]').click()
    page.locator("main [name=seal_no]").fill("HL20771")
    page.set_input_files("#f-_papers-0-file", tmp_path / "large.jpg")
    said = page.locator("#f-_papers-0-file-size")
    expect(said).to_contain_text("这个文件有 10.1 MB，最多 10 MB")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if request.url.endswith("/arrivals/new") else None)
    page.locator("main [name=_step][value=check]").last.click()
    expect(page.locator("#f-_papers-0-file")).to_be_focused()
    assert asked == [], "nothing is sent"
    assert page.locator("main [name=seal_no]").input_value() == "HL20771"
    assert troubles(page, "a file that is too large") == []
    page.set_input_files("#f-_papers-0-file", tmp_path / "small.jpg")
    expect(said).to_have_count(0)
    assert page.locator("#f-_papers-0-file").get_attribute("aria-invalid") is None
