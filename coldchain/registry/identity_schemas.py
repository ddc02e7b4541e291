"""Who a business is, at the door: provisional identities, mergers."""

from coldchain.core import fields, identifiers, limits
from coldchain.core.fields import Schema
from coldchain.core.phones import check_phone
from coldchain.core.uploads import Upload
from coldchain.registry.catalogue_schemas import ProducerSchema, ProductSchema
from coldchain.registry.models import BUSINESS_KINDS, SITE_KINDS
from coldchain.registry.models_identity import APPEAL_OUTCOMES
from coldchain.registry.schemas import OCCURRED, REGION, BusinessSchema


class ProvisionalSchema(Schema):
    """A business without a unified social credit code, as an officer found it."""

    name = fields.Text(limits.NAME_CHARS, required=True, doc="what the sign says")
    phone = fields.Identifier(check_phone)
    place = fields.Text(limits.ADDRESS_CHARS, doc="where it is, in words")
    kinds = fields.Items(fields.OneOf(BUSINESS_KINDS, required=True), maximum=12)
    site_kind = fields.OneOf(SITE_KINDS, doc="makes the place a site of the register, which sweeps count")
    region_code = fields.Text(6, pattern=REGION, doc="GB/T 2260; default the officer's only region")
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id of a supervision office of that region")
    occurred_at = fields.Moment(doc=OCCURRED)


class ProvisionalUploadSchema(ProvisionalSchema):
    """The same with a photograph of the place: JPEG, PNG or WebP by its content."""

    photo = Upload()


class ProvisionalAnswerSchema(BusinessSchema):
    """A provisional identity; `site_id` where a site was asked for."""

    site_id = fields.Key()


class MergeSchema(Schema):
    """Into which business a provisional identity is merged, for good."""

    into = fields.BusinessRef(required=True, doc="USCC or business_id")
    reason = fields.Text(limits.TEXT_CHARS, doc="how it is known that the two are one")
    occurred_at = fields.Moment(doc=OCCURRED)


class MergePreviewQuery(Schema):
    """Into which business it would be merged."""

    into = fields.BusinessRef(required=True, doc="USCC or business_id")


class MovesSchema(Schema):
    """What goes over in a merger, by kind. Arrivals, letters and findings are read under the business."""

    tasks = fields.Int(required=True)
    visits = fields.Int(required=True)
    findings = fields.Int(required=True, doc="of sweeps and of visits")
    decisions = fields.Int(required=True)
    consignments = fields.Int(required=True)
    stock_entries = fields.Int(required=True)
    consents_ended = fields.Int(
        required=True, doc="given by or to the provisional identity: given anew if still wanted"
    )
    arrivals = fields.Int(required=True)
    batches_entered = fields.Int(required=True)
    flags = fields.Int(required=True)
    batches = fields.Int(required=True, doc="of which stock goes over")
    accounts = fields.Int(required=True, doc="of the ledger: each one movement")
    holds = fields.Int(required=True, doc="on its own units apart; a lock of the whole batch stays as it is")
    sites = fields.Int(required=True)
    workers = fields.Int(required=True)
    letters = fields.Int(required=True)
    licences = fields.Int(required=True)
    contacts = fields.Int(required=True)


class MergerSchema(Schema):
    """Two identities that are one business, and what goes over."""

    from_ = fields.Part(BusinessSchema, required=True, attribute="from", data_key="from")
    into = fields.Part(BusinessSchema, required=True)
    moves = fields.Part(MovesSchema, required=True)


class LicenceRecordSchema(Schema):
    """A licence to record; one of the same number is replaced by it."""

    number = fields.Identifier(identifiers.check_food_licence, required=True, doc="JY or SC and 14 digits")
    valid_from = fields.Day()
    valid_to = fields.Day(required=True, doc="its last day")


class ContactRecordSchema(Schema):
    """Somebody to be reached at a business."""

    post = fields.Text(limits.NAME_CHARS, required=True, doc="what the person does there")
    name = fields.Text(limits.NAME_CHARS, required=True)
    phone = fields.Identifier(check_phone, required=True)


class ObjectionRaiseSchema(Schema):
    """What a business says against the last decision about it."""

    objection = fields.Text(limits.TEXT_CHARS, required=True)
    occurred_at = fields.Moment(doc=OCCURRED)


class ObjectionAnswerSchema(Schema):
    """What an officer answers; the answer decides nothing by itself."""

    outcome = fields.OneOf(APPEAL_OUTCOMES, required=True, doc="`taken_back`: by a decision of its own, made apart")
    answer = fields.Text(limits.TEXT_CHARS, required=True)
    occurred_at = fields.Moment(doc=OCCURRED)


class CatalogueMergeSchema(Schema):
    """Into which entry of the catalogue another is merged, for good."""

    into = fields.Key(required=True)
    reason = fields.Text(limits.TEXT_CHARS, doc="how it is known that the two are one")


class AlikeProducersSchema(Schema):
    """Two producers that may be one."""

    one = fields.Part(ProducerSchema, required=True)
    other = fields.Part(ProducerSchema, required=True)


class AlikeProductsSchema(Schema):
    """Two products that are the same but for the writing of their names."""

    one = fields.Part(ProductSchema, required=True)
    other = fields.Part(ProductSchema, required=True)


class AlikeEntriesSchema(Schema):
    """Entries of the catalogue that may be one, the most alike first."""

    producers = fields.Items(fields.Part(AlikeProducersSchema), required=True)
    products = fields.Items(fields.Part(AlikeProductsSchema), required=True)
