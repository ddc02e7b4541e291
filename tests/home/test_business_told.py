"""What the deciding officer reads of a business: what it changed, what was signed, what to do before approving."""

from flask import Flask

from tests.accounts.test_registration import TYPED
from tests.factories.reader import Reader
from tests.factories.world import World, uscc
from tests.home.test_stopped import main


def test_the_officer_sees_what_was_changed_and_approves_after_the_letter(app: Flask, world: World) -> None:
    owner, officer = Reader(app), Reader.of(app, world.regulator)
    owner.open("/register")
    owner.send("/register", 200, uscc=uscc(), **TYPED)
    (found,) = world.regulator.get("/businesses?status=pending")["items"]
    here = f"/businesses/{found['business_id']}"
    officer.open(f"{here}/decisions/reject")
    officer.send(f"{here}/decisions/reject", 200, reason="The name is another one")
    assert "Not approved. The business reads the reason" in main(officer.text), "a receipt"
    owner.open("/register/correct")
    owner.send(
        "/register/correct", 200, name="示例正名食品", address="新路8号", handles_imported="true", phone="13900000001"
    )
    page = officer.open(here)
    told = main(page).partition("What was decided")[2]
    assert told.index("Corrected and sent again") < told.index("The name is another one"), "the newest first"
    assert "Name: 示例自登食品 → 示例正名食品" in told
    assert "→ 新路8号" in told
    assert "→ 13900000001" in told
    assert "Imported cold-chain food: No → Yes" in told
    assert "Unified social credit code:" not in told, "that is as it was"
    assert f"{here}/decisions/approve" not in page, "it would be refused"
    assert 'href="?letter=open#letter"' in page
    page = officer.open(f"{here}/decisions/approve")
    assert f"{here}?letter=open#letter" in page
    page = officer.open(f"{here}?letter=open")
    assert "<details open><summary>Record a signed letter" in page
    officer.send(f"{here}/commitment-letters", 200, signed_by="张示例", signed_on="2021-01-04")
    words = main(officer.text)
    assert "The signed letter is recorded." in words
    told = words.partition("What was decided")[2]
    assert told.index("Commitment letter signed") < told.index("Corrected and sent again")
    assert f"{here}/decisions/approve" in officer.text
    officer.open(f"{here}/decisions/approve")
    officer.send(f"{here}/decisions/approve", 200)
    assert "Approved. The business may trade" in main(officer.text)
