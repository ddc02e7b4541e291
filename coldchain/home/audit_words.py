"""How the audit log is read: what each kind of line says, and how a personal value and a record are called."""

from collections.abc import Callable
from typing import Final

from coldchain.accounts import action_words
from coldchain.accounts.words import LABELS, POSITIONS, ROLES
from coldchain.core.i18n import LazyText, ngettext
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p

KINDS: Final[dict[str, LazyText]] = {
    "signed_in": _p("audit", "Signed in"),
    "sign_in_refused": _p("audit", "Sign-in refused"),
    "reauthenticated": _p("audit", "Proved again who it is"),
    "reauthentication_refused": _p("audit", "Renewed proof refused"),
    "session_revoked": _p("audit", "Session ended"),
    "password_set": _p("audit", "Password set"),
    "pin_refused": _p("audit", "PIN refused"),
    "pin_changed": _p("audit", "PIN changed"),
    "device_added": _p("audit", "Device added"),
    "device_ended": _p("audit", "Device ended"),
    "totp_enrolled": _p("audit", "Second step set up"),
    "totp_disabled": _p("audit", "Second step switched off"),
    "recovery_codes_made": _p("audit", "Recovery codes made"),
    "recovery_code_used": _p("audit", "Recovery code used"),
    "link_created": _p("audit", "Sign-in link made"),
    "link_given": _p("audit", "Sign-in link given"),
    "token_created": _p("audit", "Key made"),
    "key_created": _p("audit", "Key made"),
    "account_created": _p("audit", "Account made"),
    "account_made": _p("audit", "Account made"),
    "account_ended": _p("audit", "Account closed"),
    "account_reopened": _p("audit", "Account reopened"),
    "invitation_used": _p("audit", "Invitation used"),
    "invitation_revoked": _p("audit", "Invitation withdrawn"),
    "sites_changed": _p("audit", "Sites of a clerk changed"),
    "assignment_added": _p("audit", "Area assigned"),
    "assignment_ended": _p("audit", "Assignment ended"),
    "assignment_given": _p("audit", "Area handed to a successor"),
    "second_step_refused": _p("audit", "Code refused"),
    "reset_link_created": _p("audit", "Link for a forgotten password made"),
    "key_revoked": _p("audit", "Key ended"),
    "invitation_created": _p("audit", "Invitation made"),
    "slip_printed": _p("audit", "Sign-in slip printed"),
    "waiting_ended": _p("audit", "Registration approved, full access begins"),
    "refused": _p("audit", "Refused: no right"),
    "personal_read": _p("audit", "Personal data read"),
    "personal_exported": _p("audit", "Personal data listed"),
    "personal_erased": _p("audit", "Personal data erased"),
    "office_added": _p("audit", "Office added"),
    "office_changed": _p("audit", "Office changed"),
    "office_ended": _p("audit", "Office ended"),
    "grid_added": _p("audit", "Grid added"),
    "grid_changed": _p("audit", "Grid renamed"),
    "grid_ended": _p("audit", "Grid ended"),
    "audit_purged": _p("audit", "Old lines let go"),
}

VALUES: Final[dict[str, LazyText]] = {
    "legal_representative": _p("personal", "Legal representative"),
    "phone": _p("personal", "Phone of a business"),
    "signer": _p("personal", "Signer of a commitment letter"),
    "driver_name": _p("personal", "Driver"),
    "driver_phone": _p("personal", "Driver's phone"),
    "receiver_name": _p("personal", "Receiver without an account"),
    "receiver_phone": _p("personal", "Receiver's phone"),
    "receiver_address": _p("personal", "Receiver's address"),
    "witness": _p("personal", "Witness"),
    "sampled_by": _p("personal", "Who took the samples"),
    "analyst": _p("personal", "Analyst"),
    "worker": _p("personal", "Person at work"),
    "steward": _p("personal", "Steward of a cold store"),
    "steward_phone": _p("personal", "Phone of a steward"),
    "officer": _p("personal", "Second officer"),
    "reason": _p("personal", "Words of a reason"),
    "other": _p("personal", "Name or phone"),
}

RECORDS: Final[dict[str, LazyText]] = {
    "business": _p("record", "Register entry"),
    "commitment_letter": _p("record", "Commitment letter"),
    "arrival": _p("record", "Arrival"),
    "consignment": _p("record", "Consignment"),
    "stock_entry": _p("record", "Stock entry"),
    "tube": _p("record", "Tube"),
    "worker": _p("record", "Person at work"),
    "steward": _p("record", "Steward of a cold store"),
    "test_result": _p("record", "Test result"),
    "finding": _p("record", "Finding"),
}

SUBJECTS: Final[dict[str, LazyText]] = {
    "personal": _p("subject", "Personal value"),
    "batch": _p("subject", "Batch"),
    "recall": _p("subject", "Sweep or recall"),
    "task": _p("subject", "Sweep task"),
    "office": _p("subject", "Office"),
    "grid": _p("subject", "Grid"),
}
OTHER: Final = _p("subject", "Record")
_SECOND_STEPS: Final[dict[str, LazyText]] = {
    "totp": _p("audit", "with the code from the phone"),
    "recovery": _p("audit", "with a recovery code"),
    "enrolment": _p("audit", "code set up just then"),
}
_PLAIN: Final[dict[str, LazyText]] = {  # what stands in a line as it is, with its name in front
    "label": _l("Name of the key"),
    "officer": _l("Officer"),
    "former_name": _l("Former name"),
    "lines": _l("Lines"),
    "older_than": _l("Older than"),
    "on": _l("On the day"),
    "region_code": _l("Region"),
}


def detail(name: str, value: str) -> str | None:
    """Return what a detail of a line says, None for ids and codes that only a program reads (the API gives them)."""
    said: dict[str, Callable[[], object]] = {
        "role": lambda: _labelled(LABELS["role"], ROLES.get(value, value)),
        "position": lambda: _labelled(_("Position"), POSITIONS.get(value, value)),
        "second_step": lambda: _SECOND_STEPS.get(value),
        "by_pin_on": lambda: _("by PIN"),
        "values": lambda: ngettext("%(num)s value", "%(num)s values", int(value)),
        "scopes": lambda: _(", ").join(_scope(each) for each in value.split(", ")),
        "why": lambda: _("too many wrong PINs") if value == "wrong_pins" else None,
        "note": lambda: _("further refusals of this minute were not written"),
    }
    if name in _PLAIN:
        return _labelled(_PLAIN[name], value)
    words = said[name]() if name in said else None
    return str(words) if words else None


def _labelled(label: object, text: object) -> str:
    return _("%(label)s: %(message)s", label=label, message=text)


def _scope(scope: str) -> str:
    return _("Everything that I may") if scope == "*" else action_words.word(scope)


def subject(kind_of: str | None, subject_id: object) -> str:
    """Return what a thing is called of which only kind and id are known: its kind and the end of its id."""
    words = SUBJECTS.get(kind_of or "") or RECORDS.get(kind_of or "")
    return f"{words or OTHER} …{str(subject_id)[-6:]}"


def kind(code: str) -> str:
    """Return what a line of the audit log says; a kind without words stands for itself."""
    return str(KINDS.get(code, code))
