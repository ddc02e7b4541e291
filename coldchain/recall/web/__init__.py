"""Pages of recalls: the list, the wizard, the board, tasks and the finding form. They call the services of the API."""

from importlib import import_module

from coldchain.recall.web.blueprint import bp

for _name in (
    "lists",
    "wizard",
    "board",
    "tasks",
    "finding",
    "assistance",
    "assign",
    "handover",
    "identify",
    "holders",
):  # each hangs its views on the blueprint
    import_module(f"coldchain.recall.web.{_name}")

__all__ = ["bp"]
