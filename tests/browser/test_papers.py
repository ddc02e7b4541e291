"""A paper from the merchant's phone to the officer's word, in a real browser, the file beside what was entered."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from sqlmodel import Session

from coldchain.accounts import passwords
from coldchain.core import db
from tests.batches.conftest import Case
from tests.browser.conftest import PASSWORD
from tests.browser.test_every_page import AXE
from tests.factories import hostile, second_step
from tests.factories.people import Speaker
from tests.factories.world import World

PICTURES = os.environ.get("PICTURES")  # a folder: keep pictures of the pages to look at


def signed_in(page: Page, speaker: Speaker) -> Page:
    """Sign somebody in by the form."""
    with db.transaction() as session:
        assert isinstance(session, Session)
        user = session.merge(speaker.user)
        user.password_hash = passwords.hash_password(PASSWORD)
        needs_code = second_step.give(session, user)
    page.goto("/sign-in")
    page.fill("[name=username]", speaker.user.username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    if needs_code:
        page.fill("[name=code]", second_step.code())
        page.press("[name=code]", "Enter")
    page.wait_for_url("**/")
    return page


def looked_at(page: Page, name: str) -> None:
    """Let axe look at the page and at its width; keep a picture where somebody wants one."""
    page.wait_for_load_state("networkidle")
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= (page.viewport_size or {"width": 0})["width"], f"{name}: {width} px wide"
    found = Axe().run(page, options=AXE).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == [], name


def paper() -> bytes:
    """A photographed certificate, invented."""
    image = Image.new("RGB", (1200, 1600), "#efece4")
    drawn = ImageDraw.Draw(image)
    for row in range(24):
        drawn.rectangle((120, 140 + row * 56, 1080 - (row * 97) % 380, 152 + row * 56), fill="#565048")
    drawn.ellipse((780, 1180, 1060, 1460), outline="#b01c28", width=14)
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def case(world: World) -> Case:
    return Case(world)


def test_a_paper_from_the_phone_to_the_officers_word(case: Case, open_page: Callable[..., Page]) -> None:
    merchant = signed_in(open_page(narrow=True), case.merchant)
    merchant.goto(f"/batches/{case.first}/evidence/new?kind=inspection_quarantine")
    merchant.set_input_files("[name=file]", {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": b"MZ"})
    merchant.fill("[name=number]", "CIQ-7")
    merchant.fill("[name=issuer]", "示例海关")
    merchant.fill("[name=issued_on]", "2021-01-17")
    merchant.click(".cc-form button.cc-b")
    expect(merchant.locator(".cc-errors")).to_contain_text("这既不是 PDF")
    expect(merchant.locator("[name=number]")).to_have_value("CIQ-7")
    looked_at(merchant, "evidence-new-narrow")
    picture = {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": paper()}
    merchant.set_input_files("[name=file]", picture)
    merchant.click(".cc-form button.cc-b")
    merchant.wait_for_url(f"**/batches/{case.first}")
    expect(merchant.locator("#papers")).to_contain_text("有文件")
    looked_at(merchant, "batch-narrow")

    officer = signed_in(open_page(), case.world.regulator)
    expect(officer.locator("main")).to_contain_text("1 份证明待核验")
    officer.goto("/evidence")
    looked_at(officer, "evidence-list")
    officer.click("text=入境货物检验检疫证明")
    expect(officer.locator("img.cc-paper")).to_have_js_property("naturalWidth", 1200)
    looked_at(officer, "evidence")
    officer.fill("[name=reason]", "编号与图像上的不一致")
    officer.click("text=核验未通过 >> visible=true")
    officer.wait_for_url("**/evidence")
    looked_at(officer, "evidence-list-empty")

    merchant.goto(f"/batches/{case.first}")
    merchant.click("text=更换证明")
    expect(merchant.locator(".cc-warn")).to_contain_text("编号与图像上的不一致")
    looked_at(merchant, "evidence-replace-narrow")
    pages = {"name": "new.pdf", "mimeType": "application/pdf", "buffer": hostile.pdf(pages=2)}
    merchant.set_input_files("[name=file]", pages)
    for name, text in (("number", "CIQ-8"), ("issuer", "示例海关"), ("issued_on", "2021-01-17")):
        merchant.fill(f"[name={name}]", text)
    merchant.click(".cc-form button.cc-b")
    merchant.wait_for_url(f"**/batches/{case.first}")
    merchant.click("#papers >> text=CIQ-8 >> xpath=.. >> a")
    expect(merchant.locator("img.cc-paper")).to_have_count(2)
    looked_at(merchant, "evidence-narrow")
    merchant.goto(f"/batches/{case.first}/platform-codes/new?platform=heilongjiang")
    looked_at(merchant, "platform-code-narrow")
