"""The catalogue of producers: the same again is found again, by number, never by a typed name alone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock, limits, paging
from coldchain.core.claims import claimed
from coldchain.core.errors import NotFound
from coldchain.core.identifiers import Problem, doubt_food_licence, doubt_plant_no
from coldchain.core.ids import new_id
from coldchain.core.text import normalise_name
from coldchain.core.text_search import contains_all, searchable
from coldchain.journal import service as journal
from coldchain.registry.models import Producer, ProducerAlias
from coldchain.registry.service import lookups
from coldchain.registry.service.businesses import named


def register(
    session: Session,
    actor: Actor,
    *,
    name: str,
    country: str,
    aliases: Sequence[str] | None = None,
    plant_no: str | None = None,
    licence_no: str | None = None,
    occurred_at: datetime | None = None,
) -> tuple[dict[str, Any], bool]:
    """Return a producer and whether it is new: the same again is the one that is there.

    The same is: same country and plant number; without a plant number the same licence number; without either the same
    country and normalised name from the same business. Another name under the same number is kept as an alias.
    Raises Invalid `invalid` for a name without any letter, `in_future`.
    """
    authorize(actor, "catalogue.register", Resource())
    occurred = claimed(occurred_at)
    key = normalise_name(named(name))
    identity: dict[str, Any] = {
        "country": country, "name_key": key, "plant_no": plant_no, "licence_no": licence_no,
        "registered_for": actor.business_id,
    }  # fmt: skip
    producer = session.scalars(_same(**identity)).first()
    created = False
    if producer is None:
        producer_id = new_id()
        created = session.scalar(
            insert(Producer)
            .values(
                producer_id=producer_id,
                name=name,
                search_text=searchable(name, numbers=(plant_no, licence_no)),
                recorded_at=clock.now(),
                recorded_by=actor.user_id,
                **identity,
            )
            .on_conflict_do_nothing()
            .returning(col(Producer.producer_id))
        ) is not None  # fmt: skip
        producer = session.scalars(_same(**identity)).one()
    if producer.merged_into_id is not None:
        producer = session.get_one(Producer, producer.merged_into_id)
    if created:
        _journal(session, actor, "producer.registered", producer, occurred, {
            "name": name, "country": country, "plant_no": plant_no, "licence_no": licence_no,
        })  # fmt: skip
    _keep_aliases(session, actor, producer, [name, *(aliases or ())], occurred)
    return describe(session, [producer])[0], created


def doubts(plant_no: str | None, licence_no: str | None) -> list[tuple[str, Problem]]:
    """Return what looks wrong with a producer's numbers but does not stop it: pointer and problem of each."""
    today = clock.now().astimezone(clock.BEIJING).date()
    found = [
        ("/plant_no", doubt_plant_no(plant_no, on=today) if plant_no else None),
        ("/licence_no", doubt_food_licence(licence_no) if licence_no else None),
    ]
    return [(pointer, problem) for pointer, problem in found if problem]


def _same(
    *, country: str, name_key: str, plant_no: str | None, licence_no: str | None, registered_for: UUID | None
) -> Select[Producer]:
    """Return the statement that finds the producer which these describe: the first number that is given decides."""
    statement = select(Producer)
    if plant_no is not None:
        return statement.where(col(Producer.country) == country, col(Producer.plant_no) == plant_no)
    if licence_no is not None:  # one without a plant number first: the unique index is on those
        return (
            statement.where(col(Producer.licence_no) == licence_no)
            .order_by(col(Producer.plant_no).is_not(None), col(Producer.producer_id))
            .limit(1)
        )
    return statement.where(
        col(Producer.country) == country,
        col(Producer.name_key) == name_key,
        col(Producer.registered_for).is_not_distinct_from(registered_for),
        col(Producer.plant_no).is_(None),
        col(Producer.licence_no).is_(None),
    )


def _keep_aliases(
    session: Session, actor: Actor, producer: Producer, names: Iterable[str], occurred_at: datetime
) -> None:
    """Keep the names under which a producer is not yet known, up to ALIASES in all, and make it found by them.

    A full list is no reason to refuse goods: the producer is known by its number, so further names are left out.
    """
    wanted = {normalise_name(name): name for name in reversed(list(names))}  # the first spelling of a name stands
    wanted.pop("", None)
    wanted.pop(producer.name_key, None)
    if not wanted or wanted.keys() <= _known(session, producer.producer_id).keys():
        return
    session.scalars(  # names of one producer are added one after the other, so that its search text misses none
        select(Producer)
        .where(col(Producer.producer_id) == producer.producer_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    known = _known(session, producer.producer_id)
    fresh = {key: name for key, name in wanted.items() if key not in known}
    fresh = dict(list(fresh.items())[: max(0, limits.ALIASES - len(known))])
    if not fresh:
        return
    now = clock.now()
    session.add_all(
        ProducerAlias(producer_id=producer.producer_id, alias_key=key, alias=name, recorded_at=now)
        for key, name in fresh.items()
    )
    producer.search_text = searchable(
        producer.name, *known.values(), *fresh.values(), numbers=(producer.plant_no, producer.licence_no)
    )
    session.flush()
    _journal(session, actor, "producer.alias_added", producer, occurred_at, {"aliases": list(fresh.values())})


def keep_names(session: Session, actor: Actor, producer: Producer, names: Sequence[str]) -> None:
    """Let a producer be found by further names, as far as there is room for them."""
    _keep_aliases(session, actor, producer, names, clock.now())


def known_names(session: Session, producer_id: UUID) -> list[str]:
    """Return the other names of a producer."""
    return list(_known(session, producer_id).values())


def _known(session: Session, producer_id: UUID) -> dict[str, str]:
    statement = select(col(ProducerAlias.alias_key), col(ProducerAlias.alias))
    rows = session.execute(statement.where(col(ProducerAlias.producer_id) == producer_id))
    return {row.alias_key: row.alias for row in rows}


def _journal(
    session: Session, actor: Actor, kind: str, producer: Producer, occurred_at: datetime, data: dict[str, Any]
) -> None:
    journal.append(
        session,
        actor,
        kind=kind,
        subject_id=producer.producer_id,
        occurred_at=occurred_at,
        data=data,
        business_id=actor.business_id,
    )


def describe(session: Session, producers: Sequence[Producer]) -> list[dict[str, Any]]:
    """Return producers with their other names, in one more statement; whose entry it is stays inside."""
    other = lookups.aliases(session, (p.producer_id for p in producers))
    return [
        {
            "producer_id": p.producer_id,
            "name": p.name,
            "country": p.country,
            "aliases": list(other[p.producer_id]),
            "plant_no": p.plant_no,
            "licence_no": p.licence_no,
            "merged_into": p.merged_into_id,
            "recorded_at": p.recorded_at,
        }
        for p in producers
    ]


def read(session: Session, actor: Actor, producer_id: UUID) -> dict[str, Any]:
    """Return a producer. Raises NotFound."""
    authorize(actor, "catalogue.read", Resource())
    producer = session.get(Producer, producer_id)
    if producer is None:
        raise NotFound
    return describe(session, [producer])[0]


def search(
    session: Session,
    actor: Actor,
    *,
    q: str | None = None,
    country: str | None = None,
    plant_no: str | None = None,
    licence_no: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of producers, newest first, and the next cursor; `q` is a search box over names and numbers."""
    authorize(actor, "catalogue.read", Resource())
    statement = select(Producer).where(col(Producer.merged_into_id).is_(None))
    if q is not None:
        statement = statement.where(contains_all(col(Producer.search_text), q))
    for column, value in (
        (Producer.country, country),
        (Producer.plant_no, plant_no),
        (Producer.licence_no, licence_no),
    ):
        if value is not None:
            statement = statement.where(col(column) == value)
    rows, following = paging.page(session, statement, col(Producer.producer_id), limit, cursor)
    return describe(session, rows), following
