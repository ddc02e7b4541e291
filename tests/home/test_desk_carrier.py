"""A carrier's desk: what it carries now and where to; it reads no batches and is offered no way to any."""

from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World
from tests.home.test_stopped import main
from tests.trade.test_pages import Deal


def test_a_carrier_finds_what_it_carries_and_where_to(app: Flask, world: World) -> None:
    deal = Deal(world)
    carrier = world.business("示例运输", kinds=["carrier"], handles_imported=False)
    person = world.people.get("driver", "carrier", business_id=carrier["business_id"])
    reader = Reader.of(app, person)
    assert "You carry nothing now" in reader.open("/")
    other = deal.sent()
    path = deal.sent(carrier=carrier["uscc"])
    page = reader.open("/")
    assert path in page
    assert other not in page, "another's"
    words = main(page)
    for said in (deal.goods["owner"]["name"], deal.shop["owner"]["name"], deal.shop["site"]["name"], "示例路2号"):
        assert said in words, said
    page = reader.open(path)
    assert "/batches/" not in page, "a way that ends in a refusal"
    assert "示例路2号" in main(page), "where to bring it"
    assert f"/batches/{deal.batch_id}" in deal.seller.open(path)
    assert f"/batches/{deal.batch_id}" in deal.buyer.open(path)
    words = main(reader.open("/consignments"))
    assert "What you carry" in words
    assert "direction=in" not in reader.text
    assert "direction=in" in deal.buyer.open("/consignments")
    deal.buyer.open(f"{path}/confirm")
    deal.buyer.send(f"{path}/confirm", 200, zone_id=deal.shop["zone"]["zone_id"])
    assert path not in reader.open("/"), "it is there"
    assert "1 more that you carried" in main(reader.text)
