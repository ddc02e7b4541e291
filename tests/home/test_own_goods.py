"""What a business owns: the same figures in the same words on its own desk and on its page for officers."""

import html
import re

from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World
from tests.trade.test_pages import Deal


def figures(page: str) -> list[tuple[str, str]]:
    """Return state and mass of each line of the own goods, the road last."""
    part = page[page.index('id="own"') :]
    part = part[: part.index("</section>")]
    words = html.unescape(re.sub(r"<[^>]+>", " ", part))
    found = [
        (state, mass) for state, mass in re.findall(r"(Clear|Awaiting|Must not|In)[^0-9]*?([0-9.,]+ (?:kg|t))", words)
    ]
    return [*found, *(("road", mass) for mass in re.findall(r"On the road, still [^:]+: ([0-9.,]+ kg)", words))]


def test_the_desk_and_the_page_tell_the_same(app: Flask, world: World) -> None:
    deal = Deal(world)  # 100 units of 2 kg
    deal.sent()  # 13 of them are on the road
    said = [("Clear", "174 kg"), ("Awaiting", "0 kg"), ("Must not", "0 kg"), ("In", "174 kg"), ("road", "26 kg")]
    here = f"/businesses/{deal.goods['owner']['business_id']}"
    officer = Reader.of(app, world.regulator)
    assert figures(deal.seller.open("/")) == said
    assert figures(officer.open(here)) == said
    world.result(deal.goods["lab"], world.tube(deal.goods["lab"], [deal.batch_id]), "positive")
    said = [("Clear", "0 kg"), ("Awaiting", "0 kg"), ("Must not", "174 kg"), ("In", "174 kg"), ("road", "26 kg")]
    assert figures(deal.seller.open("/")) == said
    assert figures(officer.open(here)) == said
    empty = world.business("无货")
    assert "The books hold no goods of this business." in officer.open(f"/businesses/{empty['business_id']}")
