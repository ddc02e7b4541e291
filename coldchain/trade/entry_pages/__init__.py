"""Pages of stock entries: one form for all kinds (rows of what lies in a zone), a check, a receipt, a list.

`bp` is what the program registers.
"""

from importlib import import_module

from coldchain.trade.entry_pages.blueprint import bp

__all__ = ["bp"]

for _page in ("act", "correcting", "kitchen", "listing"):
    import_module(f"{__name__}.{_page}")
