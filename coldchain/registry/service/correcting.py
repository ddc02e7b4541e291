"""Saying anew what stands of a registered business: name, kinds, place, persons, whether it handles imported food.

The unified social credit code and the region stay: with another of these it is another business, or another office's.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.accounts.rights import OWNER, authorize, relation
from coldchain.accounts.service import acting
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, Forbidden, Invalid
from coldchain.core.text_search import searchable
from coldchain.journal import history, personal
from coldchain.journal.models import PersonalValue
from coldchain.regions import service as regions
from coldchain.registry.models import Business
from coldchain.registry.service import businesses
from coldchain.registry.service.business_view import describe, resource
from coldchain.registry.service.lookups import find_business, ids_of
from coldchain.registry.service.reach import on_behalf_of

KIND: Final = "business.corrected"
BY_ITSELF: Final = ("phone", "address")  # what an owner says anew without an officer
PERSONS: Final = {"legal_representative": "legal_representative_id", "phone": "phone_id"}
POSSIBLE: Final = ("pending", "active", "suspended")

Asked = Callable[[Session, set[UUID]], bool]
_holds_imported: list[Asked] = []


def asks_for_imported_stock(asked: Asked) -> None:
    """Let the room that keeps stock say whether businesses hold imported goods; the last one asked counts."""
    _holds_imported[:] = [asked]


def correct(
    session: Session,
    actor: Actor,
    ref: str | UUID,
    *,
    name: str | None = None,
    kinds: Sequence[str] | None = None,
    handles_imported: bool | None = None,
    office: str | None = None,
    legal_representative: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    licence_no: str | None = None,
    reason: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Say anew what a business is; what is left out stays, what is said as it stands is no correction.

    An owner says phone and address of the business, officers all. Raises NotFound, Forbidden `not_yours_to_correct`;
    Invalid `nothing_to_correct`, `unknown_office`, `in_future`; Conflict `wrong_state`, `provisional`, `other_role`
    when its people would act in another role, `imported_stock` when it holds what it would no longer handle.
    """
    found = find_business(session, ref)
    authorize(actor, "business.amend", resource(found))
    said: dict[str, Any] = {
        "name": name and businesses.named(name), "kinds": kinds and list(dict.fromkeys(kinds)),
        "handles_imported": handles_imported, "address": address, "licence_no": licence_no,
    }  # fmt: skip
    persons = {"legal_representative": legal_representative, "phone": phone}
    given = [key for key, value in (said | persons | {"office": office}).items() if value is not None]
    if not given:
        raise Invalid.of("", "nothing_to_correct", "Say what is to be corrected.")
    if relation(actor, "business.amend") == OWNER and not set(given) <= set(BY_ITSELF):
        raise Forbidden(
            "A business corrects its own phone and address; its supervision office corrects the rest.",
            code="not_yours_to_correct",
        )
    occurred = claimed(occurred_at)
    business = businesses.locked(session, found.business_id)
    _check_state(business)
    if office is not None:
        said["office_id"] = regions.find_office(session, business.region_code, office).office_id
    changed = {key: value for key, value in said.items() if value is not None and value != getattr(business, key)}
    known = personal.compared(session, (getattr(business, column) for column in PERSONS.values()))
    renewed = {
        key: value
        for key, value in persons.items()
        if value is not None and value != known.get(getattr(business, PERSONS[key]))
    }
    if changed or renewed:
        _check_kinds(session, business, changed.get("kinds"))
        _write(session, actor, business, changed, renewed, reason, occurred)
    return describe(session, actor, [business])[0] | former(session, business.business_id)


def _check_state(business: Business) -> None:
    if business.uscc is None:
        raise Conflict(
            "This business has no unified social credit code yet: let it register, then merge the two.",
            code="provisional",
        )
    if business.status not in POSSIBLE:
        raise Conflict(
            "A closed business stays as it was; one that was refused corrects its application and sends it again.",
            code="wrong_state",
            extra={"state": business.status},
        )


def _check_kinds(session: Session, business: Business, kinds: Sequence[str] | None) -> None:
    """Raise Conflict when the kinds would let the people of a business act in another role than they have."""
    if kinds is None:
        return
    now = acting.find(session, business.business_id)
    if replace(now, kinds=tuple(kinds)).role == now.role:
        return
    people = select(func.count()).where(col(User.business_id) == business.business_id, col(User.is_active))
    if session.scalar(people):
        raise Conflict(
            "People of this business have accounts that don't fit these kinds. End the accounts first.",
            code="other_role",
        )


def _write(
    session: Session,
    actor: Actor,
    business: Business,
    changed: dict[str, Any],
    renewed: dict[str, str],
    reason: str | None,
    occurred_at: datetime,
) -> None:
    """Change the row, and tell the journal what stands now, what stood before and why; of persons the commitments."""
    of: dict[str, Any] = {"business_id": business.business_id, "region_code": business.region_code}
    if "handles_imported" in changed:
        changed["card_no"] = _card_no(session, business, changed["handles_imported"])
    names = former_names(session, business.business_id)
    if "name" in changed:
        names = [business.name, *names]
    kept = personal.keep(session, reason, "reason", **of)
    before = {key: getattr(business, key) for key in changed}
    values = {key: _person(session, getattr(business, column)) for key, column in PERSONS.items()}
    for key, value in renewed.items():
        was, values[key] = values[key], personal.keep(session, value, key, **of)
        before[key] = was and was.commitment
    for key, value in changed.items():
        setattr(business, key, value)
    for key in renewed:
        person = values[key]
        setattr(business, PERSONS[key], person and person.personal_id)
    former_ones = dict.fromkeys(name for name in names if name != business.name)
    business.search_text = searchable(business.name, *former_ones, numbers=(business.uscc, business.card_no))
    session.add(business)
    session.flush()
    businesses.told(
        session, actor, business, KIND, occurred_at, values["legal_representative"], values["phone"],
        corrected={
            "before": before, "to": business.status, "on_behalf_of": on_behalf_of(actor, business.business_id),
            "reason_id": kept and kept.personal_id, "reason": kept and kept.commitment,
        },
    )  # fmt: skip


def _person(session: Session, personal_id: UUID | None) -> PersonalValue | None:
    return session.get(PersonalValue, personal_id) if personal_id else None


def _card_no(session: Session, business: Business, handles_imported: bool) -> str | None:
    """Return the number of the card from now on: a former one comes back, none without imported food.

    Raises Conflict `imported_stock` when imported goods are still held.
    """
    if handles_imported:
        facts = history.of_subject(session, business.business_id, [KIND])
        numbers = [fact.data["before"]["card_no"] for fact in facts if (fact.data.get("before") or {}).get("card_no")]
        return numbers[-1] if numbers else businesses.draw_card_no(business.region_code)
    ids = ids_of(session, business.business_id)
    if any(asked(session, ids) for asked in _holds_imported):
        raise Conflict(
            "Imported goods are still held: on the books of this business, or at its sites. Let them leave first.",
            code="imported_stock",
        )
    return None


def former_names(session: Session, business_id: UUID) -> list[str]:
    """Return what a registered business was called before, the last name first; the caller asked the right."""
    facts = history.of_subject(session, business_id, [KIND])
    before = [fact.data.get("before") or {} for fact in reversed(facts)]
    return list(dict.fromkeys(str(said["name"]) for said in before if "name" in said))


def former(session: Session, business_id: UUID) -> dict[str, list[str]]:
    """Return `former_names` for an answer about a business that had other names, else nothing."""
    names = former_names(session, business_id)
    return {"former_names": names} if names else {}
