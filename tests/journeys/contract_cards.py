"""The walk's part about cards, their public register, and the figures of a region."""

from __future__ import annotations

from tests.journeys.contract_client import OPTIONAL, Walk, expect, query, same, shape

FIGURES = ("businesses", "cards", "sites", "imported_mass_g", "held_mass_g", "locked_mass_g")


def cards(walk: Walk) -> None:
    """The card as PDF and PNG, and who holds one."""
    owner = walk.things["M"]
    with walk.line(
        "GET /businesses/{b}/card.png | card.pdf: the merchant and its officers, by USCC and id; others 404"
    ):
        for name, ref in (("M", owner["uscc"]), ("R", owner["business_id"])):
            drawn = walk.people[name].raw("GET", f"/businesses/{ref}/card.png", 200)
            same(drawn.kind, "image/png", "media type")
            expect(drawn.body.startswith(b"\x89PNG"), "a PNG")
        for name, paper in (("M", ""), ("R", "?paper=a5"), ("I", "?paper=a4"), ("admin", "")):
            page = walk.people[name].raw("GET", f"/businesses/{owner['business_id']}/card.pdf{paper}", 200)
            same(page.kind, "application/pdf", "media type")
            expect(page.body.startswith(b"%PDF"), "a PDF")
        for name, status in (("S", 404), ("elsewhere", 404), ("nobody", 401)):
            walk.people[name].raw("GET", f"/businesses/{owner['business_id']}/card.pdf", status)
    with walk.line("GET /cards (P): who holds a card and its status; no person, no id"):
        public, card_no = walk.people["nobody"], walk.people["M"].get(f"/businesses/{owner['uscc']}")["card_no"]
        found = public.get("/cards" + query(q=card_no))
        shape(found, {"items": [{"card_no": card_no, "name": owner["name"], "status": "active"}], "next": OPTIONAL})
        read = public.get(f"/cards/{card_no}")
        shape(read, {"card_no": card_no, "status": "active", "region_code": walk.region})
        for secret in ("13800000000", "张示例", owner["uscc"], owner["business_id"]):
            expect(secret not in str(read) + str(found), f"{secret} is told")
        public.get("/cards/NOPE", 404)
        public.get("/cards" + query(phone="1"), 422)


def figures(walk: Walk) -> None:
    """Totals of a region, now and as of a past moment."""
    regulator = walk.people["R"]
    with walk.line("GET /regions/{code}/totals?as_of= (R): computed; the past by what was recorded until then"):
        address = f"/regions/{walk.region}/totals"
        now = regulator.get(address)
        shape(now, dict.fromkeys(FIGURES, int))
        before = regulator.get(address + query(as_of="2000-01-01T00:00:00+08:00"))
        same([before[name] for name in FIGURES], [0] * len(FIGURES), "before anything was recorded")
        again = regulator.get(address + query(as_of=now["as_of"]))
        for name in FIGURES:
            expect(again[name] in {now[name], None}, f"{name}: {now[name]}, as of the same moment {again[name]}")
        regulator.get(address + query(as_of="2999-01-01T00:00:00+08:00"), 422)
        for name, status in (("M", 403), ("L", 403), ("elsewhere", 404), ("nobody", 401)):
            walk.people[name].get(address, status)
