"""Typing or scanning a code: a hand scanner types it and presses Enter, a cold thumb needs a large field."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import sign_code
from coldchain.core.edge import edge
from coldchain.core.errors import Conflict, NotFound
from coldchain.core.problems import said
from coldchain.inspections import resolve

bp = Blueprint("inspections", __name__)

CODE_CHARS = 500


@bp.get("/scan")
@edge("code.resolve")
def scan(session: Session, actor: Actor) -> Any:
    """Show the field for a code; with `?code=` go to what it stands for, or say what is wrong with it."""
    typed = request.args.get("code", "")[: CODE_CHARS + 1].strip()
    if not typed:
        return render_template("inspections/scan.html", typed="", errors={})
    sign = sign_code.read(typed)
    if sign is not None:
        return redirect(f"/C/{sign}", 303)
    try:
        found = resolve.resolve(session, actor, typed)
    except (NotFound, Conflict) as error:
        words = said(error.message, {name: resolve.visible(value) for name, value in error.params.items()})
        page = render_template("inspections/scan.html", typed=resolve.visible(typed), errors={"code": words})
        return Response(page, error.status)
    return redirect(f"/C/{found.label.text}", 303)
