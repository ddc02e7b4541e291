"""Every table of every room, so that migrations and tests see one metadata."""

from sqlmodel import SQLModel

from coldchain.accounts import models as accounts
from coldchain.batches import models as batches
from coldchain.batches import models_arrivals as batches_arrivals
from coldchain.batches import models_disinfection as batches_disinfection
from coldchain.core import idempotency, marks, stored_files
from coldchain.exchange import models as exchange
from coldchain.inspections import models as inspections
from coldchain.inspections import models_findings as inspections_findings
from coldchain.journal import models as journal
from coldchain.labels import models as labels
from coldchain.ledger import models as ledger
from coldchain.policy import models as policy
from coldchain.policy import models_findings as policy_findings
from coldchain.recall import models as recall
from coldchain.regions import models as regions
from coldchain.registry import models as registry
from coldchain.registry import models_decisions as registry_decisions
from coldchain.registry import models_identity as registry_identity
from coldchain.registry import models_stewards as registry_stewards
from coldchain.trade import models as trade

ROOMS = (
    accounts, batches, batches_arrivals, batches_disinfection, exchange, idempotency, inspections, inspections_findings,
    journal, labels, ledger, marks, policy, policy_findings, recall, regions, registry, registry_decisions,
    registry_identity, registry_stewards, stored_files, trade,
)  # fmt: skip
metadata = SQLModel.metadata

APPEND_ONLY = (
    "journal_entry", "journal_leaf", "journal_node", "journal_checkpoint", "movement", "posting", "recall_version",
    "finding", "finding_line", "task_expected", "sample_event", "disinfection", "sample", "test_result", "batch_origin",
    "commitment_letter", "commitment_text", "audit_event", "evidence_policy", "disinfection_protocol",
    "policy_parameter", "measure_version", "consignment_answer", "consignment_answer_line", "stock_entry",
    "stock_entry_line", "stored_file", "recall_late_line", "assistance_request", "assistance_event", "duty",
    "intake_line", "arrival_withdrawal", "identity_correction", "arrival_voucher",
    "evidence", "evidence_check", "platform_code",
    "stored_file", "recall_late_line", "assistance_request", "assistance_event", "duty", "result_confirmation",
    "result_release", "disinfection_order", "disinfection_order_end", "ordered_disinfection", "business_merger",
    "business_appeal", "business_appeal_answer", "business_pair_event",
    "finding_photo",
    "finding_kind", "visit", "visit_photo", "site_finding_event", "enforcement_decision", "enforcement_event",
    "enforcement_photo",
)  # fmt: skip
