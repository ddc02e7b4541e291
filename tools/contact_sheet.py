"""Take pictures of a running demonstration: `python tools/contact_sheet.py http://127.0.0.1:8000 PASSWORD`.

Writes docs/images/: four PNG for the README, and for each account a contact sheet (WebP) of one page of each kind that
it reaches by links from its start page. Needs the development requirements and a Chromium (tools/ensure_browser.sh).
Only pages are opened, nothing is sent but the sign-in. What is pictured is found by the guided tour, not by address.
`--phone` writes the sheets as of a phone of 390 px (contact-…-390.webp), `--english` in English (contact-…-en.webp).
`--html FOLDER` writes each page's source into a folder instead, for the Nu checker (docs/guides/pages.md).
"""

import argparse
import io
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
FONT = ROOT / "coldchain" / "labels" / "fonts" / "NotoSansSC-Regular.ttf"
ROLES = ("regulator", "inspector", "merchant", "buyer", "carrier", "disinfection", "lab", "admin")
WIDE = {"width": 1280, "height": 900}
TALL = {"width": 1280, "height": 1621}  # a cell of the sheet: long pages are cut
NARROW = {"width": 390, "height": 844}
TALL_NARROW = {"width": 390, "height": 494}
PAGES_MAX = 300
SHEET_COLUMNS, CELL, CAPTION, GAP = 6, (300, 380), 26, 12
COLOURS = 128
NOT_PAGES = re.compile(r"\.(pdf|png|zip|json|csv|xlsx|tlog-proof)$|^/(language|sign-out|me/second-step)")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def sign_in(browser: Browser, url: str, role: str, password: str, size: dict[str, int], locale: str = "zh-CN") -> Page:
    """Return a page on which a demonstration account is signed in."""
    context = browser.new_context(base_url=url, viewport=size, locale=locale, timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=username]", role)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")
    return page


def kind_of(path: str) -> str:
    """Return a path without ids and query."""
    plain = ID.sub("…", path.partition("?")[0].partition("#")[0])
    return re.sub(r"^(/[CK]|/rules/\w+|/regions)/(?!new$|draft$)[^/]+", r"\1/…", plain)


def walk(page: Page) -> Iterator[tuple[str, str]]:
    """Open one page of each kind, in the order in which links lead there; yield kind and source."""
    seen, waiting = {"/"}, ["/"]
    shown = 0
    while waiting and shown < PAGES_MAX:
        path = waiting.pop(0)
        response = page.goto(path)
        if response is None or response.status != 200 or "html" not in response.headers.get("content-type", ""):
            continue
        shown += 1
        yield kind_of(path), response.text()
        for href in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            parts = urlsplit(href)
            if parts.netloc != urlsplit(page.url).netloc or NOT_PAGES.search(parts.path):
                continue
            if kind_of(parts.path) not in seen:
                seen.add(kind_of(parts.path))
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))


def written(page: Page, folder: Path, role: str) -> int:
    """Write the source of one page of each kind; return how many."""
    count = 0
    for kind, source in walk(page):
        name = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-") or "start"
        (folder / f"{role}-{name}.html").write_text(source, encoding="utf-8")
        count += 1
    return count


def picture(page: Page) -> Image.Image:
    """Return what is seen of the page as a picture."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def sheet(pictures: list[tuple[str, Image.Image]]) -> Image.Image:
    """Return one picture of all pages, small, each with its address."""
    rows = -(-len(pictures) // SHEET_COLUMNS)
    wide, high = CELL[0] + GAP, CELL[1] + CAPTION + GAP
    whole = Image.new("RGB", (SHEET_COLUMNS * wide + GAP, rows * high + GAP), "#d0d8de")
    draw, font = ImageDraw.Draw(whole), ImageFont.truetype(str(FONT), 14)
    for number, (caption, each) in enumerate(pictures):
        left, top = GAP + number % SHEET_COLUMNS * wide, GAP + number // SHEET_COLUMNS * high
        small = each.resize((CELL[0], each.height * CELL[0] // each.width), Image.Resampling.LANCZOS)
        whole.paste(small.crop((0, 0, CELL[0], min(CELL[1], small.height))), (left, top + CAPTION))
        draw.text((left, top + 3), caption[:40], fill="#14212b", font=font)
    return whole


def tour(page: Page) -> list[str]:
    """Return the addresses that the guided tour leads to."""
    page.goto("/tour")
    found: list[str] = page.eval_on_selector_all(".cc-tour a", "links => links.map(link => link.getAttribute('href'))")
    return found


def readme(browser: Browser, url: str, password: str) -> None:
    """Write the README's pictures: a desk, a sweep on its first evening, a batch that is held, a customer's page."""
    officer = sign_in(browser, url, "regulator", password, WIDE)
    evening = next(step for step in tour(officer) if "as_of=" in step)
    for name, path in (("desk", "/"), ("sweep-board", evening)):
        officer.goto(path)
        save(picture(officer), name)
    merchant = sign_in(browser, url, "merchant", password, WIDE)
    steps = tour(merchant)
    merchant.goto(next(step for step in steps if step.startswith("/batches/")))
    save(picture(merchant), "batch-held")
    phone = browser.new_context(base_url=url, viewport=NARROW, locale="zh-CN").new_page()  # type: ignore[arg-type]
    phone.goto(next(step for step in steps if step.startswith("/C/")))
    save(picture(phone), "label-page")


def save(image: Image.Image, name: str) -> None:
    """Write a picture for the README with few colours."""
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


def main() -> None:
    """Take the pictures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("password")
    parser.add_argument("--only", choices=("readme", *ROLES), help="the README's pictures, or the sheet of one account")
    parser.add_argument("--phone", action="store_true", help="sheets of a phone")
    parser.add_argument("--english", action="store_true", help="sheets in English")
    parser.add_argument("--html", type=Path, help="write sources into this folder and no pictures")
    asked = parser.parse_args()
    (asked.html or IMAGES).mkdir(exist_ok=True, parents=True)
    usual = not (asked.html or asked.phone or asked.english)
    chromium = next(
        found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        if asked.only == "readme" or (asked.only is None and usual):
            readme(browser, asked.url, asked.password)
        for role in (role for role in ROLES if asked.only in {None, role}):
            size, locale = TALL_NARROW if asked.phone else TALL, "en" if asked.english else "zh-CN"
            page = sign_in(browser, asked.url, role, asked.password, size, locale)
            if asked.html:
                count = written(page, asked.html, role)
            else:
                taken = [(kind, picture(page)) for kind, _ in walk(page)]
                name = f"contact-{role}{'-390' if asked.phone else ''}{'-en' if asked.english else ''}.webp"
                sheet(taken).save(IMAGES / name, quality=55, method=6)
                count = len(taken)
            sys.stdout.write(f"{role}: {count} pages\n")
        browser.close()


if __name__ == "__main__":
    main()
