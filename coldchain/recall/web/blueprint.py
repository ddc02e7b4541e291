"""The blueprint that all recall pages hang on."""

from flask import Blueprint

bp = Blueprint("recall", __name__)

PAGE_ROWS = 20
