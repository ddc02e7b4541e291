"""Which product of the catalogue a row means: by GTIN, or by name with what else is said; never one of several."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from coldchain.batches import pages_words
from coldchain.batches.pages_goods import scanned
from coldchain.core import pages
from coldchain.core.errors import FieldError
from coldchain.core.sheet_cells import key, plain
from coldchain.core.text import search_key
from coldchain.core.text_search import contains
from coldchain.registry import service as registry
from coldchain.registry.models import Producer, Product

SUGGESTED: Final = 3
UNKNOWN_LOOKED_UP: Final = 20  # names for which near ones are looked for: the same few are repeated in most tables
_SPEC: Final = re.compile(
    r"(\d+(?:\.\d+)?)(kg|千克|公斤|g|克)(?:/[盒袋包个瓶])?(?:[x×*](\d+)[盒袋包个瓶]?(?:/[件箱])?)?", re.IGNORECASE
)


class Catalogue:
    """The products that a table may mean, read in a few statements however many rows it has."""

    def __init__(self, session: Session, said: Sequence[Mapping[str, Any]]) -> None:
        """Read every product that a GTIN or a name of these rows names exactly, with its producer."""
        self.session = session
        gtins = {scanned(each["gtin"]) for each in said if "gtin" in each}
        gtins |= {gtin.zfill(digits) for gtin in gtins for digits in (8, 12, 13, 14)}
        names = {text for each in said if "product" in each for text in (each["product"], plain(each["product"]))}
        lowered = {name.casefold() for name in names}
        found = list(
            session.scalars(
                select(Product).where(
                    or_(
                        col(Product.gtin).in_(gtins),
                        col(Product.name).in_(names),
                        func.lower(col(Product.name_en)).in_(lowered),
                    )
                )
            )
        )
        ids = {product.producer_id for product in found}
        self.producers: dict[UUID, Producer] = registry.producers(session, ids)
        self.aliases = registry.aliases(session, ids)
        self.by_gtin: dict[str, list[Product]] = {}
        self.by_name: dict[str, list[Product]] = {}
        for product in found:
            if product.gtin:
                self.by_gtin.setdefault(product.gtin.lstrip("0"), []).append(product)
            for name in {key(product.name), key(product.name_en or product.name)}:
                self.by_name.setdefault(name, []).append(product)
        self._near: dict[str, str] = {}

    def find(self, said: Mapping[str, Any]) -> Product | tuple[str, FieldError]:
        """Return the one product that a row means, or the name of the cell that is bad and what is wrong with it."""
        if "gtin" in said:
            found = self.by_gtin.get(scanned(said["gtin"]).lstrip("0"), [])
            if not found:
                return "gtin", FieldError("", "unknown_gtin", "The catalogue has no product with this GTIN.")
            column = "gtin"
        elif "product" in said:
            found = self.by_name.get(key(said["product"]), [])
            if not found:
                return "product", self._unknown(said["product"])
            column = "product"
        else:
            return "product", FieldError("", "required", "This is needed.")
        for name, fits in (("product", self._named), ("spec", self._specified), ("producer", self._made_by)):
            if name not in said or (name == "product" and column == "product"):
                continue
            left = [product for product in found if fits(product, said[name])]
            if not left:
                told = self._candidates(found)
                return name, FieldError("", "other_product", "The catalogue has it otherwise: {candidates}.", told)
            found = left
        if len(found) > 1:
            return column, FieldError("", "ambiguous_product",
                                      "Several products fit: {candidates}. Add specification, producer or GTIN.",
                                      self._candidates(found))  # fmt: skip
        return found[0]

    def _candidates(self, found: Iterable[Product]) -> dict[str, str]:
        listed = list(found)
        said = "; ".join(
            f"{p.name} {pages_words.specification(p)} {self.producers[p.producer_id].name}" for p in listed[:SUGGESTED]
        )
        return {"candidates": said + (" …" if len(listed) > SUGGESTED else "")}

    def _unknown(self, name: str) -> FieldError:
        """Return that a name is unknown, with near ones of the catalogue."""
        if name not in self._near and len(self._near) < UNKNOWN_LOOKED_UP and len(search_key(name)) > 1:
            near = select(col(Product.name)).where(contains(col(Product.search_text), search_key(name))).distinct()
            self._near[name] = ", ".join(self.session.scalars(near.limit(SUGGESTED)))
        if self._near.get(name):
            return FieldError("", "unknown_product", "The catalogue has no product of exactly this name; near: {near}.",
                              {"near": self._near[name]})  # fmt: skip
        return FieldError("", "unknown_product", "The catalogue has no product of this name: register it first.")

    @staticmethod
    def _named(product: Product, name: str) -> bool:
        return key(name) in {key(product.name), key(product.name_en or product.name)}

    @staticmethod
    def _specified(product: Product, spec: str) -> bool:
        """Say whether a specification is a product's: as sizes where they can be read, else as words."""
        sizes = _SPEC.fullmatch(re.sub(r"\s", "", plain(spec)))
        if sizes:
            whole, _point, fraction = sizes[1].partition(".")
            unit = 1_000 if sizes[2].lower() in {"kg", "千克", "公斤"} else 1
            mass_g = int(whole + fraction) * unit // 10 ** len(fraction)
            if sizes[3]:
                return (mass_g, int(sizes[3])) == (product.unit_mass_g, product.units_per_piece)
            return mass_g in {product.unit_mass_g, product.unit_mass_g * product.units_per_piece}
        return key(spec) in {key(pages_words.specification(product)), key(product.series or pages.UNKNOWN)}

    def _made_by(self, product: Product, producer: str) -> bool:
        maker = self.producers[product.producer_id]
        known = (maker.name, *self.aliases.get(maker.producer_id, ()), maker.plant_no, maker.licence_no)
        return key(producer) in {key(each) for each in known if each}
