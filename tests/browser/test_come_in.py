"""How people come in, on real screens: self-registration to approval; a slip, a PIN, and the same device again."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.browser.test_every_page import troubles
from tests.browser.test_one_true_way import choose, fill, send, sign_in
from tests.factories.world import World, uscc

PHONE, SECRET, PIN = "13700000003", "long enough, I hope", "408173"


def test_self_registration_to_approval(world: World, live: Live, open_page: Callable[..., Page]) -> None:
    """On a phone without script: the form, the mistake, the waiting, the refusal, the correction, the approval."""
    wrong: list[str] = []
    page = open_page(narrow=True, script=False)
    look_page = open_page(narrow=True)  # axe needs script

    def look(path: str) -> None:
        look_page.goto(path)
        wrong.extend(troubles(look_page, path))

    page.goto("/sign-in")
    page.get_by_role("link", name="登记经营主体").click()
    look("/register")
    fill(page, uscc=uscc(), name="示例街角小店", address="示例路 5 号")
    page.check('main input[name="kinds"][value="shop"]', force=True)
    page.check('main input[name="handles_imported"][value="false"]', force=True)
    page.select_option('main select[name="region_code"]', label="建华区")
    fill(page, **{"account-display_name": "孙示例", "account-phone": "1370000", "account-password": SECRET})
    send(page)
    expect(page.locator(".cc-errors a")).to_have_count(1)
    expect(page.locator('[name="name"]')).to_have_value("示例街角小店")
    fill(page, **{"account-phone": "137 0000 0003", "account-password": SECRET})
    send(page)
    expect(page.locator("main")).to_contain_text("您的登记正在等待审核")
    expect(page.locator("main")).to_contain_text("建华区")
    look_page.context.add_cookies(page.context.cookies())
    look("/")

    officer = open_page()
    sign_in(officer, world.regulator)
    expect(officer.locator("#applications")).to_contain_text("孙示例")
    officer.locator("#applications").get_by_role("link", name="示例街角小店").first.click()
    here = urlsplit(officer.url).path
    wrong.extend(troubles(officer, "business"))
    officer.goto(f"{here}/decisions/reject")
    expect(officer.locator("main")).to_contain_text(PHONE)
    wrong.extend(troubles(officer, "reject"))
    fill(officer, reason="名称与营业执照不一致")
    send(officer)

    page.goto("/")
    expect(page.locator("main")).to_contain_text("名称与营业执照不一致")
    look("/")
    look("/register/correct")
    page.get_by_role("link", name="改正后重新提交").click()
    fill(page, name="示例街角便利店")
    send(page)
    expect(page.locator("main")).to_contain_text("您的登记正在等待审核")
    world.regulator.post(f"/businesses/{here.rpartition('/')[2]}/approve")
    page.goto("/")
    expect(page.locator("main")).not_to_contain_text("等待审核")
    look("/people")
    assert wrong == []


def test_a_slip_and_a_pin(world: World, live: Live, open_page: Callable[..., Page]) -> None:
    """An officer prints, the phone scans; the PIN works on that phone and there is no trace of it on another."""
    wrong: list[str] = []
    business = world.business()
    officer, phone = open_page(), open_page(narrow=True)
    sign_in(officer, world.inspector)
    officer.goto(f"/businesses/{business['business_id']}")
    officer.get_by_role("link", name="登录条").click()
    wrong.extend(troubles(officer, "slip form"))
    fill(officer, display_name="周店主", phone=PHONE)
    send(officer)
    wrong.extend(troubles(officer, "slip"))
    expect(officer.locator(".cc-slip")).to_contain_text(business["name"])
    expect(officer.locator(".cc-slip .cc-qr")).to_be_visible()
    officer.emulate_media(media="print")
    expect(officer.locator(".cc-warn")).to_be_hidden()
    address = officer.locator(".cc-narrow .cc-code").text_content() or ""
    path = urlsplit(re.sub(r"\s", "", address)).path

    phone.goto(path)
    expect(phone.locator("main")).to_contain_text("周店主")
    wrong.extend(troubles(phone, "choose a PIN"))
    fill(phone, pin="123456", again="123456")
    send(phone)
    expect(phone.locator(".cc-errors")).to_contain_text("连续数字")
    fill(phone, pin=PIN, again=PIN)
    send(phone)
    phone.wait_for_url("**/")
    phone.goto("/people")
    wrong.extend(troubles(phone, "people"))
    phone.locator("main a", has_text="周店主").click()
    wrong.extend(troubles(phone, "person"))
    phone.goto("/people")
    choose(phone, "position", "clerk")
    phone.locator('main form[action="/people/invitations"] button.cc-b').click()
    expect(phone.locator("#invitation-link")).to_contain_text("/invitation/")
    wrong.extend(troubles(phone, "invited"))
    joining = open_page(narrow=True)
    joining.goto(urlsplit((phone.locator("#invitation-link").text_content() or "").strip()).path)
    wrong.extend(troubles(joining, "join"))

    phone.locator("form[action='/sign-out'] button").evaluate("button => button.click()")
    expect(phone.locator("main")).to_contain_text("周店主")
    wrong.extend(troubles(phone, "sign in by PIN"))
    for pin, words in (("999990", "还可以试 4 次"), (PIN, "")):
        phone.fill('main [name="pin"]', pin)
        phone.press('main [name="pin"]', "Enter")
        if words:
            expect(phone.locator("main")).to_contain_text(words)
            wrong.extend(troubles(phone, "wrong PIN"))
    phone.wait_for_url("**/")
    other = open_page(narrow=True)
    other.goto("/sign-in")
    expect(other.locator('[name="pin"]')).to_have_count(0)
    expect(other.locator("main")).not_to_contain_text("周店主")
    assert wrong == []
