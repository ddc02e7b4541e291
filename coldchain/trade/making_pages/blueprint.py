"""The blueprint that the pages of splits and transformations hang on."""

from flask import Blueprint

bp = Blueprint("making_pages", __name__)
