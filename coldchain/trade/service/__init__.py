"""The use cases of trade, one file each; other rooms import from here."""

from coldchain.trade.service.answering import confirm, dispute, reject
from coldchain.trade.service.dispatching import dispatch, dispatch_return
from coldchain.trade.service.reading import count_by_state, get, search
from coldchain.trade.service.roads import destinations, persons
from coldchain.trade.service.settling import settle
from coldchain.trade.service.stock import stock

__all__ = [
    "confirm",
    "count_by_state",
    "destinations",
    "dispatch",
    "dispatch_return",
    "dispute",
    "get",
    "persons",
    "reject",
    "search",
    "settle",
    "stock",
]
