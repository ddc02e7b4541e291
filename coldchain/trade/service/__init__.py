"""The use cases of trade, one file each; other rooms import from here."""

from coldchain.trade.service.answering import confirm, dispute, reject
from coldchain.trade.service.dispatching import dispatch, dispatch_return
from coldchain.trade.service.reading import count_by_state, count_unanswered, get, search
from coldchain.trade.service.roads import Person, destinations, persons
from coldchain.trade.service.settling import sayable, settle
from coldchain.trade.service.slips import find as find_slip
from coldchain.trade.service.slips import keep as keep_slip
from coldchain.trade.service.stock import stock
from coldchain.trade.service.temperatures import of_consignment as temperatures_within

__all__ = [
    "Person",
    "confirm",
    "count_by_state",
    "count_unanswered",
    "destinations",
    "dispatch",
    "dispatch_return",
    "dispute",
    "find_slip",
    "get",
    "keep_slip",
    "persons",
    "reject",
    "sayable",
    "search",
    "settle",
    "stock",
    "temperatures_within",
]
