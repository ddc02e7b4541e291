"""Spreadsheets in: goods, businesses and people from tables that merchants and officers keep.

One importer for all kinds: `engine.py` reads, checks every cell and enters all or nothing through the services of other
rooms; a kind (`arrivals.py`, `businesses.py`, `workers.py`) knows its columns and what a row means. `service.py` keeps
what was handed in from the look at it until it is taken in; large files are the worker's (`jobs.py`).
"""
