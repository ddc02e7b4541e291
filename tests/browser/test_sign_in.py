"""Signing in with a second step, being signed out from elsewhere, and a session that ends in the middle of a form."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update
from sqlmodel import col

from coldchain.accounts import passwords
from coldchain.accounts.models import User, UserSession
from coldchain.core import clock, db, limits
from tests.browser.conftest import PASSWORD, Live
from tests.browser.test_making import Looker
from tests.browser.test_one_true_way import fill, send, sign_in
from tests.factories import second_step
from tests.factories.people import People, Speaker
from tests.factories.world import World


def password_step(page: Page, who: Speaker) -> None:
    """Give somebody a password and send it with the name."""
    with db.transaction() as session:
        session.get_one(User, who.user.user_id).password_hash = passwords.hash_password(PASSWORD)
    page.goto("/sign-in")
    again(page, who)


def again(page: Page, who: Speaker) -> None:
    """Sign in by the form that is shown."""
    page.fill("[name=username]", who.user.username)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


def press(page: Page, button: str) -> None:
    """Press a button or follow a link by its words and wait for the page that it leads to."""
    with page.expect_navigation():
        main = page.locator("main")
        main.get_by_role("button", name=button).or_(main.get_by_role("link", name=button)).first.click()


def end_sessions() -> None:
    """End every session that runs, as time would."""
    with db.transaction() as session:
        session.execute(update(UserSession).values(expires_at=clock.now()))


@pytest.mark.parametrize("narrow", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["wide", "narrow"])
def test_an_officer_sets_the_second_step_up_and_signs_in_with_it(
    people: People, live: Live, open_page: Callable[..., Page], narrow: bool
) -> None:
    officer = people.regulator()
    page = open_page(narrow=narrow)
    looker = Looker(page, f"sign-in-{'390' if narrow else '1280'}")
    password_step(page, officer)
    expect(page.locator("h1")).to_have_text("设置动态码")
    looker.look("set-up")
    page.goto("/businesses")
    expect(page.locator("h1")).to_have_text("设置动态码")
    key = page.locator("#totp-key").inner_text().replace(" ", "")
    page.fill("[name=code]", "000000")
    press(page, "设好")
    looker.look("set-up-refused")
    expect(page.locator(".cc-errors")).to_contain_text("动态码不对")
    page.fill("[name=code]", second_step.code(key))
    press(page, "设好")
    looker.look("recovery-codes")
    codes = page.locator(".cc-codes li").all_inner_texts()
    assert len(codes) == limits.RECOVERY_CODES
    with page.expect_download() as kept:
        page.get_by_role("button", name="保存为文件").click()
    assert kept.value.path().read_text().split() == codes
    press(page, "已保存好，继续")
    assert page.url.endswith("/businesses")
    page.goto("/me")
    page.locator("#keys summary").click()
    looker.look("me")

    other = open_page(narrow=narrow)
    password_step(other, officer)
    expect(other.locator("h1")).to_have_text("动态码")
    more = Looker(other, f"second-step-{'390' if narrow else '1280'}")
    more.look("ask")
    other.fill("[name=code]", codes[0])
    press(other, "登录")
    expect(other.locator(".cc-band")).to_contain_text(officer.user.display_name)
    page.goto("/me")
    expect(page.locator("#second-step")).to_contain_text(f"还剩 {limits.RECOVERY_CODES - 1} 个恢复码")
    assert looker.wrong + more.wrong == []


def test_signed_out_from_another_device_at_the_next_click(
    world: World, live: Live, open_page: Callable[..., Page]
) -> None:
    merchant = world.merchant(world.shop()["owner"])
    here, there = open_page(), open_page(narrow=True)
    sign_in(here, merchant)
    sign_in(there, merchant)
    here.get_by_role("link", name=merchant.user.display_name).click()
    looker = Looker(here, "sessions")
    looker.look("me")
    press(here, "让这台设备退出")
    expect(here.locator("main")).to_contain_text("那台设备已退出")
    there.goto("/consignments")
    more = Looker(there, "signed-out")
    more.look("told")
    expect(there.locator("h1")).to_have_text("登录")
    expect(there.locator("main")).to_contain_text("您已退出登录")
    again(there, merchant)
    assert there.url.endswith("/consignments")
    assert looker.wrong + more.wrong == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(
    world: World, live: Live, open_page: Callable[..., Page], script: bool
) -> None:
    owner = world.business()
    world.zone(world.site(owner))
    merchant = world.merchant(owner)
    page = open_page(script=script)
    sign_in(page, merchant)
    page.goto("/arrivals/new")
    typed = {"arrived_at": "2021-01-10 08:00", "_supplier": "老王水产", "container_no": "CSQU3054383",
             "seal_no": "HL20771", "lines-0-production_date": "2020-11-06"}  # fmt: skip
    page.locator('main input[name="entry_mode"][value="arrived"]').check(force=True)
    fill(page, **typed)
    end_sessions()
    send(page, "check")
    looker = Looker(page, "kept")
    looker.look("sign-in") if script else None  # axe needs scripts
    expect(page.locator("main")).to_contain_text("您刚才提交的内容还没有入账")
    again(page, merchant)
    expect(page.locator("h1")).to_have_text("接着办")
    expect(page.locator("main")).to_contain_text("老王水产")
    looker.look("kept") if script else None
    if script:  # the way by the form: the draft on the device fills it again
        kept = page.url
        press(page, "打开表单")
        for name, text in typed.items():
            expect(page.locator(f'main [name="{name}"]')).to_have_value(text)
        page.goto(kept)
    press(page, "现在提交")
    expect(page.locator(".cc-errors")).to_be_visible()
    for name, text in typed.items():
        expect(page.locator(f'main [name="{name}"]')).to_have_value(text)
    expect(page.locator('main input[name="entry_mode"][value="arrived"]')).to_be_checked()
    assert looker.wrong == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_cant_be_undone_asks_once_more_who_it_is_and_goes_on(
    world: World, live: Live, open_page: Callable[..., Page], script: bool
) -> None:
    business = world.business()["business_id"]
    page = open_page(script=script, narrow=not script)
    sign_in(page, world.regulator)
    page.goto(f"/businesses/{business}/decisions/suspend")
    page.fill("main [name=reason]", "冷库温度记录缺失")
    with db.transaction() as session:
        long_ago = col(UserSession.authenticated_at) - timedelta(minutes=limits.FRESH_MINUTES + 1)
        session.execute(update(UserSession).values(authenticated_at=long_ago))
        user = session.get_one(User, world.regulator.user.user_id)
        second_step.give(session, user)
    with page.expect_navigation():
        page.locator("main form button.cc-b").last.click()
    looker = Looker(page, "again")
    looker.look("ask") if script else None
    expect(page.locator("h1")).to_have_text("请再次确认身份")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=code]", second_step.code())
    page.press("[name=code]", "Enter")
    if not script:
        expect(page.locator("h1")).to_have_text("接着办")
        press(page, "现在提交")
    page.wait_for_url(f"**/businesses/{business}")
    assert world.regulator.get(f"/businesses/{business}")["status"] == "suspended"
    assert looker.wrong == []
