"""The use cases of arrivals, batches, their evidence and their tests; one file each."""

from coldchain.batches.origins import descendants
from coldchain.batches.service.arrival_view import read as read_arrival
from coldchain.batches.service.arrival_view import search as search_arrivals
from coldchain.batches.service.arrivals import register as register_arrival
from coldchain.batches.service.batch_view import read as read_batch
from coldchain.batches.service.batch_view import search as search_batches
from coldchain.batches.service.batch_view import stock_rows, visible
from coldchain.batches.service.corrections import move as move_result
from coldchain.batches.service.corrections import told_again
from coldchain.batches.service.disinfections import register as register_disinfection
from coldchain.batches.service.evidence import register as register_evidence
from coldchain.batches.service.gate import batch_ids_of, gate, judge, note_code_made, refresh_status, settle_status
from coldchain.batches.service.gate import read as read_gate
from coldchain.batches.service.releases import release as release_tube
from coldchain.batches.service.results import confirm as confirm_result
from coldchain.batches.service.results import photo_of
from coldchain.batches.service.results import report as report_result
from coldchain.batches.service.targets import find as find_target
from coldchain.batches.service.timeline import timeline
from coldchain.batches.service.tubes import read as read_tube
from coldchain.batches.service.tubes import register as register_tube
from coldchain.batches.service.tubes import search as search_tubes

__all__ = [
    "batch_ids_of",
    "confirm_result",
    "descendants",
    "find_target",
    "gate",
    "judge",
    "move_result",
    "note_code_made",
    "photo_of",
    "read_arrival",
    "read_batch",
    "read_gate",
    "read_tube",
    "refresh_status",
    "register_arrival",
    "register_disinfection",
    "register_evidence",
    "register_tube",
    "release_tube",
    "report_result",
    "search_arrivals",
    "search_batches",
    "search_tubes",
    "settle_status",
    "stock_rows",
    "timeline",
    "told_again",
    "visible",
]
