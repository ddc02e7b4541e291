"""Pages of stock entries: what was typed is checked, entered once, never lost; what must not be is refused in words."""

import html
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from coldchain.core import clock, pages
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World

SALES, USES, KITCHEN, COUNTS = "/sales/new", "/uses/new", "/uses", "/stocktakes/new"
FORMS = (
    SALES, USES, "/losses/new", "/relocations/new", "/owner-changes/new", "/openings/new", "/destructions/new",
    "/returns/new", "/recoveries/new", COUNTS,
)  # fmt: skip


class Counter:
    """A shop whose counter holds 40 cleared units of chicken (6 a piece), 25 kg of cleared shrimps, 12 units unproven.

    The rest of the chicken (60 units) lies in the store. The merchant is signed in.
    """

    def __init__(self, world: World) -> None:
        app = world.people.app
        self.app, self.world = app, world
        goods = self.goods = world.cleared(100, name="Chicken")
        self.owner, self.store, self.lab = goods["owner"], goods["zone"], goods["lab"]
        self.chicken = goods["batch"]["batch_id"]
        shrimps = world.product(name="Shrimps", ledger_unit="gram", unit_mass_g=1, units_per_piece=10_000)
        lines = [{"product_id": shrimps["product_id"], "quantity_units": 25_000}]
        came = world.arrival(self.owner, goods["site"], self.store, lines)
        world.papers(self.owner, came)
        world.disinfect(self.owner, came)
        self.shrimps = came["batches"][0]["batch_id"]
        world.result(self.lab, world.tube(self.lab, [self.shrimps]))
        self.api.post(f"/batches/{self.shrimps}/label-runs", {"level": "batch"}, 202)
        lines = [{"product_id": goods["product"]["product_id"], "quantity_units": 12}]
        self.unproven = world.arrival(self.owner, goods["site"], self.store, lines)["batches"][0]["batch_id"]
        self.shop = world.site(self.owner, "shop")
        self.counter = world.zone(self.shop, "sale_counter")
        self.move(self.counter, {self.chicken: 40, self.shrimps: 25_000, self.unproven: 12})
        self.reader = Reader.of(app, world.merchant(self.owner))

    @property
    def api(self) -> Any:
        """The merchant at the API."""
        return self.world.merchant(self.owner)

    def move(self, zone: dict[str, Any], units: dict[str, int]) -> None:
        """Move goods out of the store."""
        lines = [{"batch_id": batch_id, "quantity_units": count} for batch_id, count in units.items()]
        body = {"zone_id": self.store["zone_id"], "to_zone_id": zone["zone_id"], "lines": lines}
        self.api.post("/relocations", body, 201)

    def there(self, batch_id: str, zone: dict[str, Any] | None = None) -> int:
        """Return how many units of a batch lie at the counter, or in another zone."""
        zone_id = (zone or self.counter)["zone_id"]
        rows = self.api.get(f"/stock?batch_id={batch_id}")["items"]
        return sum(row["quantity_units"] for row in rows if row["zone_id"] == zone_id)

    def lock(self) -> None:
        """Lock the chicken by a positive result."""
        self.world.result(self.lab, self.world.tube(self.lab, [self.chicken]), "positive")

    def typed(self, **more: Any) -> dict[str, Any]:
        """Return 2 pieces and 1 unit of the chicken, typed."""
        return {f"_pieces-{self.chicken}": "2", f"_loose-{self.chicken}": "1"} | more

    def address(self, path: str, batch_id: str | None = None, zone: dict[str, Any] | None = None, **more: str) -> str:
        """Return the address of a form about one batch at the counter."""
        asked = {"zone_id": (zone or self.counter)["zone_id"], "batch_id": batch_id or self.chicken} | more
        return path + "?" + "&".join(f"{name}={text}" for name, text in asked.items())

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries of the owner but the moves that made this counter, newest first."""
        found = self.api.get("/stock-entries")["items"]
        return [row for row in found if row["entry_id"] != self.first["entry_id"]]

    @property
    def first(self) -> dict[str, Any]:
        """Return the move that brought the goods to the counter."""
        found: dict[str, Any] = self.api.get("/stock-entries?kind=relocation")["items"][-1]
        return found

    def kept(self, path: str) -> dict[str, str]:
        """Return what the last page's form holds."""
        return dict(self.reader.form(path)["fields"])


@pytest.fixture
def shop(scenes: Scenes) -> Counter:
    """A shop with goods on its counter."""
    return scenes.of(Counter)


def flags(shop: Counter) -> list[dict[str, Any]]:
    """Return what officers were told of stock entries, not of the certificates that the world's goods share."""
    items = shop.world.regulator.get("/flags")["items"]
    return [flag for flag in items if not flag["kind"].startswith("certificate_") and flag["subject_kind"] != "arrival"]


def earlier(hours: int = 3) -> str:
    """Return a moment some hours ago as a form takes it."""
    return pages.form_moment(clock.now() - timedelta(hours=hours))


def test_the_days_sales_are_typed_checked_and_entered(shop: Counter) -> None:
    page = shop.reader.open(SALES)
    assert page.index("Chicken") < page.index("Shrimps"), "by name, for whoever looks for one"
    assert shop.kept(SALES)["zone_id"] == shop.counter["zone_id"], "the counter comes first"
    assert "6 pieces + 4 units" in page
    page = shop.reader.send(SALES, 200, _step="check", **shop.typed(**{f"_loose-{shop.shrimps}": "1.25"}))
    assert "Nothing is entered yet." in page
    for words in ("2 pieces + 1 unit", "4 pieces + 3 units", "1.25 kg", "23.75 kg", "27.25 kg"):
        assert words in page
    assert shop.entries() == []
    page = shop.reader.send(SALES, 200, _step="send")
    assert re.fullmatch(r"/stock-entries/[0-9a-f-]{36}/receipt", shop.reader.path)
    (made,) = shop.entries()
    assert made["entry_no"] in page
    assert (made["kind"], made["late"], made["mass_g"]) == ("sale", False, 27_250)
    assert (shop.there(shop.chicken), shop.there(shop.shrimps)) == (27, 23_750)


def test_rows_left_empty_or_zero_were_not_sold(shop: Counter) -> None:
    shop.reader.open(SALES)
    page = shop.reader.send(SALES, 422, _step="check")
    assert "No quantity is typed yet." in page
    first = re.search(r'href="#f-(_pieces-[0-9a-f-]+)"', page)
    assert first is not None
    assert f'id="f-{first[1]}"' in page
    shop.reader.send(SALES, 200, _step="check", **shop.typed(**{f"_pieces-{shop.unproven}": "0"}))
    shop.reader.send(SALES, 200, _step="send")
    assert shop.there(shop.unproven) == 12
    assert len(shop.api.get(f"/stock-entries/{shop.entries()[0]['entry_id']}")["lines"]) == 1


def test_a_refused_line_says_what_is_missing_and_everything_typed_is_kept(shop: Counter) -> None:
    shop.reader.open(SALES)
    both = shop.typed(**{f"_pieces-{shop.unproven}": "1"})
    gate = shop.api.get(f"/batches/{shop.unproven}/gate?zone_id={shop.counter['zone_id']}")
    page = html.unescape(shop.reader.send(SALES, 409, _step="check", **both))
    assert "Not done: nothing was entered" in page
    assert "gate_refused" in page
    for item in gate["missing"]:
        assert f"{item['message_en']} {item['next_en']}" in page
    assert f'href="/batches/{shop.unproven}"' in page
    assert shop.kept(SALES) | {"_once": ""} == shop.kept(SALES) | both | {"_once": ""}
    assert shop.entries() == [], "nothing half done"
    page = shop.reader.send(
        SALES, 409, _step="check", **{f"_pieces-{shop.unproven}": "", f"_pieces-{shop.chicken}": "9"}
    )
    assert "Not enough: 6 pieces + 4 units are there." in page


def test_what_is_wrong_is_said_at_its_field(shop: Counter) -> None:
    shop.reader.open(SALES)
    wrong = {
        f"_pieces-{shop.chicken}": "some", f"_loose-{shop.shrimps}": "1.2345", "occurred_at": "yesterday",
    }  # fmt: skip
    page = shop.reader.send(SALES, 422, _step="check", **wrong)
    for name, text in wrong.items():
        assert f'href="#f-{name}"' in page
        assert f'id="f-{name}-error"' in page
        assert shop.kept(SALES)[name] == text
    assert "Chicken: " in page, "the summary says of which goods"


def test_sold_before_the_lock_is_entered_late_and_the_authority_sees_it(shop: Counter) -> None:
    shop.reader.open(SALES)
    shop.lock()
    page = shop.reader.send(SALES, 409, _step="check", **shop.typed())
    assert "Locked in the books: must not leave." in page
    assert "Had they left before? Then type the time when it happened" in page
    assert "ositive" not in page
    page = shop.reader.send(SALES, 200, _step="check", occurred_at=earlier())
    assert "Entered late" in page
    assert "The authority sees: Entered after the lock: had left before." in page
    assert shop.entries() == []
    page = shop.reader.send(SALES, 200, _step="send")
    assert "Entered late" in page
    assert shop.there(shop.chicken) == 27
    (made,) = shop.entries()
    assert made["late"] is True
    assert [flag["subject_id"] for flag in flags(shop)] == [made["entry_id"]]
    page = shop.reader.open(f"/stock-entries/{made['entry_id']}")
    assert "It is no violation" in html.unescape(page)


def test_the_pages_own_time_left_untouched_is_now(shop: Counter) -> None:
    """Two customers in between are no late fact."""
    shop.reader.open(SALES)
    opened = earlier()
    shop.reader.send(SALES, 200, _step="check", _prefilled=opened, occurred_at=opened, **shop.typed())
    assert "Entered late" not in shop.reader.text
    shop.reader.send(SALES, 200, _step="send")
    (made,) = shop.entries()
    assert made["late"] is False
    assert clock.now() - datetime.fromisoformat(made["occurred_at"]) < timedelta(minutes=5)


def test_what_is_told_to_others_is_shown_before_it_counts(shop: Counter) -> None:
    shop.lock()
    path = "/losses/new"
    shop.reader.open(shop.address(path))
    page = shop.reader.send(path, 200, _step="send", reason="箱子破了", **shop.typed())
    assert "The authority sees: Locked goods are not there." in page
    assert shop.entries() == []
    shop.reader.send(path, 200, _step="send")
    assert [row["kind"] for row in shop.entries()] == ["loss"]
    assert shop.there(shop.chicken) == 27


def test_a_loss_needs_its_reason(shop: Counter) -> None:
    path = "/losses/new"
    shop.reader.open(shop.address(path))
    page = shop.reader.send(path, 422, _step="send", **shop.typed())
    assert 'id="f-reason-error"' in page
    assert shop.kept(path)[f"_pieces-{shop.chicken}"] == "2"
    shop.reader.send(path, 200, _step="send", reason="化冻")
    assert shop.there(shop.chicken) == 27


def test_numbers_stay_with_their_batch_when_the_stock_changes_meanwhile(shop: Counter) -> None:
    """Fields are named by batch: a row that goes does not hand its number to the next one."""
    shop.reader.open(SALES)
    body = {"zone_id": shop.counter["zone_id"], "to_zone_id": shop.store["zone_id"]}
    shop.api.post("/relocations", body | {"lines": [{"batch_id": shop.chicken, "quantity_units": 40}]}, 201)
    page = shop.reader.send(SALES, 409, _step="check", **shop.typed())
    assert "Not enough" in page
    assert (shop.there(shop.shrimps), shop.there(shop.unproven)) == (25_000, 12)
    assert shop.kept(SALES)[f"_pieces-{shop.chicken}"] == "2", "what was typed is still there"


def test_the_same_form_sent_twice_is_one_entry(shop: Counter) -> None:
    shop.reader.open(SALES)
    page = shop.reader.send(SALES, 200, _step="check", **shop.typed())
    shop.reader.send(SALES, 200, _step="send")
    first = shop.reader.path
    shop.reader.text, shop.reader.path = page, SALES
    shop.reader.send(SALES, 200, _step="send")
    assert shop.reader.path == first
    assert shop.there(shop.chicken) == 27


def test_one_batch_is_sold_from_its_page_and_changed_before_it_counts(shop: Counter) -> None:
    page = html.unescape(shop.reader.open(f"/batches/{shop.chicken}"))
    address = shop.address(SALES)
    assert f'href="{address}"' in page
    page = shop.reader.open(address)
    assert "Shrimps" not in page
    assert "Show all that lies here" in page
    shop.reader.send(SALES, 200, _step="check", **shop.typed())
    page = shop.reader.send(SALES, 200, _step="edit")
    assert shop.kept(SALES)[f"_loose-{shop.chicken}"] == "1"
    shop.reader.send(SALES, 200, _step="check", **{f"_loose-{shop.chicken}": ""})
    shop.reader.send(SALES, 200, _step="send")
    assert shop.there(shop.chicken) == 28


def test_one_press_uses_a_piece_and_one_takes_it_back(shop: Counter) -> None:
    kitchen = shop.world.zone(shop.shop, "processing")
    shop.move(kitchen, {shop.chicken: 13})
    assert 'href="/uses"' in shop.reader.open("/")
    page = shop.reader.open(KITCHEN)
    assert shop.kept(KITCHEN)["zone_id"] == kitchen["zone_id"], "the kitchen comes first"
    shop.reader.send(KITCHEN, 200, _use=f"{shop.chicken}-piece")
    assert "Used: 1 piece of Chicken" in shop.reader.text
    assert shop.there(shop.chicken, kitchen) == 7
    shown = shop.reader.text, shop.reader.path
    shop.reader.text, shop.reader.path = page, KITCHEN
    shop.reader.send(KITCHEN, 200, _use=f"{shop.chicken}-piece")
    assert shop.there(shop.chicken, kitchen) == 7, "an impatient thumb is one press"
    shop.reader.text, shop.reader.path = page, KITCHEN
    shop.reader.send(KITCHEN, 200, _use=f"{shop.chicken}-unit")
    assert shop.there(shop.chicken, kitchen) == 6, "another button of the same page is another use"
    shop.reader.text, shop.reader.path = shown
    undo = re.search(r'action="(/stock-entries/[0-9a-f-]{36}/undo)"', shop.reader.text)
    assert undo is not None
    shop.reader.send(undo[1], 200)
    assert "Taken back." in shop.reader.text
    assert shop.there(shop.chicken, kitchen) == 12
    shop.lock()
    page = shop.reader.open(KITCHEN)
    page = shop.reader.send(KITCHEN, 409, _use=f"{shop.chicken}-piece")
    assert "Locked in the books: must not leave." in page
    assert "Used before? Enter it with its time" in page
    assert shop.there(shop.chicken, kitchen) == 12
    shop.reader.send(KITCHEN, 404, _use="everything")


def test_goods_move_only_where_they_may_lie(shop: Counter) -> None:
    path = "/relocations/new"
    general = shop.world.zone(shop.shop, "general")
    shop.reader.open(shop.address(path))
    page = shop.reader.send(path, 409, _step="send", to_zone_id=general["zone_id"], **shop.typed())
    assert 'id="f-to_zone_id-error"' in page
    assert shop.kept(path)["to_zone_id"] == general["zone_id"]
    page = shop.reader.send(path, 422, _step="send", to_zone_id="")
    assert 'id="f-to_zone_id-error"' in page
    shop.reader.send(path, 200, _step="send", to_zone_id=shop.store["zone_id"])
    assert (shop.there(shop.chicken), shop.there(shop.chicken, shop.store)) == (27, 73)
    assert "Put the goods there now" in shop.reader.text


def test_locked_goods_are_set_apart_and_nothing_else(shop: Counter) -> None:
    shop.lock()
    page = shop.reader.open(shop.address("/relocations/new"))
    assert "There is no quarantine zone yet" in page
    shop.reader.open(f"/sites/{shop.goods['site']['site_id']}/zones/new")
    apart = shop.world.zone(shop.goods["site"], "quarantine")
    assert "There is no quarantine zone yet" not in shop.reader.open(shop.address("/relocations/new"))
    page = html.unescape(shop.reader.open(f"/batches/{shop.chicken}"))
    acts = page.partition('id="acts"')[2].partition("</section>")[0]
    offered = re.findall(r'href="/([a-z-]+)/new[^"]*"', acts)
    assert set(offered) == {"relocations", "losses", "stocktakes", "returns", "destructions", "sales", "uses"}
    assert "Move into quarantine" in acts
    assert "Sold before? Enter it late" in acts
    address = re.search(r'href="(/relocations/new[^"]+quarantine=1)"', acts)
    assert address is not None
    shop.reader.open(address[1])
    path = "/relocations/new"
    here = shop.kept(path)
    assert here["to_zone_id"] == apart["zone_id"], "chosen already"
    other = next(each for each in (shop.store, shop.counter) if each["zone_id"] != here["zone_id"])
    page = shop.reader.send(path, 409, _step="send", to_zone_id=other["zone_id"], **shop.typed())
    assert "Locked in the books: must not leave." in page
    shop.reader.send(path, 200, _step="send", to_zone_id=apart["zone_id"])
    assert shop.there(shop.chicken, apart) == 13


def test_opening_asks_for_pieces_and_offers_the_counter_label(shop: Counter) -> None:
    path = "/openings/new"
    page = shop.reader.open(shop.address(path))
    assert f"_loose-{shop.chicken}" not in page
    page = shop.reader.send(path, 200, _step="send", **{f"_pieces-{shop.chicken}": "1"})
    assert f'href="/batches/{shop.chicken}/labels?level=batch"' in page
    assert shop.there(shop.chicken) == 40, "opened goods are still there"
    page = shop.reader.open(f"/batches/{shop.chicken}/labels?level=batch")
    assert page.count("<h1") == 1
    crab = shop.world.product(name="Crab", units_per_piece=1)
    line = {"product_id": crab["product_id"], "quantity_units": 3}
    batch = shop.world.arrival(shop.owner, shop.shop, shop.counter, [line])["batches"][0]
    assert "Crab" not in shop.reader.open(f"{path}?zone_id={shop.counter['zone_id']}"), "a piece of one unit"
    assert "Crab" in shop.reader.open(SALES)
    shop.reader.send(SALES, 409, _step="check", **{f"_pieces-{batch['batch_id']}": "1"})


def test_destruction_is_checked_and_locked_goods_need_their_papers(shop: Counter) -> None:
    shop.lock()
    path = "/destructions/new"
    shop.reader.open(shop.address(path))
    page = shop.reader.send(path, 422, _step="check", **shop.typed())
    for name in ("receiver", "receipt_no", "witness"):
        assert f'id="f-{name}-error"' in page
    papers = {"receiver": "示例处理厂", "receipt_no": "WH-1", "witness": "王示例", "method": "rendering"}
    page = shop.reader.send(path, 200, _step="check", **papers)
    assert "Enter 1 batch as destroyed" in page
    assert "cc-b danger" in page
    for words in ("示例处理厂", "WH-1", "王示例", "Rendering"):
        assert words in page
    shop.reader.send(path, 200, _step="send")
    assert shop.there(shop.chicken) == 27
    assert "Keep the receipt" in shop.reader.text


def test_goods_go_back_to_who_sent_them(shop: Counter) -> None:
    path = "/returns/new"
    buyer = shop.world.shop()
    body = {
        "from_zone_id": shop.counter["zone_id"], "to": {"business": buyer["owner"]["business_id"]},
        "handover": "await_confirmation", "lines": [{"batch_id": shop.chicken, "quantity_units": 12}],
    }  # fmt: skip
    sent = shop.api.post("/consignments", body, 201)
    theirs = shop.world.merchant(buyer["owner"])
    lines = [{"batch_id": shop.chicken, "quantity_units": 12}]
    theirs.post(
        f"/consignments/{sent['consignment_id']}/confirm", {"zone_id": buyer["zone"]["zone_id"], "lines": lines}
    )
    reader = Reader.of(shop.app, theirs)
    page = reader.open(shop.address(path, zone=buyer["zone"]))
    assert shop.owner["name"] in page
    assert dict(reader.form(path)["fields"])["to-business"] == shop.owner["business_id"], "the sender is filled in"
    reader.send(path, 200, _step="check", **{f"_pieces-{shop.chicken}": "1"})
    assert "by a consignment that the receiver confirms" in reader.text
    reader.send(path, 200, _step="send")
    assert reader.path.startswith("/consignments/")
    assert shop.there(shop.chicken) == 28
    shop.reader.open(shop.address(path))
    assert shop.kept(path)["to-name"] == "示例贸易", "the supplier of the arrival is filled in"
    shop.reader.send(path, 200, _step="check", **shop.typed(**{"to-country": "Brazil", "receipt_no": "TY-1"}))
    shop.reader.send(path, 200, _step="send")
    (made,) = [row for row in shop.entries() if row["kind"] == "return"]
    assert shop.api.get(f"/stock-entries/{made['entry_id']}")["detail"]["country"] == "BR"


def test_goods_become_anothers_where_they_lie(shop: Counter) -> None:
    path = "/owner-changes/new"
    other = shop.world.business("新货主")
    shop.reader.open(shop.address(path))
    page = shop.reader.send(path, 422, _step="check", **shop.typed())
    assert 'id="f-_receiver-error"' in page
    page = shop.reader.send(path, 200, _step="find", _receiver=other["name"])
    assert other["name"] in page
    assert shop.kept(path)[f"_pieces-{shop.chicken}"] == "2"
    assert shop.kept(path)["to_owner"] == other["business_id"], "the only one found is chosen"
    assert other["name"] in shop.reader.open(f"/stock-entries/businesses?field=to_owner&_receiver={other['name']}")
    shop.reader.open(shop.address(path))
    page = shop.reader.send(path, 200, _step="check", to_owner=other["business_id"], **shop.typed())
    assert other["name"] in page
    shop.reader.send(path, 200, _step="send")
    theirs = shop.world.merchant(other).get("/stock")["items"]
    assert [row["quantity_units"] for row in theirs] == [13]


def test_goods_that_were_sold_come_back_by_their_code(shop: Counter) -> None:
    path = "/recoveries/new"
    code = shop.goods["batch"]["batch_code"]
    shop.api.post(
        "/sales", {"zone_id": shop.counter["zone_id"], "lines": [{"batch_id": shop.chicken, "quantity_units": 13}]}, 201
    )
    assert "Recovery" in shop.reader.open(f"/batches/{shop.chicken}").partition('id="acts"')[2]
    shop.reader.open(path)
    page = shop.reader.send(path, 422, _step="add", _code="K0K0 K0K0")
    assert 'id="f-_code-error"' in page
    page = shop.reader.send(path, 200, _step="add", _code=f"https://trace.example/C/{code}")
    assert "sold 2 pieces + 1 unit" in page
    page = shop.reader.send(
        path, 409, _step="send", zone_id=shop.counter["zone_id"], **{f"_pieces-{shop.chicken}": "3"}
    )
    assert "Not enough: 2 pieces + 1 unit are there." in page
    shop.reader.send(path, 200, _step="send", **{f"_pieces-{shop.chicken}": "1"})
    assert shop.there(shop.chicken) == 33


def test_a_count_says_what_differs_and_asks_why_only_where_it_matters(shop: Counter) -> None:
    shop.reader.open(COUNTS)
    counted = {
        f"_pieces-{shop.chicken}": "5", f"_pieces-{shop.unproven}": "2", f"_loose-{shop.shrimps}": "24.99",
    }  # fmt: skip
    page = shop.reader.send(COUNTS, 200, _step="check", **counted)
    assert "−1 piece + 4 units" in page
    assert "within the tolerance" in page, "ice and thaw of goods by weight"
    assert page.count("<textarea") == 1, "a reason for the chicken only"
    page = shop.reader.send(COUNTS, 422, _step="send")
    assert f'href="#f-_reason-{shop.chicken}"' in page
    assert "Say what is known of the difference." in page
    assert shop.entries() == []
    page = shop.reader.send(
        COUNTS, 200, _step="send", **{f"_reason-{shop.chicken}": "压坏了", f"_shortage-{shop.chicken}": "lost"}
    )
    assert "The count differs from the books" in page
    assert (shop.there(shop.chicken), shop.there(shop.shrimps), shop.there(shop.unproven)) == (30, 24_990, 12)
    (made,) = shop.entries()
    lines = {row["batch_id"]: row for row in shop.api.get(f"/stock-entries/{made['entry_id']}")["lines"]}
    assert lines[shop.chicken]["reason"] == "压坏了"
    assert lines[shop.shrimps]["reason"] is None
    assert lines[shop.unproven]["movement_id"] is None
    (flag,) = flags(shop)
    officer = Reader.of(shop.app, shop.world.regulator)
    page = officer.open("/flags")
    assert "counted 5 pieces" in page
    assert "in the books 6 pieces + 4 units" in page
    assert flag["kind"] == "count_differs"


def test_a_count_finds_goods_where_no_book_knows_them_and_zero_is_a_count(shop: Counter) -> None:
    shelf = shop.world.zone(shop.shop, "sale_counter")
    page = shop.reader.open(f"{COUNTS}?zone_id={shelf['zone_id']}")
    assert "The books know nothing here" in page
    shop.reader.send(COUNTS, 200, _step="add", _code=shop.goods["batch"]["batch_code"].lower())
    page = shop.reader.send(COUNTS, 200, _step="check", **{f"_pieces-{shop.chicken}": "1"})
    assert "+1 piece" in page
    shop.reader.send(COUNTS, 200, _step="send", **{f"_reason-{shop.chicken}": "在另一个柜台找到"})
    assert shop.there(shop.chicken, shelf) == 6
    shop.reader.open(shop.address(COUNTS, shop.unproven))
    page = shop.reader.send(COUNTS, 200, _step="check", **{f"_pieces-{shop.unproven}": "0"})
    assert "−2 pieces" in page
    shop.reader.send(COUNTS, 200, _step="send", **{f"_reason-{shop.unproven}": "找不到"})
    assert shop.there(shop.unproven) == 0


def test_an_entry_is_corrected_and_its_history_stays(shop: Counter) -> None:
    shop.reader.open(SALES)
    shop.reader.send(SALES, 200, _step="check", **shop.typed())
    shop.reader.send(SALES, 200, _step="send")
    (made,) = shop.entries()
    page = f"/stock-entries/{made['entry_id']}"
    shop.reader.open(f"{page}/correct")
    assert shop.kept(f"{page}/correct")[f"_pieces-{shop.chicken}"] == "2"
    text = shop.reader.send(f"{page}/correct", 422, reason="没有改")
    assert "These are the quantities that the entry has already." in text
    text = shop.reader.send(f"{page}/correct", 422, reason=" ", **{f"_pieces-{shop.chicken}": "1"})
    assert 'id="f-reason-error"' in text
    assert shop.kept(f"{page}/correct")[f"_pieces-{shop.chicken}"] == "1"
    shop.reader.send(f"{page}/correct", 200, reason="多填了一件")
    assert shop.reader.path == page
    for words in ("Corrected.", "2 pieces + 1 unit", "1 piece + 1 unit", "多填了一件"):
        assert words in shop.reader.text
    assert shop.there(shop.chicken) == 33
    correction = next(row for row in shop.entries() if row["kind"] == "correction")
    text = shop.reader.open(f"/stock-entries/{correction['entry_id']}")
    assert f'href="{page}"' in text
    assert made["entry_no"] in text
    shop.reader.open(f"/stock-entries/{correction['entry_id']}/correct", 409)
    shop.reader.open(f"{page}/correct")
    text = shop.reader.send(f"{page}/correct", 409, reason="x", **{f"_pieces-{shop.chicken}": "50"})
    assert f'id="f-_pieces-{shop.chicken}-error"' in text


def test_the_list_filters_by_kind_and_batch(shop: Counter) -> None:
    shop.reader.open(SALES)
    shop.reader.send(SALES, 200, _step="check", **shop.typed())
    shop.reader.send(SALES, 200, _step="send")
    (made,) = shop.entries()
    page = shop.reader.open("/stock-entries")
    assert re.search(r">Sale 1</a>", page)
    assert re.search(r">Relocation 1</a>", page)
    assert made["entry_no"] in shop.reader.open("/stock-entries?kind=sale")
    assert made["entry_no"] not in shop.reader.open("/stock-entries?kind=relocation")
    assert made["entry_no"] not in shop.reader.open(f"/stock-entries?batch_id={shop.shrimps}")
    assert made["entry_no"] in shop.reader.open(f"/stock-entries?batch_id={shop.chicken}")
    shop.reader.open("/stock-entries?kind=gift", 422)
    assert f"/stock-entries?batch_id={shop.chicken}" in shop.reader.open(f"/batches/{shop.chicken}")
    assert f"/stock-entries/{made['entry_id']}" in shop.reader.open("/"), "the desk says when sales were entered last"


def test_pages_of_twenty(shop: Counter) -> None:
    body = {"zone_id": shop.counter["zone_id"], "lines": [{"batch_id": shop.chicken, "quantity_units": 1}]}
    for _ in range(21):
        shop.api.post("/sales", body, 201)
    page = html.unescape(shop.reader.open("/stock-entries?kind=sale"))
    assert page.count('class="cc-rowhead"') == 20
    following = re.search(r'href="(/stock-entries\?cursor=[^"]+)" rel="next"', page)
    assert following is not None
    page = shop.reader.open(following[1])
    assert page.count('class="cc-rowhead"') == 1
    assert "First page" in page


def test_an_officer_enters_for_the_owner(shop: Counter) -> None:
    officer = Reader.of(shop.app, shop.world.regulator)
    acts = html.unescape(officer.open(f"/batches/{shop.chicken}")).partition('id="acts"')[2]
    address = re.search(rf'href="({SALES}\?[^"]*zone_id={shop.counter["zone_id"]}[^"]*owner=[^"]+)"', acts)
    assert address is not None
    page = officer.open(address[1])
    assert f"You enter this for {shop.owner['name']}" in page
    officer.send(SALES, 200, _step="check", **shop.typed())
    officer.send(SALES, 200, _step="send")
    (made,) = shop.entries()
    assert made["on_behalf_of"] == shop.owner["business_id"]
    assert "an officer, for the owner" in shop.reader.open(f"/stock-entries/{made['entry_id']}")
    officer.open(SALES, 404)  # for whom?
    assert KITCHEN not in officer.open("/stock-entries"), "an officer begins at a batch"
    officer.open(f"{KITCHEN}?zone_id={shop.counter['zone_id']}&owner={shop.owner['business_id']}")
    officer.send(KITCHEN, 200, _use=f"{shop.chicken}-piece")
    assert "Used: 1 piece of Chicken" in officer.text
    undo = re.search(r'action="(/stock-entries/[0-9a-f-]{36}/undo)"', officer.text)
    assert undo is not None
    officer.send(undo[1], 200)
    assert shop.there(shop.chicken) == 27


def test_what_is_not_ones_own_is_not_there(shop: Counter) -> None:
    made = shop.first
    stranger = Reader.of(shop.app, shop.world.merchant(shop.world.business("别家")))
    for address in ("", "/receipt", "/correct"):
        stranger.open(f"/stock-entries/{made['entry_id']}{address}", 404)
        stranger.open(f"/stock-entries/{uuid4()}{address}", 404)
    assert made["entry_no"] not in stranger.open("/stock-entries")
    for path in (*FORMS, KITCHEN):
        page = stranger.open(shop.address(path, owner=shop.owner["business_id"]))
        assert "Chicken" not in page, path
        assert shop.goods["batch"]["batch_code"] not in page, path
    assert "None of these goods" in stranger.open(COUNTS) or "Nothing lies here" in stranger.text
    lab = Reader.of(shop.app, shop.lab[1])
    for path in (*FORMS, KITCHEN, "/stock-entries", f"/stock-entries/{made['entry_id']}"):
        lab.open(path, 403)
    elsewhere = Reader.of(shop.app, shop.world.people.regulator("511011"))
    elsewhere.open(f"/stock-entries/{made['entry_id']}", 404)
    page = elsewhere.open(shop.address(SALES, owner=shop.owner["business_id"]))
    assert "Chicken" not in page


def test_goods_that_may_not_leave_are_offered_only_what_is_allowed(shop: Counter) -> None:
    acts = shop.reader.open(f"/batches/{shop.unproven}").partition('id="acts"')[2].partition("</section>")[0]
    assert "What is missing stops sale, use and dispatch only." in acts
    words = re.findall(r"<a [^>]*>([^<]+)</a>", acts)
    assert not {"Sale", "Use", "Change of owner", "Processing"} & set(words)
    assert {"Relocation", "Opening of pieces", "Loss", "Stocktake", "Return", "Destruction"} <= set(words)
    acts = shop.reader.open(f"/batches/{shop.chicken}").partition('id="acts"')[2].partition("</section>")[0]
    words = re.findall(r"<a [^>]*>([^<]+)</a>", acts)
    assert {"Sale", "Use", "Relocation", "Opening of pieces", "Change of owner", "Processing"} <= set(words)
    assert f'href="/batches/{shop.chicken}/split"' in acts
    page = html.unescape(shop.reader.open("/stock"))
    assert f'href="{shop.address(SALES)}"' in page, "the likeliest entry stands beside its row"
    assert f'href="{shop.address("/relocations/new", shop.unproven)}"' in page


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_every_page_is_drawn_in_both_languages(shop: Counter, lang: str) -> None:
    reader = Reader.of(shop.app, shop.world.merchant(shop.owner), lang=lang)
    reader.open(SALES)
    reader.send(SALES, 200, _step="check", **shop.typed(occurred_at=earlier()))
    assert reader.text.count("<h1") == 1
    reader.send(SALES, 200, _step="send")
    entry = reader.path.removesuffix("/receipt")
    reader.open(f"{entry}/correct")
    reader.send(f"{entry}/correct", 200, reason="x", **{f"_loose-{shop.chicken}": "0"})
    kept = [shop.address(path) for path in FORMS]
    for address in (*FORMS, *kept, KITCHEN, "/stock-entries", entry, f"{entry}/receipt", f"{entry}/correct", "/"):
        assert reader.open(address).count("<h1") == 1, address
    reader.open(COUNTS)
    page = reader.send(COUNTS, 200, _step="check", **{f"_pieces-{shop.chicken}": "1"})
    assert page.count("<h1") == 1
