"""The blueprint that the pages of this room hang on."""

from typing import Final

from flask import Blueprint

bp = Blueprint("trade_pages", __name__)

PAGE_ROWS: Final = 20
