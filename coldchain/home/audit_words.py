"""How the audit log is read: what each kind of line says, and how a personal value and a record are called."""

from typing import Final

from coldchain.core.i18n import LazyText
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
    "witness": _p("personal", "Witness"),
    "sampled_by": _p("personal", "Who took the samples"),
    "analyst": _p("personal", "Analyst"),
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
    "test_result": _p("record", "Test result"),
    "finding": _p("record", "Finding"),
}


def kind(code: str) -> str:
    """Return what a line of the audit log says; a kind without words stands for itself."""
    return str(KINDS.get(code, code))
