"""A provisional identity for a business without a USCC that an officer found: a temporary number, and what is known.

It is a business like another one (a sweep counts its sites, goods can be its own), but nobody approves it: it is merged
into the business that it turns out to be (`merging`).
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock, stored_files
from coldchain.core.claims import claimed
from coldchain.core.errors import DomainError, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.core.stored_files import StoredFile
from coldchain.core.text_search import searchable
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.regions import service as regions
from coldchain.registry import card_no as cards
from coldchain.registry.models import Business, Site
from coldchain.registry.service import lookups
from coldchain.registry.service.business_view import resource
from coldchain.registry.service.businesses import CARD_DRAWS, named_in_public

PREFIX: Final = "T"  # no USCC begins with it


def register(
    session: Session,
    actor: Actor,
    *,
    name: str,
    phone: str | None = None,
    place: str | None = None,
    kinds: Sequence[str] | None = None,
    site_kind: str | None = None,
    region_code: str | None = None,
    office: str | None = None,
    photo: bytes | None = None,
    var_dir: Path | None = None,
    occurred_at: datetime | None = None,
) -> Business:
    """Give a business without a USCC a temporary number; with `site_kind` its place becomes a site of the register.

    The region is the officer's only one where none is named. Raises NotFound outside the officer's areas; Invalid
    `required`, `unknown_region`, `unknown_office`, `in_future`, `names_a_person`, and what is wrong with a photograph.
    """
    region, office_id = _where(session, actor, region_code, office)
    authorize(actor, "business.provisional", Resource.of(places=[Area(region, office_id)]))
    if site_kind is not None and place is None:
        raise Invalid.of("/place", "required", "This is needed.")
    occurred = claimed(occurred_at)
    kept = stored_files.keep_image(session, var_dir, photo, actor.user_id, "/photo") if photo and var_dir else None
    business_id, now = new_id(), clock.now()
    telephone = personal.keep(session, phone, "phone", business_id=business_id, region_code=region)
    business = _insert(
        session,
        business_id=business_id,
        name=named_in_public(name),
        kinds=list(dict.fromkeys(kinds or ())),
        handles_imported=False,
        region_code=region,
        office_id=office_id,
        phone_id=telephone and telephone.personal_id,
        address=place,
        photo_id=kept and kept.file_id,
        status="pending",
        occurred_at=occurred,
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    site = _site(session, actor, business, site_kind) if site_kind else None
    journal.append(
        session,
        actor,
        kind="business.provisional",
        subject_id=business_id,
        occurred_at=occurred,
        data={
            "temporary_no": business.temporary_no, "name": name, "region_code": region, "office_id": office_id,
            "address": place, "kinds": business.kinds, "phone": telephone and telephone.commitment,
            "phone_id": telephone and telephone.personal_id, "photo_sha256": kept and kept.sha256,
            "site_id": site and site.site_id,
        },
        business_id=business_id,
        region_code=region,
    )  # fmt: skip
    return business


def _where(session: Session, actor: Actor, region_code: str | None, office: str | None) -> tuple[str, UUID | None]:
    """Return region and office: the named ones, else the only region of the officer and the only office there."""
    if region_code is None:
        if len(actor.regions) != 1:
            raise Invalid.of("/region_code", "required", "This is needed.")
        region_code = actor.regions[0]
    regions.check(session, region_code)
    if office is not None:
        return region_code, regions.find_office(session, region_code, office).office_id
    if any(area.covers(Area(region_code)) for area in actor.areas):
        return region_code, None
    own = [area.office_id for area in actor.areas if area.region_code == region_code]
    return region_code, own[0] if len(own) == 1 else None


def _insert(session: Session, *, name: str, region_code: str, **values: Any) -> Business:
    for _draw in range(CARD_DRAWS):
        drawn = cards.new_card_no(region_code, secrets.randbits(cards.RANDOM_BITS))
        number = PREFIX + lookups.plain_number(drawn)
        inserted = session.scalar(
            insert(Business)
            .values(
                name=name, region_code=region_code, temporary_no=number,
                search_text=searchable(name, numbers=(number,)), **values,
            )
            .on_conflict_do_nothing(index_elements=["temporary_no"])
            .returning(col(Business.business_id))
        )  # fmt: skip
        if inserted is not None:
            return session.get_one(Business, inserted)
    raise DomainError("The books are busy. Try again in a moment.", code="unavailable", status=503)


def _site(session: Session, actor: Actor, business: Business, kind: str) -> Site:
    site = Site(
        business_id=business.business_id,
        name=business.name,
        kind=kind,
        region_code=business.region_code,
        office_id=business.office_id,
        address=business.address,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(site)
    session.flush()
    return site


def photo_of(session: Session, actor: Actor, ref: str | UUID) -> StoredFile:
    """Return the row of the photograph that was taken on site. Raises NotFound, also when there is none."""
    business = lookups.named_business(session, ref)
    authorize(actor, "business.read", resource(business))
    row = session.get(StoredFile, business.photo_id) if business.photo_id else None
    if row is None:
        raise NotFound("There is no photograph.", code="no_file")
    return row
