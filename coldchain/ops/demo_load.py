"""Replays the demonstration through the services with the simulated clock, so that it is true at every past moment.

An empty database is marked before the first event and after the last; a load that was interrupted in between is
started over on a fresh schema, since nothing in the books can be taken back. Events of one moment are one transaction.
"""

import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import SYSTEM, Actor
from coldchain.accounts.models import User
from coldchain.batches import service as batches
from coldchain.batches.models import Batch
from coldchain.core import clock, db, marks
from coldchain.labels import certificate
from coldchain.labels import jobs as label_jobs
from coldchain.labels import service as labels
from coldchain.ops import demo_oversight, migrate
from coldchain.ops.demo import data, events, oversight
from coldchain.ops.reference import load_reference
from coldchain.recall import announce, drafts, findings, pull_in, samples, tasks
from coldchain.recall.models import SweepTask
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.registry.service import stewards
from coldchain.trade import service as trade
from config import Settings, SettingsError

DEMO_MARK = "demo"  # this database holds demonstration data: origin `demo…`, a strip on every page
LOADED_MARK = "demo_loaded"
BAR_WIDTH = 40

Made = dict[tuple[str, str], UUID]


def load_if_empty(settings: Settings, out: TextIO | None = None) -> bool:
    """Load the demonstration when the database has no business yet; return whether it was loaded now.

    A database with an unfinished load is emptied first. Prints a progress bar and the accounts to `out`; where the
    demonstration is already, only the accounts, which get COLDCHAIN_DEMO_PASSWORD when it is set. Raises SettingsError
    `unknown_demo_set`.
    """
    out = out or sys.stdout
    db.configure(str(settings.database_url))
    with db.transaction() as session:
        begun, done = marks.read(session, DEMO_MARK), marks.read(session, LOADED_MARK)
        empty = session.scalar(select(func.count()).select_from(Business)) == 0
        own_accounts = session.scalar(select(func.count()).select_from(User)) != 0
    if done is not None or (begun is None and not (empty and not own_accounts)):
        if done is not None:
            _tell_again(settings, out)
        return False
    demo = _demonstration(settings)
    if begun is not None:
        start_over(settings)
    password = settings.demo_password or secrets.token_urlsafe(9)
    started = time.monotonic()
    printing = labels.Printing(settings.public_url, settings.public_url_is_trial)
    label_jobs.install(settings.public_url, settings.var_dir, trial=settings.public_url_is_trial)
    certificate.install()
    Replay(demo, password, printing, out, settings.var_dir).run()
    with db.transaction() as session:
        marks.write(session, LOADED_MARK, {"events": len(demo.events)})
    _tell(demo, password, time.monotonic() - started, out, generated=settings.demo_password is None)
    return True


def _demonstration(settings: Settings) -> data.Demo:
    if unknown := [name for name in settings.demo_sets if name not in data.SETS]:
        there = ", ".join(data.SETS)
        raise SettingsError("unknown_demo_set", f"COLDCHAIN_DEMO_SETS names {', '.join(unknown)}; there are {there}")
    return data.load_sets(settings.demo_sets, _today())


def _today() -> date:
    """Return the day of loading, from which the everyday part is told."""
    return clock.now().astimezone(clock.BEIJING).date()


def start_over(settings: Settings) -> None:
    """Drop and make anew the schema of a database whose demonstration was not loaded to its end."""
    db.engine().dispose()
    owner = db.connect(str(settings.database_owner_url))
    with owner.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    owner.dispose()
    migrate.upgrade(str(settings.database_owner_url), settings.service_role)
    with db.transaction() as session:
        load_reference(session)


def _about(demo: data.Demo) -> dict[str, Any]:
    """Return what the mark of a demonstration says of it: pages name the month of the case, and the day of loading."""
    return {"title_zh": demo.title_zh, "title_en": demo.title_en, "note_zh": demo.note_zh, "note_en": demo.note_en,
            "told_of": demo.told_of.isoformat() if demo.told_of else None,
            "loaded_on": _today().isoformat()}  # fmt: skip


@dataclass
class Replay:
    """One replay: what was made by key, and who acts."""

    demo: data.Demo
    password: str
    printing: labels.Printing
    out: TextIO
    var_dir: Path | None = None
    made: Made = field(default_factory=dict)
    recall_id: UUID | None = None
    actors: dict[str, Actor] = field(default_factory=dict)

    def run(self) -> None:
        """Do every event at its moment, those of one moment in one transaction."""
        pull_in.install()
        first, about = self.demo.events[0].at, _about(self.demo)
        with clock.simulated(first), db.transaction() as session:
            marks.write(session, DEMO_MARK, about)
            for office in self.demo.offices:
                regions.ensure_office(session, office.region_code, office.name)
            self._make_accounts(session)
        done = 0
        for moment, together in groupby(self.demo.events, key=attrgetter("at")):
            with clock.simulated(moment), db.transaction() as session:
                for event in together:
                    self._do(session, event)
                    self._make_accounts(session)
                    done += 1
                    self._show(done)

    def _make_accounts(self, session: Session) -> None:
        """Make the accounts whose business is there by now."""
        for account in self.demo.accounts:
            if account.username in self.actors:
                continue
            business_id = self.made.get(("business", account.business)) if account.business else None
            if account.business and business_id is None:
                continue
            user = accounts.create_user(
                session, username=account.username, role=account.role, display_name=account.display_name,
                business_id=business_id, region_code=account.region_code, password=self.password,
            )  # fmt: skip
            session.flush()
            self.actors[account.username] = accounts.actor_of(session, user)

    def _resolve(self, session: Session) -> Callable[[str, str], Any]:
        def resolve(kind: str, key: str) -> Any:
            if (kind, key) in self.made:
                return self.made[(kind, key)]
            if kind == "task":
                site_id = self.made[("site", key)]
                return session.scalars(
                    select(col(SweepTask.task_id)).where(
                        col(SweepTask.recall_id) == self.recall_id, col(SweepTask.site_id) == site_id
                    )
                ).one()
            raise data.DemoDataError(f"no {kind} {key}")

        return resolve

    def _do(self, session: Session, event: Any) -> None:
        arguments = event.arguments(self._resolve(session))
        actor = self.actors.get(event.by, SYSTEM)
        if isinstance(event, events.MakeLabels):
            labels.order(session, actor, arguments.pop("batch_id"), printing=self.printing, **arguments)
            return
        if isinstance(event, oversight.DoDisinfectionOrder):
            demo_oversight.do_order(session, actor, arguments, self.var_dir)
            return
        made = HANDLERS[type(event)](session, actor, arguments)
        if made is None:
            return
        key = event.uscc if isinstance(event, events.RegisterBusiness) else event.key
        self.made[(event.makes, key)] = made
        if isinstance(event, events.RegisterArrival):
            lines = select(col(Batch.batch_id)).where(col(Batch.arrival_id) == made).order_by(col(Batch.line_no))
            for number, batch_id in enumerate(session.scalars(lines), 1):
                self.made[("batch", f"{key}/{number}")] = batch_id
        if isinstance(event, oversight.RecordVisit):
            for number, finding_id in enumerate(demo_oversight.findings_of(session, made), 1):
                self.made[("finding", f"{key}/{number}")] = finding_id
        if isinstance(event, events.DraftRecall):
            self.recall_id = made

    def _show(self, number: int) -> None:
        total = len(self.demo.events)
        if self.out.isatty() or number == total or number % (total // 10) == 0:
            filled = BAR_WIDTH * number // total
            bar = "█" * filled + "░" * (BAR_WIDTH - filled)
            end = "\r" if self.out.isatty() and number < total else "\n"
            print(f"demonstration {bar} {number}/{total}", end=end, file=self.out, flush=True)


def _tell(demo: data.Demo, password: str, seconds: float, out: TextIO, *, generated: bool) -> None:
    print(f"Demonstration loaded in {seconds:.0f} s: {demo.title_en}", file=out)
    names = ", ".join(account.username for account in demo.accounts)
    print(f"Accounts: {names}", file=out)
    if generated:
        print(f"Password of all of them (printed once): {password}", file=out, flush=True)
    else:
        print("Their password is COLDCHAIN_DEMO_PASSWORD.", file=out, flush=True)


def _tell_again(settings: Settings, out: TextIO) -> None:
    demo, password = _demonstration(settings), settings.demo_password
    with db.transaction() as session:  # an earlier version of the demonstration may have loaded fewer
        there = session.scalars(select(User).where(col(User.username).in_([one.username for one in demo.accounts])))
        found = {user.username: user for user in there}
        names = [account.username for account in demo.accounts if account.username in found]
        print(f"Demonstration accounts: {', '.join(names)}", file=out)
        if password is None:
            print(
                "Their password was printed when the data were loaded; COLDCHAIN_DEMO_PASSWORD sets another.", file=out
            )
            return
        for name in names:
            accounts.set_password(session, found[name], password)
    print("Their password is COLDCHAIN_DEMO_PASSWORD.", file=out, flush=True)


Handler = Callable[[Session, Actor, dict[str, Any]], UUID | None]


def _finding(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    task_id, taken = arguments.pop("task_id"), arguments.pop("samples", None)
    findings.record(session, actor, task_id, samples_taken=taken, **arguments)


def _on_foot(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    recall_id, name = arguments.pop("recall_id"), arguments.pop("place_name")
    return tasks.find_on_foot(session, actor, recall_id, name=name, **arguments)[0].task_id


def _sample_result(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    samples.record_result(session, actor, arguments.pop("recall_id"), **arguments)


def _announce(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    announce.announce(session, actor, arguments["recall_id"])


def _draft(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return drafts.draft(session, actor, **arguments)[0].recall_id


def _business(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return registry.register_business(session, actor, **arguments)["business_id"]  # type: ignore[no-any-return]


def _letter(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    registry.sign_commitment(session, actor, arguments.pop("business"), **arguments)


def _approve(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    registry.decide(session, actor, arguments["business"], decision="approve")


def _venue(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return registry.register_venue(session, actor, **arguments)["venue_id"]  # type: ignore[no-any-return]


def _site(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return registry.register_site(session, actor, **arguments)["site_id"]  # type: ignore[no-any-return]


def _zone(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return registry.register_zone(session, actor, arguments.pop("site_id"), **arguments).zone_id


def _steward(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    stewards.appoint(session, actor, arguments.pop("site_id"), **arguments)


def _producer(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return registry.register_producer(session, actor, **arguments)[0]["producer_id"]  # type: ignore[no-any-return]


def _product(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return registry.register_product(session, actor, **arguments)[0]["product_id"]  # type: ignore[no-any-return]


def _disinfection(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    temperature = Decimal(arguments.pop("ambient_temperature_c"))
    batches.register_disinfection(session, actor, ambient_temperature_c=temperature, **arguments)


def _evidence(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    batches.register_evidence(session, actor, **arguments)


def _tube(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return batches.register_tube(session, actor, **arguments)["tube_id"]  # type: ignore[no-any-return]


def _tube_result(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    batches.report_result(session, actor, arguments.pop("tube_id"), **arguments)


def _dispatch(session: Session, actor: Actor, arguments: dict[str, Any]) -> UUID:
    return trade.dispatch(session, actor, **arguments)["consignment_id"]  # type: ignore[no-any-return]


def _confirm(session: Session, actor: Actor, arguments: dict[str, Any]) -> None:
    trade.confirm(session, actor, arguments.pop("consignment_id"), **arguments)


HANDLERS: Mapping[type[Any], Handler] = {
    events.RegisterBusiness: _business,
    events.SignCommitmentLetter: _letter,
    events.ApproveBusiness: _approve,
    events.RegisterVenue: _venue,
    events.RegisterSite: _site,
    events.RegisterZone: _zone,
    events.AppointSteward: _steward,
    events.RegisterProducer: _producer,
    events.RegisterProduct: _product,
    events.RegisterArrival: lambda session, actor, arguments: batches.register_arrival(session, actor, **arguments),
    events.AddEvidence: _evidence,
    events.RecordDisinfection: _disinfection,
    events.RegisterTube: _tube,
    events.RecordTubeResult: _tube_result,
    events.Dispatch: _dispatch,
    events.ConfirmConsignment: _confirm,
    events.DraftRecall: _draft,
    events.AnnounceRecall: _announce,
    events.FindOnFoot: _on_foot,
    events.RecordFinding: _finding,
    events.RecordSampleResult: _sample_result,
    **demo_oversight.HANDLERS,
}
