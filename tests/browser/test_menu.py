"""The navigation: one row at a desk, what is used less behind 更多, by keyboard and without script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.browser.test_one_true_way import sign_in
from tests.factories.people import People
from tests.factories.world import World


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_one_row_and_the_rest_behind_more(
    world: World, people: People, live: Live, open_page: Callable[..., Page], script: bool
) -> None:
    page = open_page(script=script)
    sign_in(page, people.merchant(world.business()["business_id"]))
    for width in (1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        high = page.locator(".cc-nav").bounding_box()
        assert high is not None
        assert high["height"] < 60, width
    more, hidden = page.locator(".cc-nav summary"), page.get_by_role("link", name="采样到期")
    expect(hidden).to_be_hidden()
    more.focus()
    page.keyboard.press("Enter")
    expect(hidden).to_be_visible()
    if script:
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(hidden).to_be_hidden()
        expect(more).to_be_focused()
        page.keyboard.press("Enter")
        page.locator("h1").click()  # elsewhere
        expect(hidden).to_be_hidden()
        page.keyboard.press("Escape")  # nothing is open: nothing happens
        more.press("Enter")
    hidden.click()
    page.wait_for_url("**/sampling-due")
    expect(page.locator(".cc-nav summary[aria-current]")).to_be_visible()
