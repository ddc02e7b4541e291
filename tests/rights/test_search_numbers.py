"""A number finds its thing for exactly those who may read it: by the search, and by the way straight there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.rights.realm import Case, Realm
from tests.rights.undone import Undone

ASKERS = (
    "regulator of the district", "inspector of one office", "regulator of the other district", "admin", "owner",
    "clerk of another site", "buyer", "keeper", "stranger", "carrier", "lab", "waiting",
)  # fmt: skip


class Asked:
    """What one asker is answered; whatever it does is undone."""

    def __init__(self, realm: Realm, undone: Undone, asker: str) -> None:
        self.undone, self.headers = undone, realm.askers[asker].headers
        self.client = realm.app.test_client(use_cookies=False)

    def get(self, path: str) -> Any:
        """Return the answer to an address."""
        answer = self.client.get(path, headers=self.headers)
        self.undone.undo()
        return answer

    def found(self, kind: str, number: str) -> set[str]:
        """Return the ids of a kind that a number finds."""
        answer = self.get(f"/api/v1/search?kind={kind}&q={quote(number)}")
        return {each["id"] for each in answer.get_json()["items"]} if answer.status_code == 200 else set()


def numbered(of: Case) -> dict[str, tuple[str, str, str]]:
    """Return kind → number, id, address at the API."""
    sent, decided = of.ids["consignment_id"], of.ids["decision_id"]
    return {
        "consignment": (of.ids["consignment_no"], sent, f"/api/v1/consignments/{sent}"),
        "decision": (f"{of.mark}{of.name[:2]}〔2021〕一号", decided, f"/api/v1/decisions/{decided}"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["own", "distant"])
def test_a_number_finds_what_its_reader_may_read(realm: Realm, undone: Undone, name: str) -> None:
    """The search of each asker finds a consignment and a decision exactly where the thing itself is answered."""
    allowed, hidden = 0, 0
    things = numbered(realm.cases[name])
    for asker in ASKERS:
        asked = Asked(realm, undone, asker)
        for kind, (number, thing, address) in things.items():
            may_read = asked.get(address).status_code == 200
            assert (thing in asked.found(kind, number)) is may_read, f"{asker}: {kind}"
            assert asked.found(kind, number.replace("-", "").lower()) >= ({thing} if may_read else set())
            page = asked.get(f"/search?q={quote(number)}")
            led = page.headers.get("Location", "").endswith(f"/{thing}")
            assert led is may_read, f"{asker}: {kind} {page.status_code} {page.headers.get('Location')}"
            allowed, hidden = allowed + may_read, hidden + (not may_read)
    assert allowed > 3
    assert hidden > 3
