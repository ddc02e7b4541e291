"""The delivery note (送货单): printed with its code, laid with the goods, confirmed by scanning it."""

from typing import Any
from uuid import UUID

from flask import current_app, render_template
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock
from coldchain.core.edge import edge
from coldchain.core.i18n import gettext as _
from coldchain.core.qr_svg import svg
from coldchain.registry import service as registry
from coldchain.trade.web.blueprint import bp
from coldchain.trade.web.shown import shown
from config import Settings


@bp.get("/consignments/<uuid:consignment_id>/note")
@edge("trade.read")
def show_note(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Show the delivery note as it is printed, on A4 or A5."""
    context = shown(session, actor, consignment_id)
    settings: Settings = current_app.config["SETTINGS"]
    consignment = context["consignment"]
    return render_template(
        "trade/note.html",
        qr=svg(context["address"], _("Consignment %(number)s", number=consignment["consignment_no"])),
        trial=settings.public_url_is_trial,
        sites=registry.sites(session, [consignment["from_site_id"], consignment["to_site_id"]]),
        printed_at=clock.now(),
        **context,
    )
