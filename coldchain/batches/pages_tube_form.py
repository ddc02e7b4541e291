"""The form of a tube: goods by code, a zone by its sign, a person by the number on the sampling list, others by name.

Zones and people come filled in by way of what is due too. A laboratory browses neither: it types what stands on the
sign or on the list that came with the tube, and learns the zone's code or the post.

A batch's samples may be filled in by the plan of the rule book: which sites to swab, and which pieces are suggested.
The pieces are only suggested: a sample speaks for the whole batch unless pieces are typed, nobody invents ranges (R5).
"""

import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from flask import Response, render_template, request, url_for
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import labelled, pages_sampling, sampling, schemas, service, worker_numbers
from coldchain.batches import pages_words as words
from coldchain.batches.models import SAMPLE_SITES, Batch
from coldchain.batches.pages_blueprint import bp
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, change_lines, load, new_once, once, refusal
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Worker
from coldchain.registry.service import signs, workers

SAMPLES: Final = "samples"
LABS_SHOWN: Final = 100
TAKEN_ALONG: Final = 50  # zones and people that one form is opened for
UNKNOWN: Final = UUID(int=0)
SWAB: Final = {"zone_id": "environment", "worker_id": "personnel"}  # of these nothing else is swabbed
TUBE_LABELS: Final[dict[str, LazyText]] = {
    "tube_no": _l("Tube number"),
    "lab": _l("Laboratory"),
    "sampled_at": _l("Sampled at"),
    "sampled_by": _l("Sampled by"),
    "place": _l("Place"),
    "samples": _l("Samples"),
    "samples-*-batch_id": _l("Batch code"),
    "_samples-*-of": _l("What was sampled"),
    "_samples-*-code": _l("Code, number, plate or name"),
    "samples-*-sample_site": _l("Where the swab was taken"),
    "samples-*-piece_from": _l("First piece"),
    "samples-*-piece_to": _l("Last piece"),
}
TYPED: Final[dict[str, LazyText]] = {
    "batch_id": _l("Goods of a batch"),
    "zone_id": _l("A zone"),
    "worker_id": _l("Person at work"),
    "vehicle_plate": _l("A vehicle"),
    "unlisted": _l("Something else"),
}
_SUBJECT: Final = re.compile(r"^samples-(\d+)(-(batch_id|zone_id|vehicle_plate|worker_id|unlisted))?$")


@bp.get("/tubes/new")
@edge("tube.register")
def new_tube(session: Session, actor: Actor) -> Any:
    """Show the form of a tube: for a `batch` (`plan`: its suggested samples), `lines` of an arrival, zones, workers."""
    form: Form = Form({"sampled_at": pages.form_moment(clock.now())})
    code = request.args.get("batch", "")[:100]
    subjects = [(name, text) for name in ("zone", "worker") for text in request.args.getlist(name)[:TAKEN_ALONG]]
    for index, (name, text) in enumerate(subjects):
        form[f"samples-{index}-{name}_id"] = text
        form[f"samples-{index}-sample_site"] = "environment" if name == "zone" else "personnel"
    planned = _planned(session, code) if request.args.get("plan") else []
    for index, (piece, site) in enumerate(planned):
        form |= {f"_samples-{index}-code": code, f"samples-{index}-sample_site": site}
        form[f"_samples-{index}-piece"] = str(piece)
    lined = pages_sampling.samples_of(session, actor, request.args.get("arrival", ""), request.args.get("lines", ""))
    form |= lined
    if not subjects and not planned and not lined:
        form |= {"_samples-0-code": code, "samples-0-sample_site": "outer_pack"}
    return _tube_page(session, actor, form, {})


def _planned(session: Session, code: str) -> list[tuple[int, str]]:
    """Return the samples that the rule book suggests for the batch of a code; none when there is no such batch."""
    batch_id = labelled.find_typed(session, [code]).get(code)
    piece_count = session.scalar(select(Batch.piece_count).where(col(Batch.batch_id) == batch_id))
    plan = policy.parameter(session, "sampling_plan", clock.now().astimezone(clock.BEIJING).date())
    return sampling.suggest(plan, piece_count) if piece_count else []


@bp.post("/tubes/new")
@edge("tube.register")
def new_tube_submit(session: Session, actor: Actor) -> Any:
    """Enter the tube, or show the form with a sample more or less."""
    form, count, pressed = change_lines(request.form, SAMPLES)
    if pressed:
        return _tube_page(session, actor, form, {}, count=count)

    def act() -> str:
        tube = service.register_tube(
            session, actor, **load(schemas.TubeRegistrationSchema(), _tube_fields(session, actor, form))
        )
        return url_for("batches_pages.show_tube", tube_id=tube["tube_id"])

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        errors, status = refusal(error, TUBE_LABELS)
        at_code = {_SUBJECT.sub(r"_samples-\1-code", name): message for name, message in errors.items()}
        return _tube_page(session, actor, form, at_code, status)


def _tube_page(
    session: Session, actor: Actor, form: Form, errors: dict[str, str], status: int = 200, count: int = 0
) -> Response:
    labs = []
    if actor.business_id is None:
        labs = registry.search_businesses(session, actor, kind="lab", status="active", limit=LABS_SHOWN)[0]
    lines = range(count or change_lines(form, SAMPLES)[1])
    codes = {form.get(f"_samples-{n}-code", "").strip() for n in lines} - {""}
    page = render_template(
        "batches/tube_new.html",
        values=form,
        errors=errors,
        labels=TUBE_LABELS,
        labs=[(lab["business_id"], lab["name"]) for lab in labs],
        lines=lines,
        named=_named(session, actor, form, lines),
        typed=words.choices(TYPED),
        sites=words.choices(words.SAMPLE_SITES, SAMPLE_SITES),
        pool_size=pages_sampling.pool_size(session),
        plan_for=next(iter(codes)) if len(codes) == 1 and len(lines) == 1 else "",
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _named(session: Session, actor: Actor, form: Form, lines: range) -> dict[int, str]:
    """Return what the lines are called that came with a zone or a person: a laboratory reads code and post only."""
    zone_ids = {n: key for n in lines if (key := _key(form.get(f"samples-{n}-zone_id", "")))}
    worker_ids = {n: key for n in lines if (key := _key(form.get(f"samples-{n}-worker_id", "")))}
    zones = registry.zones(session, zone_ids.values())
    rows = list(session.scalars(select(Worker).where(col(Worker.worker_id).in_(set(worker_ids.values())))))
    people: dict[UUID, str] = {}
    if relation(actor, "worker.read") is not None:
        seen = session.scalars(
            select(Worker).where(col(Worker.worker_id).in_(set(worker_ids.values())), workers.visible(actor))
        )
        for each in registry.describe_workers(session, list(seen)):
            people[each["worker_id"]] = f"{each['name'] or _('Person at work')} {each['post']}"
    else:
        people = {row.worker_id: row.post for row in rows}
    officer = actor.business_id is None
    found = {}
    for n in lines:
        if n in zone_ids and zone_ids[n] in zones:
            zone, site = zones[zone_ids[n]]
            found[n] = f"{site.name} {zone.code}" if officer else zone.code
        elif n in zone_ids:
            found[n] = _("A zone")
        elif n in worker_ids:
            found[n] = people.get(worker_ids[n], _("Person at work"))
    return found


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _tube_fields(session: Session, actor: Actor, form: Form) -> Form:
    """Return the form with the batches' ids in the place of their codes, and a lab's tube as its own."""
    fields: Form = Form((name, text) for name, text in form.items(multi=True) if not name.startswith("_"))
    if actor.business_id is not None:
        fields["lab"] = str(actor.business_id)
    typed = {
        int(found[1]): text
        for name, text in form.items(multi=True)
        if text.strip() and (found := re.fullmatch(r"_samples-(\d{1,4})-code", name))
    }
    kinds = {index: form.get(f"_samples-{index}-of", "batch_id") for index in typed}
    known = labelled.find_typed(session, [text for index, text in typed.items() if kinds[index] == "batch_id"])
    by_kind = {
        "batch_id": known,
        "zone_id": _zones(session, [text for index, text in typed.items() if kinds[index] == "zone_id"]),
        "worker_id": worker_numbers.find(
            session, [text for index, text in typed.items() if kinds[index] == "worker_id"]
        ),
    }
    for index, text in typed.items():
        kind = kinds[index] if kinds[index] in TYPED else "batch_id"
        # an unknown code goes on as one that nothing has: the service refuses it by name
        fields[f"samples-{index}-{kind}"] = str(by_kind[kind].get(text, UNKNOWN)) if kind in by_kind else text
        if kind in SWAB:
            fields[f"samples-{index}-sample_site"] = SWAB[kind]
    return fields


def _zones(session: Session, texts: Iterable[str]) -> dict[str, UUID]:
    """Return the zones of typed or scanned signs."""
    found = {}
    for text in texts:
        try:
            place = signs.find(session, text)
        except NotFound:
            continue
        if place.zone is not None:
            found[text] = place.zone.zone_id
    return found
