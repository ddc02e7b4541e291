"""The form of a receipt: which zone may take the goods, whom it is filled in for, and goods past their date."""

from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World
from tests.home.test_stopped import main
from tests.trade.test_pages import NEW, Deal


def test_where_no_zone_may_take_imports_the_way_to_make_one_is_shown(app: Flask, world: World) -> None:
    deal = Deal(world)
    shop = world.business("示例小店", kinds=["shop"])
    site = world.site(shop, "shop")
    world.zone(site, "general")
    path = deal.sent(to__business=shop["business_id"])
    buyer = Reader.of(app, world.merchant(shop))
    page = buyer.open(f"{path}/confirm")
    make = f"/sites/{site['site_id']}/zones/new"
    assert "No zone may take these goods" in page
    assert 'name="zone_id"' not in page, "nothing to choose from"
    assert f"{make}?kind=import_dedicated" in page
    buyer.open(f"{make}?kind=import_dedicated")
    assert dict(buyer.form(make)["fields"])["kind"] == "import_dedicated"
    buyer.send(make, 200, code="J1", temperature_class="frozen")
    page = buyer.open(f"{path}/confirm")
    fields = dict(buyer.form(f"{path}/confirm")["fields"])
    assert "J1" in page
    (chosen,) = [zone for zone in world.regulator.get(f"/sites/{site['site_id']}")["zones"] if zone["code"] == "J1"]
    assert fields["zone_id"] == chosen["zone_id"], "the only one that fits"


def test_a_zone_that_may_not_take_them_is_marked_and_no_other_part_opens(app: Flask, world: World) -> None:
    deal = Deal(world)
    general = world.zone(deal.shop["site"], "general")
    path = deal.sent()
    deal.buyer.open(f"{path}/confirm")
    page = deal.buyer.send(f"{path}/confirm", 409, zone_id=general["zone_id"])
    assert 'href="#f-zone_id"' in page
    assert 'id="f-zone_id-error"' in page
    assert "<details open>" not in page


def test_an_officer_is_told_for_whom_it_is_filled_in(app: Flask, world: World) -> None:
    deal = Deal(world)
    path = deal.sent()
    officer = Reader.of(app, world.regulator)
    page = officer.open(path)
    assert f'class="cc-b plain" href="{path}/confirm"' in page, "it is the receiver's to confirm"
    for act in ("confirm", "reject", "dispute"):
        assert f"You enter this for {deal.shop['owner']['name']}" in main(officer.open(f"{path}/{act}")), act
    assert "You enter this for" not in deal.buyer.open(f"{path}/confirm")
    assert f'class="cc-b" href="{path}/confirm"' in deal.buyer.open(path)


def test_goods_past_their_date_are_told_before_and_after_they_travel(app: Flask, world: World) -> None:
    deal = Deal(world)  # all of it is past its date since 2022
    assert "past its date: 2022-11-05" in deal.seller.open(NEW)
    path = deal.sent()
    assert "past their expiry date when they left: 1." in main(deal.seller.text)
    assert "past its date: 2022-11-05" in main(deal.buyer.open(f"{path}/confirm"))
    deal.buyer.send(f"{path}/confirm", 200, zone_id=deal.shop["zone"]["zone_id"])
    assert "past their expiry date when they came: 1." in main(deal.buyer.text)
    page = deal.buyer.open(f"/batches/{deal.batch_id}")
    assert 'class="cc-verdict wait"' in page
    assert "Its expiry date has passed (2022-11-05): it may not be sold or used." in main(page)
    line = {"product_id": deal.goods["product"]["product_id"], "quantity_units": 6, "expiry_date": "2099-11-05"}
    fresh = world.arrival(deal.goods["owner"], deal.goods["site"], deal.goods["zone"], [line])["batches"][0]
    assert "Its expiry date has passed" not in deal.seller.open(f"/batches/{fresh['batch_id']}")
