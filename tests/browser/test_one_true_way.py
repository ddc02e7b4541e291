"""One way through all floors in a real browser, from a delivery to a report that counts the finding."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from coldchain.accounts import passwords
from coldchain.accounts.models import User
from coldchain.core import db
from tests.browser.conftest import PASSWORD, Live
from tests.factories import second_step
from tests.factories.people import Speaker
from tests.factories.world import World

PRODUCT = "示例冻鸡腿"


def sign_in(page: Page, speaker: Speaker) -> None:
    """Give the person a password and sign in by the form."""
    with db.transaction() as session:
        user = session.get(User, speaker.user.user_id)
        assert user is not None
        user.password_hash = passwords.hash_password(PASSWORD)
        needs_code = second_step.give(session, user)
    page.goto("/sign-in")
    page.fill("[name=username]", speaker.user.username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    if needs_code:
        page.wait_for_url("**/sign-in/second-step**")
        page.fill("[name=code]", second_step.code())
        page.press("[name=code]", "Enter")
    page.wait_for_url("**/")


def choose(page: Page, name: str, value: str) -> None:
    """Choose a tile or tick a box."""
    page.locator(f'main input[name="{name}"][value="{value}"]').evaluate("input => input.click()")


def send(page: Page, step: str | None = None) -> None:
    """Press the form's main button and wait for the next page."""
    button = f'main button[name="_step"][value="{step}"]' if step else "main form.cc-form button.cc-b:not(.plain)"
    with page.expect_navigation():
        page.locator(button).last.click()


def fill(page: Page, **values: str) -> None:
    """Fill fields by name (`__` stands for `-`)."""
    for name, value in values.items():
        page.fill(f'main [name="{name.replace("__", "-")}"]', value)


def enter_arrival(page: Page, product: dict[str, Any]) -> None:
    """Register an arrival of 20 pieces by the form: one paper with it, the others later."""
    page.goto("/arrivals/new")
    choose(page, "entry_mode", "arrived")
    fill(
        page, arrived_at="2021-01-10 08:00", _supplier="示例贸易", customs_declaration_no="190120211000042871",
        container_no="CSQU3054383", seal_no="HL20771",
    )  # fmt: skip
    page.locator('main [name="_lines-0-find"]').press_sequentially(PRODUCT[:4], delay=30)
    page.locator(f'main input[name="lines-0-product_id"][value="{product["product_id"]}"]').wait_for(state="attached")
    choose(page, "lines-0-product_id", product["product_id"])
    fill(
        page, **{"_lines-0-pieces": "20", "lines-0-production_date": "2020-11-06", "lines-0-expiry_date": "2022-11-05"}
    )
    send(page, "check")
    expect(page.locator("main")).to_contain_text(PRODUCT)
    send(page, "send")


def test_delivery_to_report(world: World, live: Live, open_page: Callable[..., Page]) -> None:
    """Arrival → refused with reasons → papers, disinfection, negative result → clear → label → dispatch → confirmed →
    found by search and recalled → the public page changes → found on site by the label → the report counts it."""
    owner = world.business()
    world.zone(world.site(owner))
    product = world.product(name=PRODUCT, series="示例系列")
    shop = world.shop()
    lab = world.lab()
    merchant = open_page()
    sign_in(merchant, world.merchant(owner))
    enter_arrival(merchant, product)
    batch = world.regulator.get("/batches")["items"][0]
    address, code = f"/batches/{batch['batch_id']}", batch["batch_code"]

    merchant.goto(address)
    expect(merchant.locator(".cc-gate")).to_contain_text("不得出库")
    refused = dispatch(merchant, world, batch, shop)
    expect(refused.locator("main")).to_contain_text("没办成")
    expect(refused.locator("main")).to_contain_text("消毒")
    for kind in ("customs_declaration", "inspection_quarantine", "nucleic_acid", "disinfection"):
        merchant.goto(f"{address}/evidence/new")
        merchant.select_option("main [name=kind]", kind)
        number = "190120211000042871" if kind == "customs_declaration" else f"NO-{kind}"
        fill(merchant, number=number, issuer="示例机构", issued_on="2021-01-09")
        send(merchant)
    merchant.goto(f"{address}/disinfections/new")
    choose(merchant, "basis", "whole_batch")
    fill(
        merchant, occurred_at="2021-01-10 09:10", performed_by="示例消毒", place="1 号冷库", object="外包装",
        concentration_mg_per_l="3000", contact_min="10", ambient_temperature_c="-18", volume_ml_per_m2="250",
    )  # fmt: skip
    merchant.select_option("main [name=agent]", "chlorine_cacl2_ethanol")
    send(merchant)
    merchant.goto(address)
    expect(merchant.locator(".cc-gate")).to_contain_text("不得出库")
    report_negative(open_page(), lab, code)
    merchant.goto(address)
    expect(merchant.locator(".cc-gate")).to_contain_text("可流通")

    merchant.goto(f"{address}/labels")
    choose(merchant, "level", "batch")
    send(merchant)
    expect(merchant.get_by_role("link", name="PDF").first).to_be_visible(timeout=20_000)
    dispatch(merchant, world, batch, shop)
    expect(merchant.locator("main")).to_contain_text("在途")
    receive(open_page(narrow=True), world, shop)

    public = open_page(narrow=True)
    public.goto(f"/C/{code}")
    expect(public.locator("main")).to_contain_text("可流通")
    regulator = open_page()
    sign_in(regulator, world.regulator)
    board = announce(regulator)
    public.reload()
    expect(public.locator("main")).to_contain_text("已召回")
    expect(public.locator("main")).to_contain_text("示例通知")
    inspect(open_page(narrow=True), world, code)
    regulator.goto(board)
    found = regulator.locator("main")
    recall = world.regulator.get("/recalls")["items"][0]
    figures = world.regulator.get(f"/recalls/{recall['recall_id']}/report")["figures"]
    assert (figures["sites_found"], figures["sealed_mass_g"], figures["people_controlled"]) == (1, 5 * 6 * 2000, 1)
    expect(found).to_contain_text("已封存")
    expect(found.locator("tr.cc-total").first.locator("td").nth(2)).to_have_text("1")


def dispatch(page: Page, world: World, batch: dict[str, Any], shop: dict[str, Any]) -> Page:
    """Send 5 pieces to the shop by the form."""
    page.goto("/consignments/new")
    choose(page, "lines-0-batch_id", batch["batch_id"])
    fill(page, **{"_lines-0-pieces": "5"})
    page.locator("main [name=_receiver]").press_sequentially(shop["owner"]["name"], delay=10)
    tile = f'main input[name="to-business"][value="{shop["owner"]["business_id"]}"]'
    page.locator(tile).wait_for(state="attached")
    choose(page, "to-business", shop["owner"]["business_id"])
    choose(page, "handover", "await_confirmation")
    send(page)
    return page


def report_negative(page: Page, lab: tuple[dict[str, Any], Speaker], code: str) -> None:
    """The laboratory registers a tube by the batch's code and reports it negative."""
    sign_in(page, lab[1])
    page.goto("/tubes/new")
    fill(page, tube_no="LJ-0001", sampled_at="2021-01-10 10:00")
    fill(page, **{"_samples-0-code": code})
    send(page)
    page.goto("/tubes")
    page.locator("main a", has_text="LJ-0001").first.click()
    page.locator("main a[href$='/results/new']").first.click()
    choose(page, "result", "negative")
    choose(page, "stage", "preliminary")
    fill(page, received_at="2021-01-10 12:00", reported_at="2021-01-10 18:00", report_no="R-1")
    send(page, "check")
    send(page, "send")
    expect(page.locator("main")).to_contain_text("阴性")


def receive(page: Page, world: World, shop: dict[str, Any]) -> None:
    """The shop confirms what is on its way."""
    sign_in(page, world.merchant(shop["owner"]))
    page.goto("/consignments")
    page.locator("main a[href^='/consignments/']:not([href$='/new'])").first.click()
    page.locator("main a[href$='/confirm']").first.click()
    if page.locator("main [name=zone_id]").count():
        page.select_option("main [name=zone_id]", shop["zone"]["zone_id"])
    send(page)
    expect(page.locator("main")).to_contain_text("已确认")


def announce(page: Page) -> str:
    """Find the goods by search, write the notice, check it, announce; return the board's address."""
    page.goto("/")
    page.fill("form[role=search] input", PRODUCT)
    page.press("form[role=search] input", "Enter")
    page.locator("main a", has_text=PRODUCT).first.click()
    expect(page.locator("h1")).to_contain_text(PRODUCT)
    page.goto("/recalls/new")
    choose(page, "kind", "food_recall")
    fill(page, title="示例通知", notice_no="JH-1", issuer="示例局", reason="示例原因", criterion__series="示例系列")
    send(page, "preview")
    expect(page.locator("main")).to_contain_text(PRODUCT)
    send(page, "check")
    send(page, "announce")
    page.locator("main .cc-acts a.cc-b:not(.plain)").first.click()
    return page.url


def inspect(page: Page, world: World, code: str) -> None:
    """Open the label's address on a phone, reach the finding form in two taps, seal 5 pieces at the shop."""
    sign_in(page, world.inspector)
    page.goto(f"/C/{code}")
    expect(page.locator("body")).to_contain_text("不得出库")
    taps = 0
    link = page.locator("a[href*='/finding']")
    if link.count() > 1:
        link = page.locator("a[href*='/finding']", has_text="示例")
    link.last.click()
    taps += 1
    page.wait_for_url("**/finding**")
    assert taps <= 2
    choose(page, "outcome", "found")
    with page.expect_navigation():
        page.locator("button.main").click()
    for name, value in (("_lines-0-pieces", "5"), ("people_controlled", "1"), ("lines-0-seal_no", "JH-00318")):
        page.fill(f'main [name="{name}"]', value)
    choose(page, "_lines-0-match", "all")
    choose(page, "lines-0-disposition", "sealed")
    choose(page, "disinfected", "true")
    send(page, "check")
    send(page, "record")
