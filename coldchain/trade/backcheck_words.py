"""What backwards checks are called, what each row says, and where it is solved: addresses of pages, for both doors.

No blame: a row says what the books lack, and what would complete them.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.core.i18n import LOCALES, LazyText, use_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p

KINDS: Final[dict[str, LazyText]] = {
    "stock_without_source": _p("backwards check", "Stock without a source"),
    "purchase_without_consignment": _p("backwards check", "Purchase without a consignment"),
    "sales_above_purchases": _p("backwards check", "More gone than bought"),
    "unanswered_consignment": _p("backwards check", "Consignment not answered"),
    "expired_at_counter": _p("backwards check", "Past its date at the counter"),
    "count_variance": _p("backwards check", "Missing by the books"),
}
MESSAGES: Final[dict[str, LazyText]] = {
    "stock_without_source": _l("On hand, and the books don't say where it came from."),
    "purchase_without_consignment": _l("The arrival names a supplier whose books have no consignment of it to here."),
    "sales_above_purchases": _l("More of this product is gone than came in with a source."),
    "unanswered_consignment": _l("Sent, and nobody has confirmed, disputed or rejected it yet."),
    "expired_at_counter": _l("It lies at a sale counter after its expiry date."),
    "count_variance": _l("Missing by a count or on the road, and not recovered yet."),
}
SURPLUS: Final = _l("More came than was sent, and sender and receiver haven't agreed on it yet.")
# what completes the books, by act: a sentence, and the verb of the link
SOLVED_BY: Final[dict[str, LazyText]] = {
    "add_receipt": _l("Enter the paper that shows the source: purchase receipt, customs declaration and the like."),
    "enter_consignment": _l("Compare with the supplier, who enters the consignment."),
    "answer": _l("The receiver confirms, disputes or rejects it."),
    "settle": _l("Sender and receiver settle what came beyond the consignment."),
    "take_off": _l("Take it off the counter: destroy it, return it or set it apart."),
    "recover": _l("Enter what was found again, or count once more."),
}
VERBS: Final[dict[str, LazyText]] = {
    "add_receipt": _l("Add a paper"),
    "enter_consignment": _l("Compare"),
    "answer": _l("Answer it"),
    "settle": _l("Settle it"),
    "take_off": _l("Take it off"),
    "recover": _l("Recover it"),
}
VIEW: Final = _l("View")
NO_ACCOUNT: Final = _l("Sent to somebody without an account, and no signed slip is here yet.")
PHOTOGRAPH: Final = _l("Photograph the slip that the receiver signed: it closes the consignment.")
PHOTOGRAPH_IT: Final = _l("Photograph the slip")


def message(row: Mapping[str, Any]) -> LazyText:
    """Return what a row says."""
    if waits_for_slip(row):
        return NO_ACCOUNT
    return SURPLUS if row["act"] == "settle" else MESSAGES[row["kind"]]


def solved_by(row: Mapping[str, Any]) -> LazyText:
    """Return what completes the books, as a sentence."""
    return PHOTOGRAPH if waits_for_slip(row) else SOLVED_BY[row["act"]]


def verb(row: Mapping[str, Any]) -> LazyText:
    """Return what the link to where a row is solved says."""
    return PHOTOGRAPH_IT if waits_for_slip(row) else VERBS[row["act"]]


def waits_for_slip(row: Mapping[str, Any]) -> bool:
    """Say whether a consignment waits for a receiver who has no account and can't answer."""
    return row["act"] == "answer" and row["counterpart"] is None


def place_to_solve(actor: Actor, row: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the address where a row is solved, and whether this reader may do it there; else where it is read."""
    act, own = row["act"], actor.business_id in {None, row["business"].business_id}
    if waits_for_slip(row) and own and relation(actor, "trade.answer") is not None:
        return f"/consignments/{row['consignment_id']}/slip", True
    if act in {"answer", "settle"}:
        other = row["counterpart"] is not None and actor.business_id == row["counterpart"].business_id
        answers = other or actor.business_id is None or act == "settle"  # the sender can only wait for an answer
        return f"/consignments/{row['consignment_id']}", answers and relation(actor, "trade.answer") is not None
    if act == "enter_consignment":
        if actor.business_id is None and relation(actor, "trade.dispatch") is not None:
            return f"/consignments/new?{urlencode({'owner': str(row['counterpart'].business_id)})}", True
        return f"/arrivals/{row['arrival_id']}", False
    if act == "add_receipt":
        if own and relation(actor, "evidence.register") is not None:
            return f"/batches/{row['batch_id']}/evidence/new", True
        return f"/batches/{row['batch_id']}", False
    if not own or relation(actor, "stock.record") is None:
        return f"/batches/{row['batch_id']}", False
    asked = {"zone_id": str(row["zone_id"]), "batch_id": str(row["batch_id"])}
    if actor.business_id is None:
        asked["owner"] = str(row["business"].business_id)
    page = {"take_off": "/destructions/new", "recover": "/recoveries/new"}[act]
    return f"{page}?{urlencode(asked)}", True


def in_both(text: LazyText, name: str) -> dict[str, str]:
    """Return `{name}_zh` and `{name}_en` of a text, for answers that carry both languages."""
    said = {}
    for locale in LOCALES:
        with use_locale(locale):
            said[f"{name}_{locale[:2]}"] = str(text)
    return said
