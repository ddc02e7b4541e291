"""The audit log: who was refused, who read personal data; found by the administrator; let go by the rule book."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from coldchain.accounts import trail
from coldchain.accounts.models import AuditEvent
from coldchain.accounts.service import audit
from coldchain.core import clock, db, limits
from coldchain.ops import upkeep
from tests.factories.people import People
from tests.factories.world import World

PHONE = "13912345678"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    """Nobody's refusals of an earlier test count here."""
    trail._counted.clear()


def lines(**wanted: str) -> list[AuditEvent]:
    """Return the lines of the log with these values, oldest first."""
    from sqlmodel import col, select

    with db.transaction() as session:
        statement = select(AuditEvent).order_by(col(AuditEvent.event_id))
        rows = session.exec(statement).all()
    return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]


def old_line(years: float, kind: str = "signed_in") -> uuid.UUID:
    """Write a line that is some years old and return its id."""
    with db.transaction() as session:
        with clock.simulated(datetime.now(UTC) - timedelta(days=365.25 * years)):
            audit(session, kind, None)
        (line,) = session.new
        return line.event_id


def test_names_and_phones_of_accounts_are_personal_too(world: World, people: People) -> None:
    """Who lists the people of a business leaves a line that names them; an owner who looks at the own people none."""
    shop = world.business()
    owner = world.merchant(shop)

    def read(speaker: Any, path: str) -> list[AuditEvent]:
        before = len(lines(kind="personal_read"))
        speaker.get(path)
        return lines(kind="personal_read")[before:]

    for speaker, path in (
        (world.regulator, f"/people?business={shop['business_id']}"),
        (people.admin(), f"/accounts?q={owner.user.username}"),
        (people.admin(), f"/accounts/{owner.user.username}"),
    ):
        (line,) = read(speaker, path)
        assert line.user_id == speaker.user.user_id
        assert {uuid.UUID(shop["business_id"]), owner.user.user_id} <= set(line.subjects)
    assert read(owner, "/people") == []


class TestRefusals:
    """A refusal rolls its request back; its line stays."""

    def test_a_right_that_is_lacking(self, world: World, people: People) -> None:
        """403: who, what was wanted, from where, under which number."""
        merchant = world.merchant(world.business())
        response = merchant.client.get("/api/v1/flags", headers=merchant._headers(None))
        assert response.status_code == 403
        (line,) = lines(kind="refused")
        assert line.user_id == merchant.user.user_id
        assert line.action == "flag.read"
        assert line.detail["status"] == "403"
        assert line.detail["code"] == "forbidden"
        assert line.address == "127.0.0.1"
        assert line.request_id == response.headers["X-Request-Id"]

    def test_hidden_and_absent_leave_the_same_line(self, world: World, people: People) -> None:
        """What one may not see is 404 as what is not there: neither answer nor log tells them apart by a statement."""
        made = world.cleared()
        stranger = world.merchant(world.business())
        hidden, absent = made["batch"]["batch_id"], str(uuid.uuid4())
        for batch_id in (hidden, absent):
            stranger.get(f"/batches/{batch_id}", 404)
        one, two = lines(kind="refused")
        assert [str(line.subjects[0]) for line in (one, two)] == [hidden, absent]
        assert (one.action, one.subject_kind, one.detail) == (two.action, two.subject_kind, two.detail)
        assert one.subject_kind == "batch"

    def test_what_is_no_refusal_leaves_no_line(self, world: World, people: People, client: FlaskClient) -> None:
        """A wrong address, a malformed body, nobody signed in, a public page: no want of a right."""
        merchant = world.merchant(world.business())
        merchant.get("/no-such-thing", 404)
        merchant.post("/arrivals", {"nonsense": 1}, 422)
        client.get("/api/v1/batches")
        client.get("/C/NOSUCHCODE")
        assert lines(kind="refused") == []

    def test_a_form_that_was_refused_for_a_right(self, world: World, people: People) -> None:
        """A page answers 422 with the form filled in; the log knows that a right was lacking."""
        made, other = world.cleared(), world.business()
        merchant = world.merchant(other)
        response = merchant.client.post(
            f"/batches/{made['batch']['batch_id']}/evidence/new", data={"kind": "x"}, headers=merchant._headers(None)
        )
        assert response.status_code in {404, 405, 422}
        assert [line.action for line in lines(kind="refused", user_id=merchant.user.user_id)] != []

    def test_many_are_bounded(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever hammers fills no disk: the last line of a minute says that more are not written."""
        monkeypatch.setattr(limits, "AUDIT_REFUSALS_PER_MIN", 3)
        merchant = world.merchant(world.business())
        with clock.simulated(datetime(2021, 1, 19, 4, tzinfo=UTC)):
            for _ in range(6):
                merchant.get("/flags", 403)
        with clock.simulated(datetime(2021, 1, 19, 4, 1, tzinfo=UTC)):
            merchant.get("/flags", 403)
        found = lines(kind="refused")
        assert [line.detail.get("note") for line in found] == [
            None, None, "further_ones_of_this_minute_are_not_written", None,
        ]  # fmt: skip

    def test_a_log_that_cannot_be_written_changes_no_answer(self, world: World, owner_url: str) -> None:
        """The reader is refused, not told of our trouble."""
        merchant = world.merchant(world.business())
        engine = db.connect(owner_url)
        with engine.begin() as connection:
            connection.execute(text("REVOKE INSERT ON audit_event FROM coldchain"))
        engine.dispose()
        assert merchant.get("/flags", 403)["code"] == "forbidden"
        assert lines(kind="refused") == []


class TestReadingPersonalData:
    """Values shown to somebody who is not of the business in whose record they stand: one line a request."""

    def test_an_officer_who_reads_a_list(self, world: World) -> None:
        """One line, however many are shown, with whose they are and never the words."""
        made = [world.business(phone=PHONE) for _ in range(3)]
        before = len(lines(kind="personal_read"))
        world.regulator.get("/businesses")
        (line,) = lines(kind="personal_read")[before:]
        assert line.user_id == world.regulator.user.user_id
        assert line.action == "business.lookup"
        assert {uuid.UUID(each["business_id"]) for each in made} <= set(line.subjects)
        assert PHONE not in str(line.model_dump())

    def test_ones_own_are_no_line(self, world: World) -> None:
        """A merchant who looks at its own phone reads nothing of others; nor does who types it in."""
        business = world.business(phone=PHONE, active=False)
        assert lines(kind="personal_read") == []
        assert world.merchant(business).get(f"/businesses/{business['business_id']}")["phone"] == PHONE
        assert lines(kind="personal_read") == []

    def test_a_buyer_who_reads_the_driver(self, world: World) -> None:
        """The driver stands in the sender's record: the receiver's reading is a line, the sender's is none."""
        made, shop = world.cleared(), world.shop()
        sent = world.merchant(made["owner"]).post(
            "/consignments",
            {
                "from_zone_id": made["zone"]["zone_id"], "to": {"business": shop["owner"]["uscc"]},
                "handover": "await_confirmation", "driver": {"name": "王示例", "phone": PHONE},
                "lines": [{"batch_id": made["batch"]["batch_id"], "quantity_units": 6}],
            },
            201,
        )  # fmt: skip
        before = len(lines(kind="personal_read"))
        world.merchant(made["owner"]).get(f"/consignments/{sent['consignment_id']}")
        assert len(lines(kind="personal_read")) == before
        shown = world.merchant(shop["owner"]).get(f"/consignments/{sent['consignment_id']}")
        assert shown["driver"]["phone"] == PHONE
        (line,) = lines(kind="personal_read")[before:]
        assert line.user_id == world.merchant(shop["owner"]).user.user_id
        assert line.detail["values"] == "2"

    def test_a_page_costs_one_statement_more_whatever_it_shows(self, world: World, database: Engine) -> None:
        """Three phones or one: the line is one INSERT."""
        from sqlalchemy import event

        def cost() -> int:
            seen: list[str] = []

            def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
                seen.append(statement)

            event.listen(db.engine(), "before_cursor_execute", count)
            world.regulator.get("/businesses")
            event.remove(db.engine(), "before_cursor_execute", count)
            assert sum("INSERT INTO audit_event" in statement for statement in seen) == 1
            return len(seen)

        world.business()
        one = cost()
        for _ in range(4):
            world.business()
        assert cost() == one


class TestSearch:
    """The administrator finds lines by person, kind, subject and days, page by page; nobody else does."""

    def test_by_person_kind_and_subject(self, world: World, people: People) -> None:
        """A person's lines are those it wrote and those about it."""
        business = world.business()
        merchant = world.merchant(business)
        merchant.get("/flags", 403)
        world.regulator.get(f"/businesses/{business['business_id']}")
        admin = people.admin()
        name = merchant.user.username
        found = admin.get(f"/audit-events?person={name}&kind=refused")["items"]
        assert [(line["user"]["username"], line["action"]) for line in found] == [(name, "flag.read")]
        about = admin.get(f"/audit-events?subject={business['business_id']}")["items"]
        assert {line["kind"] for line in about} == {"personal_read"}
        assert admin.get("/audit-events?person=nobody_here")["items"] == []

    def test_by_days_and_page_by_page(self, people: People) -> None:
        """Days are Beijing's, both included; the cursor leads through all of them once."""
        for hour in (15, 16, 17):  # 23:00 of the 18th, 00:00 and 01:00 of the 19th in Beijing
            with db.transaction() as session, clock.simulated(datetime(2021, 1, 18, hour, tzinfo=UTC)):
                audit(session, "signed_in", None)
        admin = people.admin()
        assert len(admin.get("/audit-events?kind=signed_in&date_from=2021-01-19&date_to=2021-01-19")["items"]) == 2
        assert len(admin.get("/audit-events?kind=signed_in&date_to=2021-01-18")["items"]) == 1
        seen, cursor = [], ""
        while cursor is not None:
            page = admin.get(f"/audit-events?kind=signed_in&limit=2{cursor and '&cursor=' + cursor}")
            seen += [line["event_id"] for line in page["items"]]
            cursor = page["next"]
        assert len(seen) == len(set(seen)) == 3

    def test_who_may(self, world: World, people: People) -> None:
        """The log is the administrator's alone, by page and by API."""
        for person in (world.regulator, world.inspector, world.merchant(world.business())):
            person.get("/audit-events", 403)
            assert person.client.get("/audit", headers=person._headers(None)).status_code == 403
        admin = people.admin()
        page = admin.client.get("/audit?kind=refused", headers=admin._headers(None))
        assert page.status_code == 200
        assert "flags.list_flags" not in page.text
        assert world.regulator.user.username in page.text
        wrong = admin.client.get("/audit?date_from=gestern&person=wer", headers=admin._headers(None))
        assert wrong.status_code == 422
        assert "gestern" in wrong.text
        assert "wer" in wrong.text


class TestKept:
    """Lines go when the rule book says so, no earlier and by no other way."""

    def test_only_older_ones_go(self, database: Engine) -> None:
        """The job lets go what is older than two years, and says how many that were."""
        old_line(2.2)
        kept = old_line(1.9, "link_created")
        old_line(0.1)
        assert upkeep.purge_audit_log() == 1
        found = lines()
        assert [line.kind for line in found] == ["link_created", "signed_in", "audit_purged"]
        assert kept in {line.event_id for line in found}
        assert found[-1].detail["lines"] == "1"
        assert upkeep.purge_audit_log() == 0
        assert len(lines()) == 3

    @pytest.mark.parametrize("cutoff", ["- interval '729 days'", "- interval '1 day'", "+ interval '3 years'"])
    def test_the_function_refuses_a_younger_cutoff(self, database: Engine, cutoff: str) -> None:
        """Whoever calls it can't ask for more than the rule book lets go."""
        old_line(1.5)
        with pytest.raises(DBAPIError, match="append-only"), db.transaction() as session:
            session.execute(text(f"SELECT cc_purge_audit(now() {cutoff})"))
        assert len(lines()) == 1

    def test_a_longer_rule_is_kept(self, database: Engine) -> None:
        """A new row of the rule book makes lines stay; the function reads it itself."""
        old_line(2.5)
        with db.transaction() as session:
            session.execute(
                text(
                    "INSERT INTO policy_parameter (parameter_id, name, value, valid_from, source, recorded_at)"
                    " VALUES (gen_random_uuid(), 'audit_kept_years', '5', '2020-01-01', 'x', now())"
                )
            )
        assert upkeep.purge_audit_log() == 0
        with pytest.raises(DBAPIError, match="5 years"), db.transaction() as session:
            session.execute(text("SELECT cc_purge_audit(now() - interval '3 years')"))

    def test_no_rule_leads_below_half_a_year(self, database: Engine) -> None:
        """A row that says nothing need be kept doesn't open the log: the law's half year stands in the table."""
        old_line(0.3)
        with db.transaction() as session:
            session.execute(
                text(
                    "INSERT INTO policy_parameter (parameter_id, name, value, valid_from, source, recorded_at)"
                    " VALUES (gen_random_uuid(), 'audit_kept_years', '0', '2020-01-01', 'x', now())"
                )
            )
        with pytest.raises(DBAPIError, match="append-only"), db.transaction() as session:
            session.execute(text("SELECT cc_purge_audit(now() - interval '100 days')"))
        assert len(lines()) == 1

    def test_deleting_directly_is_refused(self, database: Engine, owner_url: str) -> None:
        """The service has no right to; the owner is stopped by triggers, with the function's mark set too."""
        old_line(3)
        old_line(0.2)
        with pytest.raises(DBAPIError, match="permission denied"), db.transaction() as session:
            session.execute(text("DELETE FROM audit_event"))
        engine = db.connect(owner_url)
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text("DELETE FROM audit_event WHERE at < now() - interval '2 years'"))
        marked = "SELECT set_config('coldchain.purging', 'audit_event', true); DELETE FROM audit_event"
        with pytest.raises(DBAPIError, match="too young"), engine.begin() as connection:
            connection.exec_driver_sql(marked)
        engine.dispose()
        assert len(lines()) == 2
