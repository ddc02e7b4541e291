"""The use cases of arrivals, batches, their evidence and their tests; one file each."""

from coldchain.batches.origins import descendants
from coldchain.batches.service.arrival_acts import grasp
from coldchain.batches.service.arrival_view import awaited
from coldchain.batches.service.arrival_view import read as read_arrival
from coldchain.batches.service.arrival_view import search as search_arrivals
from coldchain.batches.service.arrivals import faults as arrival_faults
from coldchain.batches.service.arrivals import register as register_arrival
from coldchain.batches.service.batch_view import read as read_batch
from coldchain.batches.service.batch_view import search as search_batches
from coldchain.batches.service.batch_view import stock_rows, visible
from coldchain.batches.service.corrections import correct as correct_arrival
from coldchain.batches.service.disinfections import register as register_disinfection
from coldchain.batches.service.evidence import checked as checked_paper
from coldchain.batches.service.evidence import register as register_evidence
from coldchain.batches.service.gate import batch_ids_of, gate, judge, note_code_made, refresh_status, settle_status
from coldchain.batches.service.gate import read as read_gate
from coldchain.batches.service.intakes import take_in
from coldchain.batches.service.platform_codes import find as find_platform_code
from coldchain.batches.service.platform_codes import record as record_platform_code
from coldchain.batches.service.releases import release as release_tube
from coldchain.batches.service.result_corrections import move as move_result
from coldchain.batches.service.result_corrections import told_again
from coldchain.batches.service.results import confirm as confirm_result
from coldchain.batches.service.results import photo_of
from coldchain.batches.service.results import report as report_result
from coldchain.batches.service.targets import find as find_target
from coldchain.batches.service.timeline import timeline
from coldchain.batches.service.tubes import read as read_tube
from coldchain.batches.service.tubes import register as register_tube
from coldchain.batches.service.tubes import search as search_tubes
from coldchain.batches.service.verification import counts as count_papers
from coldchain.batches.service.verification import file as file_of_paper
from coldchain.batches.service.verification import history as checks_of_paper
from coldchain.batches.service.verification import read as read_paper
from coldchain.batches.service.verification import refuse as refuse_paper
from coldchain.batches.service.verification import search as search_papers
from coldchain.batches.service.verification import verify as verify_paper
from coldchain.batches.service.vouchers import find as find_voucher
from coldchain.batches.service.vouchers import keep as keep_voucher
from coldchain.batches.service.withdrawals import withdraw as withdraw_arrival

__all__ = [
    "arrival_faults",
    "awaited",
    "batch_ids_of",
    "checked_paper",
    "checks_of_paper",
    "confirm_result",
    "correct_arrival",
    "count_papers",
    "descendants",
    "file_of_paper",
    "find_platform_code",
    "find_target",
    "find_voucher",
    "gate",
    "grasp",
    "judge",
    "keep_voucher",
    "move_result",
    "note_code_made",
    "photo_of",
    "read_arrival",
    "read_batch",
    "read_gate",
    "read_paper",
    "read_tube",
    "record_platform_code",
    "refresh_status",
    "refuse_paper",
    "register_arrival",
    "register_disinfection",
    "register_evidence",
    "register_tube",
    "release_tube",
    "report_result",
    "search_arrivals",
    "search_batches",
    "search_papers",
    "search_tubes",
    "settle_status",
    "stock_rows",
    "take_in",
    "timeline",
    "told_again",
    "verify_paper",
    "visible",
    "withdraw_arrival",
]
