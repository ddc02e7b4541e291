"""Pages of the rule book: every row with its history; an administrator adds a version after seeing what it changes.

Draft, check, save: the check shows which batches would change their verdict, a part at a time, and nothing is saved
before it. What was typed is carried along; who saves second is shown the newer version and loses nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import marshmallow as ma
from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session, SQLModel

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_words as words
from coldchain.core import limits, pages
from coldchain.core.edge import edge
from coldchain.core.errors import DomainError, NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.page_forms import REFUSALS, Form, copy, filled, load, new_once, once, refusal, trial
from coldchain.home import rules, rules_words
from coldchain.home.blueprint import bp
from coldchain.home.rules_schemas import NewEvidencePolicySchema, NewFigureSchema, NewProtocolSchema
from coldchain.policy import figures, rulebook, vocabulary
from coldchain.policy.models import EvidencePolicy, PolicyParameter
from coldchain.regions import service as regions
from coldchain.regions.tree import NATION
from coldchain.registry.words import CATEGORIES

PART: Final = 200  # batches that a check judges at once
GROUPS_SHOWN: Final = 6  # rows of papers in the form; more appear as they are filled
ALTERNATIVES_SHOWN: Final = 3
LABELS: Final = {
    "code": _l("Code of the row"),
    "name_zh": _l("Name in Chinese"),
    "name_en": _l("Name in English"),
    "region_code": _l("Where it holds"),
    "imported": _l("Which goods"),
    "categories": _l("Categories"),
    "valid_from": _l("For arrivals from"),
    "valid_to": _l("Until"),
    "evidence": _l("Papers that are asked for"),
    "disinfection": _l("Disinfection"),
    "testing": _l("Tests"),
    "code_required": _l("A code is needed"),
    "supplier_required": _l("The supplier is needed"),
    "requires_verified": _l("Papers count once an officer verified them"),
    "grace_until": _l("Existing stock may be entered without penalty until"),
    "source": _l("Notice and who issued it"),
    "agent": _l("Agent"),
    "ambient_from_c": _l("Ambient temperature from (°C)"),
    "ambient_to_c": _l("Ambient temperature below (°C)"),
    "concentration_min_mg_per_l": _l("Concentration at least (mg/L)"),
    "contact_min": _l("Contact at least (minutes)"),
    "volume_from_ml_per_m2": _l("Volume from (mL/m²)"),
    "volume_to_ml_per_m2": _l("Volume to (mL/m²)"),
    "additives": _l("Additives"),
    "name": _l("Figure"),
    "value": _l("Value"),
}
DISINFECTION: Final = {"every_piece": _p("rule", "Every piece"), "none": _p("rule", "Not asked for")}
TESTING: Final = {
    "per_batch": _p("rule", "One sample of the batch"), "per_piece": _p("rule", "Every piece"),
    "none": _p("rule", "Not asked for"),
}  # fmt: skip
ORIGINS: Final = {"true": _p("rule", "Imported goods"), "false": _p("rule", "Domestic goods")}


@dataclass(frozen=True)
class Kind:
    """One table of the rule book: its words, how its versions are read, what its form and its saving are."""

    path: str
    title: Any
    key: str
    versions: Callable[[Session, str], list[Any]]
    save: Callable[..., rulebook.Saved]
    schema: type[ma.Schema]
    brief: tuple[str, ...]
    shown: tuple[str, ...]


KINDS: Final = {
    kind.path: kind
    for kind in (
        Kind(
            "policies", _p("rules", "Evidence policies"), "code", rulebook.policy_versions, rulebook.save_policy,
            NewEvidencePolicySchema,
            ("region_code", "imported", "categories", "valid_from", "valid_to", "evidence", "disinfection", "testing",
             "code_required", "requires_verified", "grace_until"),
            ("region_code", "imported", "categories", "valid_from", "valid_to", "evidence", "disinfection", "testing",
             "code_required", "supplier_required", "requires_verified", "grace_until", "source"),
        ),
        Kind(
            "protocols", _p("rules", "Disinfection protocols"), "code", rulebook.protocol_versions,
            rulebook.save_protocol, NewProtocolSchema,
            ("region_code", "agent", "ambient_from_c", "ambient_to_c", "concentration_min_mg_per_l", "contact_min"),
            ("region_code", "valid_from", "valid_to", "agent", "ambient_from_c", "ambient_to_c",
             "concentration_min_mg_per_l", "contact_min", "volume_from_ml_per_m2", "volume_to_ml_per_m2", "additives",
             "source"),
        ),
        Kind(
            "figures", _p("rules", "Figures and sampling plans"), "name", rulebook.parameter_rows,
            rulebook.save_parameter, NewFigureSchema, ("value", "valid_from", "source"),
            ("value", "valid_from", "source"),
        ),
    )
}  # fmt: skip


def _kind(path: str) -> Kind:
    if path not in KINDS:
        raise NotFound
    return KINDS[path]


def _may_change(actor: Actor) -> bool:
    return relation(actor, rulebook.CHANGE) is not None


@bp.get("/rules")
@edge("rules.read")
def list_rules(session: Session, actor: Actor) -> Any:
    """Show the rows of one table of the rule book, each in its newest version, and those to come."""
    kind = _kind(request.args.get("of", "policies"))
    everything: dict[str, Callable[[Session], list[Any]]] = {
        "policies": rulebook.policies, "protocols": rulebook.protocols, "figures": rulebook.parameters,
    }  # fmt: skip
    newest: dict[str, Any] = {}
    for row in everything[kind.path](session):
        newest.setdefault(getattr(row, kind.key), row)
    rows = [
        {
            "code": code,
            "name": _name(row),
            "facts": _facts(session, row, kind, kind.brief),
            "version": getattr(row, "version", None),
        }
        for code, row in newest.items()
    ]
    return render_template("rules/list.html", kind=kind, kinds=KINDS, rows=rows, may_change=_may_change(actor))


def _name(row: SQLModel) -> str:
    if isinstance(row, PolicyParameter):
        return rules_words.figure(row.name)
    return str(getattr(row, "name_zh" if current_locale() == "zh_CN" else "name_en"))


@bp.get("/rules/<string:path>/<string:code>")
@edge("rules.read")
def show_rule(session: Session, actor: Actor, path: str, code: str) -> Any:
    """Show a row of the rule book in every version, newest first."""
    kind = _kind(path)
    rows = kind.versions(session, code)
    versions = [
        {
            "number": getattr(row, "version", len(rows) - index),
            "facts": _facts(session, row, kind),
            "recorded_at": row.recorded_at,
            "shipped": row.recorded_by is None,
        }
        for index, row in enumerate(rows)
    ]
    return render_template(
        "rules/show.html", kind=kind, code=code, name=_name(rows[0]), versions=versions, may_change=_may_change(actor)
    )


def _facts(session: Session, row: Any, kind: Kind, shown: tuple[str, ...] = ()) -> list[tuple[Any, str]]:
    """Return label and text of what a row says under some names, else all of them; empty things are left out."""
    said = [(name, getattr(row, name)) for name in shown or kind.shown]
    return [(_label(name, kind), text) for name, value in said if (text := _said(session, name, value))]


def _label(name: str, kind: Kind) -> Any:
    return _l("In force from") if name == "valid_from" and kind.path != "policies" else LABELS[name]


def _said(session: Session, name: str, value: Any) -> str:
    """Return a value of a row in words."""
    if name == "region_code":
        return regions.name(session, value or NATION, current_locale())
    if name == "categories":
        return _(", ").join(str(CATEGORIES[each]) for each in value or ()) or _("All categories")
    if name == "evidence":
        return _(", ").join(_(" or ").join(words.evidence_kind(each) for each in group) for group in value)
    if name == "value":
        return rules_words.value(value)
    if name == "agent":
        word = vocabulary.agents()[value]
        return word.name_zh if current_locale() == "zh_CN" else word.name_en
    listed: Mapping[str, Mapping[str, Any]] = {"disinfection": DISINFECTION, "testing": TESTING}
    if name in listed:
        return str(listed[name][value])
    if name == "imported":
        return str(ORIGINS["true" if value else "false"])
    if isinstance(value, bool):
        return _("Yes") if value else ""
    if name in {"valid_from", "valid_to", "grace_until"}:
        return pages.day(value) if value else ""
    return "" if value is None else str(value)


@bp.route("/rules/<string:path>/draft", methods=["GET", "POST"])
@edge("rules.change")
def draft_rule(session: Session, actor: Actor, path: str) -> Any:
    """Ask for a new version of a row or a new row, show what it would change, save it."""
    kind = _kind(path)
    if request.method == "GET":
        code = request.args.get("code", "")
        return _form(session, kind, _start(session, kind, code), {})
    form = copy(request.form)
    step = (form.poplist("_step") or ["check"])[-1]
    if step == "edit":
        return _form(session, kind, form, {})
    try:
        if step == "send":
            return once(session, actor.user_id, form, lambda: _save(session, actor, kind, form))
        return _check(session, actor, kind, form)
    except REFUSALS as error:
        return _form(session, kind, form, *refusal(error, LABELS), stale=_is_stale(error))


def _is_stale(error: Exception) -> bool:
    return isinstance(error, DomainError) and error.code == "newer_version"


def _start(session: Session, kind: Kind, code: str) -> Form:
    """Return the form of a new version as the newest says it, or of a new row."""
    if not code:
        if kind.path == "figures":
            raise NotFound  # a figure that no rule asks for would mean nothing
        start = {"valid_from": pages.day(regions.today())} if kind.path == "protocols" else {}
        return Form({"based_on": "0", "imported": "true", "disinfection": "none", "testing": "none"} | start)
    rows = kind.versions(session, code)
    form = filled(
        {name: getattr(rows[0], name) for name in kind.shown if name not in {"evidence", "value", "categories"}}
    )
    form[kind.key] = code
    form["based_on"] = str(getattr(rows[0], "version", len(rows)))
    if kind.path != "policies":  # what was done or asked before stays as it was
        form["valid_from"] = pages.day(regions.today())
    if kind.path == "figures":
        form["value"] = figures.written(rows[0].value)
    else:
        form["name_zh"], form["name_en"] = rows[0].name_zh, rows[0].name_en
    if isinstance(rows[0], EvidencePolicy):
        for category in rows[0].categories or ():
            form.add("categories", category)
        for index, group in enumerate(rows[0].evidence):
            for each in group:
                form.add(f"evidence-{index}", each)
    return form


def _form(
    session: Session, kind: Kind, form: Form, errors: dict[str, str], status: int = 200, *, stale: bool = False
) -> Response:
    newest = None
    code = form.get(kind.key, "")
    if form.get("based_on") != "0" or stale:
        rows = kind.versions(session, code)
        newest = {
            "number": getattr(rows[0], "version", len(rows)),
            "facts": _facts(session, rows[0], kind),
            "name": _name(rows[0]),
        }
        if stale:
            form["based_on"] = str(newest["number"])
    groups = [form.getlist(f"evidence-{index}") for index in range(limits.EVIDENCE_GROUPS)]
    used = max([index + 1 for index, group in enumerate(groups) if any(group)], default=0)
    page = render_template(
        "rules/form.html",
        kind=kind,
        code=code,
        values=form,
        errors=errors,
        labels=LABELS,
        newest=newest,
        stale=stale,
        groups=groups[: max(GROUPS_SHOWN, min(used + 1, limits.EVIDENCE_GROUPS))],
        alternatives=ALTERNATIVES_SHOWN,
        papers=[(each, words.evidence_kind(each)) for each in vocabulary.evidence_kinds()],
        agents=[(each, _said(session, "agent", each)) for each in vocabulary.agents()],
        categories=CATEGORIES,
        disinfection=DISINFECTION,
        testing=TESTING,
        origins=ORIGINS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _check(session: Session, actor: Actor, kind: Kind, form: Form) -> Response:
    """Return the page that shows what a row would say and what it would change; nothing is saved by it.

    Raises what saving it would raise.
    """
    data = load(kind.schema(), form)
    found = None
    if kind.path == "policies":
        found = rules.what_changes(session, actor, **data, limit=PART, cursor=form.get("_cursor") or None)
    else:
        with trial(session):  # whatever saving would refuse is refused here
            kind.save(session, actor, **data)
    shown = dict(data)
    if kind.path == "figures":
        shown["value"] = figures.read(data["value"], kind.versions(session, data["name"])[0].value, below_zero=True)
    facts = [(_label(name, kind), text) for name in kind.shown if (text := _said(session, name, shown.get(name)))]
    codes = {change.region_code for change in found.changes} if found else set()
    page = render_template(
        "rules/check.html",
        kind=kind,
        code=data[kind.key],
        number=data["based_on"] + 1,
        name=data.get("name_zh" if current_locale() == "zh_CN" else "name_en") or rules_words.figure(data[kind.key]),
        facts_shown=facts,
        values=form,
        found=found,
        later=bool(form.get("_cursor")),
        names=regions.names(session, codes, current_locale()),
        reasons=lambda verdict: [words.own_words(item.as_dict(), "message") for item in verdict.missing],
    )
    return Response(page)


def _save(session: Session, actor: Actor, kind: Kind, form: Form) -> str:
    saved = kind.save(session, actor, **load(kind.schema(), form))
    flash(
        _("Version %(number)s is in the rule book. The former ones stay to be read.", number=saved.version), "success"
    )
    return url_for("home.show_rule", path=kind.path, code=saved.code)
