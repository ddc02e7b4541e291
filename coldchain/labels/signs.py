"""The signs of places and of stewards, made from the register as it stands; whoever may see a place prints its sign."""

from typing import Final

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.core import clock
from coldchain.core.errors import NotFound
from coldchain.core.i18n import use_locale
from coldchain.labels import sign, sign_layout
from coldchain.labels.code import address
from coldchain.labels.service import Printing
from coldchain.registry import service as registry
from coldchain.registry import words
from coldchain.registry.models import Site
from coldchain.registry.models_stewards import STEWARD_KINDS, STEWARDED
from coldchain.registry.service import signs, stewards
from coldchain.registry.service.signs import Place

PRINTED: Final = "zh_CN"  # what hangs at a door is in the language of the street
PURPOSE: Final = (
    "扫码：谁在这里经营，有没有监管卡，状态如何",
    "商户：登记到货、移库、看库存；检查人员：看这里有什么问题",
    "Scan to see who works here and whether their card is in force",
)


def place_sign(session: Session, actor: Actor, code: str, *, printing: Printing) -> sign.Drawn:
    """Return the sign of a place. Raises NotFound, Forbidden, AddressTooLong."""
    found = signs.find(session, code)
    authorize(actor, "sign.print", found.resource)
    kind, name, lines = _words(session, found)
    where = address(printing.public_url, found.code)
    today = clock.now().astimezone(clock.BEIJING).date().isoformat()
    return sign_layout.place(sign.SignFace(kind, name, lines, PURPOSE, found.code, where, printing.trial, today))


def _words(session: Session, found: Place) -> tuple[str, str, tuple[str, ...]]:
    """Return kind, name and the lines below of a place."""
    with use_locale(PRINTED):
        site, venue = found.site, found.venue
        if site is None or venue is not None:
            return (str(words.VENUE_KINDS[venue.kind]), venue.name, (venue.address or "",)) if venue else ("", "", ())
        if found.zone is None:
            owner = registry.brief(session, [site.business_id])[site.business_id].name
            return str(words.SITE_KINDS[site.kind]), site.name, (owner, site.address or "")
        zone = found.zone
        kept = str(words.TEMPERATURE_CLASSES[zone.temperature_class])
        return str(words.ZONE_KINDS[zone.kind]), zone.code, (site.name, kept)


def stewards_sign(session: Session, actor: Actor, code: str, *, printing: Printing) -> sign.Drawn:
    """Return the public sign of a cold store's stewards, by the code of the store's own sign.

    A post that nobody holds says so; a phone stands there only when it may be published. Raises NotFound, Forbidden.
    """
    found = signs.find(session, code)
    authorize(actor, "sign.print", found.resource)
    site = found.site
    if found.level != "site" or site is None or site.kind not in STEWARDED:
        raise NotFound("Only a cold store has stewards.", code="not_a_cold_store")
    where = address(printing.public_url, found.code)
    return sign_layout.stewards(_stewards_face(session, site, where, trial=printing.trial))


def _stewards_face(session: Session, site: Site, where: str, *, trial: bool) -> sign.StewardsFace:
    today = clock.now().astimezone(clock.BEIJING).date()
    held = {each.kind: each for each in stewards.stewards_of(session, [site.site_id], public=True)[site.site_id]}
    duties = stewards.duties(session, today)
    with use_locale(PRINTED):
        posts = {kind: str(words.STEWARD_KINDS[kind]) for kind in STEWARD_KINDS}
    return sign.StewardsFace(
        name=site.name,
        owner=registry.brief(session, [site.business_id])[site.business_id].name,
        stewards=tuple(
            sign.Duty(
                posts[kind],
                held[kind].name if kind in held else None,
                held[kind].phone if kind in held else None,
                duties[kind]["zh"],
            )
            for kind in STEWARD_KINDS
        ),
        as_of=today.isoformat(),
        code=site.sign_code,
        address=where,
        trial=trial,
    )
