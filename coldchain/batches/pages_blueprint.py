"""The blueprint that the pages of arrivals, batches and tubes hang on."""

from typing import Final

from flask import Blueprint

bp = Blueprint("batches_pages", __name__)

PAGE_ROWS: Final = 20
