"""The blueprint that the pages of stock entries hang on."""

from typing import Final

from flask import Blueprint

bp = Blueprint("entry_pages", __name__)

PAGE_ROWS: Final = 20
