"""The text of a report that an officer copies into a chat: short sentences, only computed figures, unknowns stated."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlmodel import Session

from coldchain.core.clock import BEIJING
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import ngettext, use_locale
from coldchain.recall.figures import Figures
from coldchain.recall.models import Recall, RecallVersion
from coldchain.regions import service as regions


@dataclass(frozen=True)
class Facts:
    """What the text is made of; place names in both languages by locale."""

    kind: str
    title: str
    places: dict[str, str]
    received_at: datetime
    as_of: datetime
    notice_no: str
    figures: Figures

    @classmethod
    def of(cls, session: Session, recall: Recall, version: RecallVersion, as_of: datetime, figures: Figures) -> "Facts":
        """Gather the facts of a recall's report."""
        places = {locale: regions.name(session, recall.region_code, locale) for locale in ("zh_CN", "en")}
        return cls(recall.kind, recall.title, places, recall.received_at, as_of, version.notice_no, figures)


def _mass(mass_g: int) -> str:
    """Return grams in tonnes from one tonne on, else in kilograms, without trailing zeros in kilograms."""
    if mass_g >= 1_000_000:
        return _("{tonnes} t").format(tonnes=(Decimal(mass_g) / 1_000_000).quantize(Decimal("0.01"), ROUND_HALF_UP))
    kilograms = f"{Decimal(mass_g) / 1000:.3f}".rstrip("0").rstrip(".")
    return _("{kilograms} kg").format(kilograms=kilograms)


def _moment(moment: datetime) -> str:
    local = moment.astimezone(BEIJING)
    values = {"month": local.month, "day": local.day, "hour": local.hour, "minute": f"{local.minute:02d}"}
    message = _("{month}/{day} {hour}:{minute}") if local.minute else _("{month}/{day} {hour}:00")
    return message.format(**values)


def _headline(facts: Facts, locale: str) -> str:
    headlines = {
        "outbreak_sweep": _("[{place}: outbreak sweep bulletin]"),
        "assistance": _("[{place}: assistance bulletin]"),
        "food_recall": _("[{place}: food recall bulletin]"),
        "drill": _("[{place}: drill bulletin. This is a drill: nothing is locked, nothing is sealed]"),
    }
    return headlines[facts.kind].format(place=facts.places[locale])


def _sites(figures: Figures) -> str:
    words = _("Sites due {due}, checked {checked}: found {found}, none found {none}; not checked {open}").format(
        due=figures.sites_due,
        checked=figures.sites_checked,
        found=figures.sites_found,
        none=figures.sites_none,
        open=figures.sites_open,
    )
    reasons = [
        message.format(count=count)
        for message, count in (
            (_("closed {count}"), figures.sites_closed),
            (_("unreachable {count}"), figures.sites_unreachable),
            (_("refused {count}"), figures.sites_refused),
            (_("not reached yet {count}"), figures.sites_not_reached_yet),
            (_("looked at, more goods came since {count}"), figures.sites_reopened),
        )
        if count
    ]
    return words + (_(" ({reasons})").format(reasons=_(", ").join(reasons)) if reasons else "") + _(".")


def _nothing(figures: Figures) -> str:
    """Return what is said when the latest looks found nothing: that nothing matched only if nothing ever did."""
    if figures.sites_found_before:
        return ngettext(
            "Goods that match were found at %(num)s site earlier; the latest record there has none.",
            "Goods that match were found at %(num)s sites earlier; the latest records there have none.",
            figures.sites_found_before,
        )
    if figures.examined_mass_g:
        return _("Examined {mass}, nothing matched.").format(mass=_mass(figures.examined_mass_g))
    return _("Nothing that matches was found so far.")


def _locked(figures: Figures) -> str:
    """Return what is locked in the books: waiting to be sealed, unless checked sites have less than their books."""
    if not figures.unseen_mass_g:
        return _("Locked in the books, waiting to be sealed on site: {mass} (places: {sites}), listed apart.").format(
            mass=_mass(figures.locked_mass_g), sites=figures.sites_locked
        )
    return _(
        "Locked in the books: {mass} (places: {sites}), listed apart; of that {unseen} is in the books of "
        "checked sites and was not seen there (places: {unseen_sites})."
    ).format(
        mass=_mass(figures.locked_mass_g), sites=figures.sites_locked,
        unseen=_mass(figures.unseen_mass_g), unseen_sites=figures.sites_unseen,
    )  # fmt: skip


def _goods(figures: Figures, drill: bool) -> str:
    found = figures.sites_found + figures.sites_reopened_found
    if not found:
        return _nothing(figures)
    unweighed = found - figures.sites_weighed
    if not figures.sites_weighed:
        return ngettext(
            "The goods found at %(num)s site were not weighed.", "The goods found at %(num)s sites were not weighed.",
            found,
        )  # fmt: skip
    words = ngettext(
        "Found %(mass)s at %(weighed)s of %(num)s site", "Found %(mass)s at %(weighed)s of %(num)s sites",
        found, mass=_mass(figures.matched_mass_g), weighed=figures.sites_weighed,
    )  # fmt: skip
    if figures.sites_reopened_found:
        words += _("; to {again} of them more goods came since").format(again=figures.sites_reopened_found)
    if unweighed:
        words += _("; the other {unweighed} were not weighed").format(unweighed=unweighed)
    if drill:
        if figures.practised_mass_g == figures.matched_mass_g:
            return words + _("; sealing was practised for all of that, nothing was sealed.")
        return words + _(
            "; sealing practised {practised}, taken off sale {taken_off}, left {left}; nothing was sealed."
        ).format(
            practised=_mass(figures.practised_mass_g),
            taken_off=_mass(figures.taken_off_mass_g),
            left=_mass(figures.left_mass_g),
        )
    if figures.sealed_mass_g == figures.matched_mass_g:
        return words + _("; all of that is sealed on site.")
    return words + _("; sealed on site {sealed}, taken off sale {taken_off}, left {left}.").format(
        sealed=_mass(figures.sealed_mass_g),
        taken_off=_mass(figures.taken_off_mass_g),
        left=_mass(figures.left_mass_g),
    )


def _samples(figures: Figures) -> list[str]:
    states = {
        "taken": _("taken, not sent {count}"),
        "sent": _("results pending {count}"),
        "negative": _("negative {count}"),
        "positive": _("positive {count}"),
    }
    lines = []
    for number in sorted({row["round"] for row in figures.samples}):
        counts = dict.fromkeys(states, 0)
        for row in figures.samples:
            if row["round"] == number:
                counts[row["state"]] += row["pieces"]
        total = sum(counts.values())
        if counts["negative"] == total:
            lines.append(_("Samples, round {round}: {total}, all negative.").format(round=number, total=total))
        else:
            parts = _(", ").join(words.format(count=counts[state]) for state, words in states.items() if counts[state])
            lines.append(_("Samples, round {round}: {total}: {parts}.").format(round=number, total=total, parts=parts))
    return lines


def text(facts: Facts, locale: str) -> str:
    """Return the bulletin in one language, a sentence a line."""
    with use_locale(locale):
        figures = facts.figures
        lines = [
            _headline(facts, locale),
            _("As of {moment}:").format(moment=_moment(facts.as_of)),
            _("By the notice of {moment} ({notice_no}), sweep for {title}.").format(
                moment=_moment(facts.received_at), notice_no=facts.notice_no, title=facts.title
            ),
            _sites(figures),
            _goods(figures, facts.kind == "drill"),
            *_samples(figures),
        ]
        if figures.people_controlled:
            lines.append(_("People under control: {count}.").format(count=figures.people_controlled))
        if figures.locked_mass_g or figures.sites_locked:
            lines.append(_locked(figures))
        if figures.late_entries:
            lines.append(
                _("Entered late: {count} documents, {mass} had left before the books knew of it, listed apart.").format(
                    count=figures.late_entries, mass=_mass(figures.late_mass_g)
                )
            )
        lines.append(_("How much there is outside the books is not known."))
        return "\n".join(lines)
