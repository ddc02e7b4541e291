"""The form of a code that another platform gave a batch."""

from typing import Any, Final
from uuid import UUID

from flask import Response, flash, render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_words as words
from coldchain.batches import schemas, service
from coldchain.batches.pages_blueprint import bp
from coldchain.core.edge import edge
from coldchain.core.i18n import LazyText, current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.policy import vocabulary

LABELS: Final[dict[str, LazyText]] = {"platform": _l("Platform"), "code": _l("Code on the case")}


def platform_name(platform: Any) -> str:
    """Return what a platform is called in the reader's language, of a row of data or of a dict."""
    name = "name_zh" if current_locale() == "zh_CN" else "name_en"
    return str(platform[name] if isinstance(platform, dict) else getattr(platform, name))


@bp.route("/batches/<uuid:batch_id>/platform-codes/new", methods=["GET", "POST"])
@edge("platform_code.record")
def new_platform_code(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """Show or take the form of another platform's code of a batch."""
    service.find_target(session, actor, "platform_code.record", batch_id=batch_id)
    batch = service.read_batch(session, actor, batch_id)
    form, status = copy(request.form), 200
    errors: dict[str, str] = {}

    def act() -> str:
        service.record_platform_code(session, actor, batch_id, **load(schemas.PlatformCodeRecordSchema(), form))
        flash(_("The code is kept with the batch."), "success")
        return f"/batches/{batch_id}#codes"

    if request.method == "POST":
        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    else:
        asked = request.args.get("platform", "")
        form = Form({"platform": asked if asked in vocabulary.platforms() else ""})
    page = render_template(
        "batches/platform_code_new.html",
        batch=batch,
        platforms=[(code, platform_name(each)) for code, each in vocabulary.platforms().items()],
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
        words=words,
    )
    return Response(page, status)
