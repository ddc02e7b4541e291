"""Commitment letters: signed in the program or handed in on paper, by who waits too; who lacks today's is listed."""

from datetime import timedelta
from io import BytesIO

from flask import Flask

from coldchain.core import clock, db
from coldchain.registry.models import CommitmentText
from tests.accounts.test_registration import TYPED
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World, uscc
from tests.home.test_stopped import main
from tests.journeys.contract_handover import photograph

LETTER = {"version": "2021-01", "signed_by": "李签署", "signed_on": "2021-01-05"}


def newer(version: str = "2022-06", days: int = 0) -> None:
    """Ship a newer version of the text, asked for from `days` on."""
    today = clock.now().astimezone(clock.BEIJING).date()
    with db.transaction() as session:
        session.add(
            CommitmentText(
                version=version, text_zh="新承诺书", text_en="New letter", text_hash="0" * 64,
                valid_from=today + timedelta(days=days), recorded_at=clock.now(),
            )
        )  # fmt: skip


def test_a_merchant_signs_at_its_page_and_hands_in_the_paper(app: Flask, world: World) -> None:
    owner = world.business(active=False)
    path = f"/businesses/{owner['business_id']}/letter"
    reader = Reader.of(app, world.merchant(owner))
    words = main(reader.open(path))
    assert "No letter was signed yet." in words
    assert "1. We pre-declare on the platform" in words
    reader.send(path, 422, signed_by="李签署", signed_on="2021-01-05")
    assert "Say that the letter was read and is signed." in reader.text
    assert 'value="李签署"' in reader.text
    assert 'value="2021-01-05"' in reader.text
    wrong = (BytesIO(b"MZ this is a program"), "letter.pdf")
    reader.send(path, 422, signed_by="李签署", signed_on="2021-01-05", _agreed="yes", file=wrong)
    assert "neither a PDF nor a photograph" in reader.text
    assert world.regulator.get(f"/businesses/{owner['business_id']}/commitment-letters")["items"] == []
    paper = (BytesIO(photograph()), "letter.png")
    reader.send(path, 200, signed_by="李签署", signed_on="2021-01-05", _agreed="yes", file=paper)
    assert "The signed letter is recorded." in reader.text
    (letter,) = world.regulator.get(f"/businesses/{owner['business_id']}/commitment-letters")["items"]
    assert (letter["version"], letter["signed_by"], letter["has_file"]) == ("2021-01", "李签署", True)
    assert world.regulator.post(f"/businesses/{owner['business_id']}/approve")["status"] == "active"
    reader.open(path)
    assert f"/commitment-letters/{letter['letter_id']}/file" in reader.text


def test_the_paper_is_served_to_the_business_and_its_officers_only(app: Flask, world: World, people: People) -> None:
    owner, other = world.business(), world.business()
    merchant = world.merchant(owner)
    path = f"/api/v1/businesses/{owner['business_id']}/commitment-letters"
    sent = merchant.client.post(
        path, data=LETTER | {"file": (BytesIO(photograph()), "letter.png")}, headers=merchant._headers(None),
        content_type="multipart/form-data",
    )  # fmt: skip
    assert sent.status_code == 201
    assert sent.get_json()["has_file"] is True
    file = f"{path}/{sent.get_json()['letter_id']}/file"
    for speaker, status in (
        (merchant, 200), (world.regulator, 200), (world.inspector, 200), (world.merchant(other), 404),
        (people.regulator("511011"), 404), (world.lab()[1], 404), (people.nobody(), 401),
    ):  # fmt: skip
        answer = speaker.client.get(file, headers=speaker._headers(None))
        assert answer.status_code == status
    assert merchant.client.get(file, headers=merchant._headers(None)).data.startswith(b"\xff\xd8")
    plain = merchant.post(path.removeprefix("/api/v1"), LETTER, 201)
    assert plain["has_file"] is False
    merchant.get(f"{path.removeprefix('/api/v1')}/{plain['letter_id']}/file", 404)
    elsewhere = f"/businesses/{other['business_id']}/commitment-letters/{sent.get_json()['letter_id']}/file"
    world.regulator.get(elsewhere, 404)


def test_a_business_that_waits_signs_its_own_letter(app: Flask, world: World) -> None:
    reader = Reader(app)
    reader.open("/register")
    reader.send("/register", 200, uscc=uscc(), **(TYPED | {"handles_imported": "true"}))
    words = main(reader.open("/"))
    assert "Sign the commitment letter here" in words
    (waiting,) = world.regulator.get("/businesses?status=pending")["items"]
    path = f"/businesses/{waiting['business_id']}/letter"
    reader.open(path)
    reader.send(path, 200, signed_by="王示例", signed_on="2021-01-05", _agreed="yes")
    assert "Sign the commitment letter here" not in main(reader.open("/"))
    assert world.regulator.post(f"/businesses/{waiting['business_id']}/approve")["status"] == "active"


def test_who_lacks_the_letter_of_today_is_listed_for_officers(app: Flask, world: World, people: People) -> None:
    signed, missing = world.business("已签示例"), world.business("未签示例", active=False)
    world.business("国产示例", handles_imported=False, active=False)
    refused = world.business("未过示例", active=False)
    world.regulator.post(f"/businesses/{refused['business_id']}/reject", {"reason": "资料不符"})

    def names(state: str = "") -> dict[str, str]:
        rows = world.regulator.get(f"/commitment-letters/lacking{state}")["items"]
        return {row["business"]["name"]: row["state"] for row in rows}

    assert names() == {missing["name"]: "missing"}
    newer("2099-01", days=1)
    assert names() == {missing["name"]: "missing"}, "a version that is not asked for yet"
    newer()
    assert names() == {missing["name"]: "missing", signed["name"]: "outdated"}
    assert names("?state=outdated") == {signed["name"]: "outdated"}
    assert people.regulator("511011").get("/commitment-letters/lacking")["items"] == []
    page = Reader.of(app, world.regulator)
    words = main(page.open("/letters"))
    assert missing["name"] in words
    assert "Asked for today: version 2022-06" in words
    assert "1 approved business has not signed the commitment letter of today" in page.open("/")
    Reader.of(app, world.merchant(signed)).open("/letters", 404)
    card = Reader.of(app, world.merchant(signed))
    assert "A newer version is to be signed" in main(card.open(f"/businesses/{signed['business_id']}/card"))
    newest = LETTER | {"version": "2022-06"}
    world.merchant(signed).post(f"/businesses/{signed['business_id']}/commitment-letters", newest, 201)
    assert names() == {missing["name"]: "missing"}
    assert "A newer version" not in main(card.open(f"/businesses/{signed['business_id']}/card"))
