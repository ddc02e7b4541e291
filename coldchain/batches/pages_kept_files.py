"""A file that was chosen in a form stays chosen while something else in it is changed, and through its check.

Browsers don't let a page put a file back into its field. So the file is kept at once as every file is, by its content,
and the form carries a sealed word that only its sender can use: who else knows it, or knows the file's id, gets nothing
by it. A kept file that is never sent belongs to no paper and is shown to nobody.
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from flask import current_app
from sqlmodel import Session
from werkzeug.datastructures import FileStorage, MultiDict

from coldchain.accounts.actor import Actor
from coldchain.core import sealed, stored_files
from coldchain.core.errors import Invalid
from coldchain.core.page_forms import REFUSALS, Form, refusal
from coldchain.core.stored_files import StoredFile
from coldchain.core.uploads import Upload
from config import Settings

PURPOSE: Final = "file kept for a form"
FILE, KEPT, BAD = "file", "kept", "bad"


def take(session: Session, actor: Actor, form: Form, files: MultiDict[str, FileStorage]) -> None:
    """Keep the files that came with a form; put into it a word for each, or what is wrong with it.

    A field `x-file` gives `x-kept` or `x-bad` (`file` alone: `kept`, `bad`); what was kept before is replaced.
    """
    for name in [name for name in form if re.fullmatch(rf"(.+-)?{BAD}", name)]:
        form.poplist(name)
    for name, file in files.items():
        found = re.fullmatch(rf"((?:.+-)?){FILE}", name)
        if found is None or not file.filename:
            continue
        try:
            form[found[1] + KEPT] = _keep(session, actor, file)
        except REFUSALS as error:
            form[found[1] + BAD] = next(iter(refusal(error)[0].values()))


def _keep(session: Session, actor: Actor, file: FileStorage) -> str:
    content = Upload().deserialize(file, FILE).content
    settings: Settings = current_app.config["SETTINGS"]
    row = stored_files.keep(session, settings.var_dir, content, actor.user_id, f"/{FILE}")
    return sealed.seal(PURPOSE, str(actor.user_id), str(row.file_id))


def find(session: Session, actor: Actor, form: Form, prefix: str = "") -> StoredFile | None:
    """Return the file that was kept for a part of the sender's form. Raises Invalid `file_lost` for a wrong word."""
    word = form.get(prefix + KEPT, "")
    if not word:
        return None
    try:
        row = session.get(StoredFile, UUID(sealed.unseal(PURPOSE, str(actor.user_id), word)))
    except (sealed.Unreadable, ValueError):
        row = None
    if row is None:
        raise Invalid.of(f"/{FILE}", "file_lost", "Choose this file again.")
    return row


def refused(form: Form) -> Iterator[tuple[str, str]]:
    """Yield the field and the words of each file that could not be kept."""
    for name, text in form.items():
        if re.fullmatch(rf"(.+-)?{BAD}", name):
            yield name.removesuffix(BAD) + FILE, text


def shown(session: Session, actor: Actor, form: Form) -> dict[str, Any]:
    """Return what is kept for the form by its field: media type, pages, size."""
    found: dict[str, Any] = {}
    for name in form:
        if re.fullmatch(rf"(.+-)?{KEPT}", name):
            prefix = name.removesuffix(KEPT)
            try:
                row = find(session, actor, form, prefix)
            except Invalid:
                row = None
            if row is not None:
                found[prefix + FILE] = row
    return found
