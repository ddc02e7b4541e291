"""Shapes of standing consents."""

from coldchain.core import fields
from coldchain.core.fields import Schema
from coldchain.trade.schemas import TradePartySchema


class ConsentSchema(Schema):
    """Who may send a business's goods on, out of its own stores."""

    custodian = fields.BusinessRef(required=True)
    occurred_at = fields.Moment()


class StandingConsentSchema(Schema):
    """An owner's standing consent; `ended_at` null while it runs."""

    consent_id = fields.Key()
    owner = fields.Part(TradePartySchema)
    custodian = fields.Part(TradePartySchema)
    occurred_at = fields.Moment()
    recorded_at = fields.Moment()
    on_behalf_of = fields.Key()
    ended_at = fields.Moment()


class StandingConsentPageSchema(Schema):
    """A page of running consents, given and received."""

    items = fields.Items(fields.Part(StandingConsentSchema))
    next = fields.Text()
