"""Pages of dispatch and receipt: lists, sending, answering, the delivery note. They call the services of the API."""

from coldchain.trade.web import answers, consents, dispatch, lists, note
from coldchain.trade.web.blueprint import bp

__all__ = ["answers", "bp", "consents", "dispatch", "lists", "note"]
