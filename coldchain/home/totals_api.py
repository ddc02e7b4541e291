"""The figures of a region over HTTP."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import fields
from coldchain.core.edge import Blueprint, edge
from coldchain.core.fields import Schema
from coldchain.home import totals_then

blp = Blueprint("totals", __name__, url_prefix="/api/v1", description="Figures of a region, computed from the rows")


class TotalsQuery(Schema):
    """As of when."""

    as_of = fields.Moment(doc="by the facts recorded until then; default now")


class TotalsSchema(Schema):
    """Figures of a region. Masses are net grams of imported goods that lie in zones of its sites."""

    region_code = fields.Text(6, required=True)
    as_of = fields.Moment(required=True)
    businesses = fields.Int(required=True, doc="on the register: pending, active, suspended")
    cards = fields.Int(required=True, doc="of them with a card that was issued")
    commitment_letters = fields.Int(required=True, doc="of them with a signed letter")
    sites = fields.Int(required=True)
    imported_mass_g = fields.Int(required=True, doc="cleared + held + locked")
    cleared_mass_g = fields.Int(doc="may leave; null of a past moment, what papers sufficed for is judged for now only")
    held_mass_g = fields.Int(doc="awaits verification; null of a past moment, as cleared_mass_g")
    locked_mass_g = fields.Int(required=True, doc="held by a recall, a result or an inspection")


@blp.route("/regions/<string:code>/totals")
@blp.arguments(TotalsQuery, location="query")
@edge("totals.read")
@blp.response(200, TotalsSchema)
def read_totals(session: Session, actor: Actor, query: dict[str, Any], code: str) -> dict[str, Any]:
    """Read the figures of a region of yours, now or as of a past moment."""
    return totals_then.of_region(session, actor, code, **query)
