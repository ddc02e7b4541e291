"""Pages that make batches of batches: splitting a part off, processing. `bp` is what the program registers."""

from importlib import import_module

from coldchain.trade.making_pages.blueprint import bp

__all__ = ["bp"]

for _page in ("splitting", "transforming", "receipt"):
    import_module(f"{__name__}.{_page}")
