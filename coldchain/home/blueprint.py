"""The blueprint of the pages that are composed here."""

from flask import Blueprint

bp = Blueprint("home", __name__)
