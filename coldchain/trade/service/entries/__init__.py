"""Stock entries (出入库单), one use case per file: what happens to goods in a zone besides their hand-over.

One entry is one document with its lines, its movements (`movement.entry_id`) and one journal fact; all or nothing, in a
number of statements that doesn't depend on the number of lines.
"""

from coldchain.trade.service.entries.corrections import correct
from coldchain.trade.service.entries.destructions import destroy
from coldchain.trade.service.entries.losses import lose
from coldchain.trade.service.entries.openings import open_pieces
from coldchain.trade.service.entries.owner_changes import change_owner
from coldchain.trade.service.entries.reading import count_by_kind, get, search
from coldchain.trade.service.entries.recoveries import recover
from coldchain.trade.service.entries.relocations import relocate
from coldchain.trade.service.entries.returns import give_back
from coldchain.trade.service.entries.sales import sell
from coldchain.trade.service.entries.stocktakes import count
from coldchain.trade.service.entries.uses import use

__all__ = [
    "change_owner",
    "correct",
    "count",
    "count_by_kind",
    "destroy",
    "get",
    "give_back",
    "lose",
    "open_pieces",
    "recover",
    "relocate",
    "search",
    "sell",
    "use",
]
