"""The signs of places as files to print."""

from collections.abc import Callable
from typing import Any

from flask import Response
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import fields
from coldchain.core.edge import Blueprint, edge
from coldchain.core.fields import Schema
from coldchain.labels import sign, signs
from coldchain.labels.present import printing

blp = Blueprint("signs", __name__, url_prefix="/api/v1/signs", description="Signs of venues, sites, zones and stewards")
BINARY = {"type": "string", "format": "binary"}


class SignQuery(Schema):
    """On which paper."""

    size = fields.OneOf(tuple(sign.SIZES), doc="default a4")


Drawer = Callable[..., sign.Drawn]


def _file(session: Session, actor: Actor, code: str, size: str | None, draw: Drawer, name: str) -> Response:
    drawn = draw(session, actor, code, printing=printing())
    paper: sign.Size = "a5" if size == "a5" else "a4"
    if name.endswith(".png"):
        response = Response(sign.picture(drawn, paper), content_type="image/png")
    else:
        response = Response(sign.pdf([drawn], paper), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{drawn.code}-{paper}-{name}"'
    return response


@blp.route("/<string:code>/sign.pdf")
@blp.arguments(SignQuery, location="query")
@edge("sign.print")
@blp.response(200, BINARY, content_type="application/pdf")
def place_sign_pdf(session: Session, actor: Actor, query: dict[str, Any], code: str) -> Any:
    """Return the sign of a place, by its code, to print on A4 or A5."""
    return _file(session, actor, code, query["size"], signs.place_sign, "sign.pdf")


@blp.route("/<string:code>/sign.png")
@blp.arguments(SignQuery, location="query")
@edge("sign.print")
@blp.response(200, BINARY, content_type="image/png")
def place_sign_picture(session: Session, actor: Actor, query: dict[str, Any], code: str) -> Any:
    """Return the sign of a place as a picture of one bit a dot."""
    return _file(session, actor, code, query["size"], signs.place_sign, "sign.png")


@blp.route("/<string:code>/stewards.pdf")
@blp.arguments(SignQuery, location="query")
@edge("sign.print")
@blp.response(200, BINARY, content_type="application/pdf")
def stewards_sign_pdf(session: Session, actor: Actor, query: dict[str, Any], code: str) -> Any:
    """Return the public sign of a cold store's stewards: names, duties, the phones that may be published."""
    return _file(session, actor, code, query["size"], signs.stewards_sign, "stewards.pdf")
