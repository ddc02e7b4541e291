"""Which site and zone of an arrival a row means: by their names and codes, or the only ones that fit."""

from typing import Any
from uuid import UUID

from sqlmodel import Session
from werkzeug.datastructures import MultiDict

from coldchain.accounts.actor import Actor
from coldchain.batches import storage
from coldchain.batches.pages_arrival_start import sites_for
from coldchain.core.errors import FieldError
from coldchain.core.sheet_cells import key
from coldchain.registry.models import Business, Product, Zone
from coldchain.registry.words import ZONE_KINDS


class Places:
    """Where goods of an owner may come to: its own sites, and the cold stores of others that rows name."""

    def __init__(self, session: Session, actor: Actor, owner: Business) -> None:
        """Read the owner's sites as the form of an arrival offers them to the actor."""
        self.session, self.actor, self.owner = session, actor, owner
        self.own: list[dict[str, Any]] = sites_for(session, actor, owner, MultiDict())
        self._named: dict[str, list[dict[str, Any]]] = {}

    def _called(self, name: str) -> list[dict[str, Any]]:
        if name not in self._named:
            found = [site for site in self.own if key(site["name"]) == key(name)]
            if not found:  # somebody else's cold store, by its business's name or by both names
                asked = MultiDict({"_store": name.split(maxsplit=1)[0]})
                stores = sites_for(self.session, self.actor, self.owner, asked)
                stores = [site for site in stores if site not in self.own]
                exact = [site for site in stores if key(site["name"]) == key(name)]
                found = exact or [site for site in stores if key(site["name"]).startswith(key(name))]
            self._named[name] = found
        return self._named[name]

    def find(self, said: dict[str, Any], product: Product | None) -> tuple[UUID, UUID] | tuple[str, FieldError]:
        """Return the site and the zone that a row means, or the name of the bad cell and what is wrong with it."""
        sites = self._called(said["site"]) if "site" in said else self.own
        if not sites and "site" in said:
            names = ", ".join(site["name"] for site in self.own[:5])
            return "site", FieldError("", "unknown_site", "There is no such site. Yours: {names}.", {"names": names})
        if not sites:
            return "site", FieldError(
                "", "no_site", "This business has no site yet: register one with its zones first."
            )
        if "site" in said and len(sites) > 1:
            names = ", ".join(site["name"] for site in sites[:5])
            return "site", FieldError("", "ambiguous_site", "Several sites fit: {names}.", {"names": names})
        zones: list[tuple[UUID, Zone]] = [(site["site_id"], zone) for site in sites for zone in site["zones"]]
        if "zone" in said:
            fitting = [pair for pair in zones if key(pair[1].code) == key(said["zone"])]
        else:
            fitting = [pair for pair in zones if product is not None and storage.fits(pair[1].kind, product.imported)]
            own_kinds = [pair for pair in fitting if pair[1].kind not in storage.SHARED]
            fitting = own_kinds or fitting
        if len(fitting) == 1 or (fitting and product is None):
            return fitting[0][0], fitting[0][1].zone_id
        codes = ", ".join(f"{zone.code} ({ZONE_KINDS[zone.kind]})" for _site_id, zone in zones[:8])
        if "zone" in said and not fitting:
            return "zone", FieldError(
                "", "unknown_zone", "There is no such zone. There are: {zones}.", {"zones": codes}
            )
        if "zone" in said:
            return "site", FieldError("", "site_needed", "Several sites have this zone: say which site.")
        if not fitting:
            return "zone", FieldError("", "no_zone_fits", "No zone may take these goods. There are: {zones}.",
                                      {"zones": codes or "-"})  # fmt: skip
        return "zone", FieldError("", "zone_needed", "Say which zone: {zones}.", {"zones": codes})
