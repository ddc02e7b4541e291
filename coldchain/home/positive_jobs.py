"""What desks say of open positives: to officers each tube, to a business its own people and places (R8, R15).

No names of people here: a desk is opened often, who they are stands one step further on.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_words as words
from coldchain.batches import pools, states
from coldchain.batches.models import Batch, Sample
from coldchain.batches.service import open_positives
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import ngettext
from coldchain.home.jobs import Job
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Site, Worker, Zone
from coldchain.registry.service import workers
from coldchain.registry.service.places import visible_sites

SHOWN: Final = 8
NAMED: Final = 3


def of_officer(session: Session, actor: Actor) -> list[Job]:
    """Return a line for each open positive that the officer sees, the most urgent first; the rest as one line."""
    found = open_positives.waiting(session, actor, SHOWN)
    names = _names(session, [sample for _tube, _state, samples in found.tubes for sample in samples])
    shown = []
    for tube, state, samples in found.tubes:
        what = list(dict.fromkeys(names[sample.sample_id] for sample in samples))
        listed = _(", ").join(what[:NAMED])
        if len(what) > NAMED:
            rest = len(what) - NAMED
            listed = _(", ").join([listed, ngettext("and %(num)s more", "and %(num)s more", rest)])
        shown.append(
            Job(
                chip(state.state, rechecked=state.rechecked, shared=pools.shared(samples)),
                f"/tubes/{tube.tube_id}/positive",
                _("Tube %(number)s: %(result)s", number=tube.tube_no, result=listed),
                _reason(state, samples),
                _("Follow up"),
            )
        )
    if found.count > len(shown):
        rest = found.count - len(shown)
        title = ngettext("%(num)s more positive tube", "%(num)s more positive tubes", rest)
        shown.append(Job("positive", "/tubes?positive=true", title, "", _("View")))
    return shown


def of_business(session: Session, actor: Actor) -> list[Job]:
    """Return a line for each of the business's own people and places of which a sample is positive."""
    if relation(actor, "worker.read") is None:
        return []
    here = select(Worker.worker_id).where(workers.visible(actor), col(Worker.ended_on).is_(None))
    places = select(Zone.zone_id).join(Site, col(Site.site_id) == col(Zone.site_id)).where(visible_sites(actor))
    people = open_positives.of(session, "worker_id", None, here)
    zones = open_positives.of(session, "zone_id", None, places)
    posts = _posts(session, people)
    called = registry.zones(session, zones)
    return [
        Job(
            words.tube_chip(found),
            "/sampling-due",
            _person(found, posts[worker_id]),
            _("Off work, away from the goods, until the authority says otherwise."),
            _("See who"),
        )
        for worker_id, found in people.items()
    ] + [
        Job(
            words.tube_chip(found),
            "/sampling-due",
            _zone(found, f"{called[zone_id][1].name} {called[zone_id][0].code}"),
            _("Disinfect it and have it sampled again; ask the authority what becomes of the goods in it."),
            _("View"),
        )
        for zone_id, found in zones.items()
    ]


def _person(found: open_positives.Found, post: str) -> str:
    pool = words.pool_words(found)
    if pool:
        return _("Somebody who works here is in a positive pool: %(post)s (%(pool)s)", post=post, pool=pool)
    return _("Somebody who works here is positive: %(post)s", post=post)


def _zone(found: open_positives.Found, place: str) -> str:
    pool = words.pool_words(found)
    if pool:
        return _("A zone is in a positive pool: %(place)s (%(pool)s)", place=place, pool=pool)
    return _("A zone is positive: %(place)s", place=place)


def chip(state: str, *, rechecked: bool, shared: tuple[str, ...] = ()) -> str:
    """Return the chip of a positive: how far it is confirmed, and whether it is a pool's (`shared`)."""
    return words.tube_chip({"state": state, "rechecked": rechecked, "shared": shared})


def _reason(state: states.TubeState, samples: Iterable[Sample]) -> str:
    """Return what is to be done first about a positive tube."""
    listed = list(samples)
    pool = words.pool_words({"shared": pools.shared(listed)})
    said = [_("A pool: %(pool)s.", pool=pool)] if pool else []
    if any(sample.batch_id for sample in listed):
        if state.state == states.CONFIRMED:
            said.append(_("Goods of it are still there: destroy, return or recover them."))
        elif state.rechecked:
            said.append(_("Locked everywhere; awaits its confirmation."))
        else:
            said.append(_("Locked everywhere; awaits the re-check of the same tube."))
    else:
        said.append(_("No goods are locked by it."))
    if any(sample.worker_id for sample in listed):
        said.append(_("The person goes off work; decide about the goods that they handled."))
    if any(sample.zone_id for sample in listed):
        said.append(_("The zone is disinfected and sampled again; decide about the goods in it."))
    return words.sentences(said)


def _names(session: Session, samples: list[Sample]) -> dict[UUID, str]:
    """Return what each sample is of: product, zone with its site, post, plate or words; by sample."""
    goods = {
        batch_id: words.product_name(product)
        for batch_id, product in session.exec(
            select(Batch.batch_id, Product)
            .join(Product, col(Product.product_id) == col(Batch.product_id))
            .where(col(Batch.batch_id).in_({sample.batch_id for sample in samples} - {None}))
        )
    }
    zones = registry.zones(session, (sample.zone_id for sample in samples))
    posts = _posts(session, {sample.worker_id for sample in samples if sample.worker_id})
    named = {}
    for sample in samples:
        zone = zones.get(sample.zone_id) if sample.zone_id else None
        place = f"{zone[1].name} {zone[0].code}" if zone else ""
        own = sample.unlisted or sample.vehicle_plate or ""
        post = posts.get(sample.worker_id, "") if sample.worker_id else ""
        named[sample.sample_id] = (goods.get(sample.batch_id, "") if sample.batch_id else "") or place or post or own
    return named


def _posts(session: Session, worker_ids: Iterable[UUID]) -> dict[UUID, str]:
    wanted = set(worker_ids)
    if not wanted:
        return {}
    return dict(session.execute(select(Worker.worker_id, Worker.post).where(col(Worker.worker_id).in_(wanted))).all())
