"""Languages: English message ids, Chinese by default, catalogs merged and compiled in memory.

Invariants: the message id is the English text; a locale other than English is a folder of ``coldchain/translations/``
with one PO file a room; two files that translate one id differently stop the program at load. Nothing here knows a web
framework: the locale in force is a context variable, set by whoever answers a request, runs a job or prints a report.

``%(name)s`` is filled in when variables are given. In templates a message is always a ``%`` format (Jinja's way), so a
percent sign there is written ``%%``.
"""

from __future__ import annotations

import gettext as gettext_module
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT_LOCALE: Final = "zh_CN"
SOURCE_LOCALE: Final = "en"
LOCALES: Final = (DEFAULT_LOCALE, SOURCE_LOCALE)
TRANSLATIONS_FOLDER: Final = Path(__file__).resolve().parent.parent / "translations"

# A header longer than any browser's is read only this far, so that a hostile one costs nothing.
MAX_ACCEPT_LANGUAGE_ITEMS: Final = 20

_locale: ContextVar[str] = ContextVar("coldchain_locale", default=DEFAULT_LOCALE)


class CatalogError(Exception):
    """The translations in the tree can't be used as they stand."""


class LazyText:
    """A message that is translated each time it is shown, for constants made before any request."""

    __slots__ = ("_context", "_message", "_variables")

    def __init__(self, message: str, context: str | None = None, **variables: object) -> None:
        self._message = message
        self._context = context
        self._variables = variables

    def __str__(self) -> str:
        if self._context is None:
            return gettext(self._message, **self._variables)
        return pgettext(self._context, self._message, **self._variables)

    def __repr__(self) -> str:
        return f"LazyText({self._message!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == other if isinstance(other, str) else self is other

    def __hash__(self) -> int:
        return hash((self._context, self._message))


def merge_catalogs(folder: Path, locale: str) -> Catalog:
    """Return all PO files of one locale's folder as one catalog.

    Raises CatalogError when two files give one message id different translations, or when an entry is marked fuzzy.
    """
    merged = Catalog(locale=locale)
    origin: dict[tuple[str | None, str], str] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=locale)
        for message in catalog:
            if not message.id or not message.string or (isinstance(message.string, tuple) and not all(message.string)):
                continue
            if message.fuzzy:
                raise CatalogError(f"{path.name}: {message.id!r} is marked fuzzy; decide on its translation")
            # gettext looks a plural up by its singular, so a message with and without plural would meet in one place.
            key = (message.context, message.id if isinstance(message.id, str) else message.id[0])
            known = merged.get(message.id, message.context)
            if key in origin and (known is None or known.id != message.id or known.string != message.string):
                raise CatalogError(f"{path.name} and {origin[key]} translate {key[1]!r} differently")
            origin[key] = path.name
            merged.add(message.id, message.string, context=message.context)
    return merged


@lru_cache(maxsize=len(LOCALES))
def translations(locale: str) -> gettext_module.NullTranslations:
    """Return the compiled translations of one locale; English is the message ids themselves.

    Raises CatalogError as `merge_catalogs` does, KeyError for a locale that the program does not speak.
    """
    if locale not in LOCALES:
        raise KeyError(locale)
    if locale == SOURCE_LOCALE:
        return gettext_module.NullTranslations()
    buffer = io.BytesIO()
    write_mo(buffer, merge_catalogs(TRANSLATIONS_FOLDER / locale, locale))
    buffer.seek(0)
    return gettext_module.GNUTranslations(buffer)


def current_locale() -> str:
    """Return the locale in force here: ``zh_CN`` unless somebody chose another."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Choose the locale for the rest of this context (a request).

    Raises KeyError for a locale that the program does not speak.
    """
    if locale not in LOCALES:
        raise KeyError(locale)
    _locale.set(locale)


@contextmanager
def use_locale(locale: str) -> Iterator[None]:
    """Speak one locale inside the block, then the one before it again.

    Raises KeyError for a locale that the program does not speak.
    """
    if locale not in LOCALES:
        raise KeyError(locale)
    token = _locale.set(locale)
    try:
        yield
    finally:
        _locale.reset(token)


def gettext(message: str, /, **variables: object) -> str:
    """Return the message in the current locale, with its ``%(name)s`` filled in."""
    text = translations(_locale.get()).gettext(message)
    return text % variables if variables else text


def ngettext(singular: str, plural: str, number: int, /, **variables: object) -> str:
    """Return the message for that number in the current locale; ``%(num)s`` is the number."""
    return for_number(singular, plural, number) % {"num": number, **variables}


def for_number(singular: str, plural: str, number: int, /) -> str:
    """Return the message for that number in the current locale, none of its names filled in: templates do that."""
    return translations(_locale.get()).ngettext(singular, plural, number)


def pgettext(context: str, message: str, /, **variables: object) -> str:
    """Return the message as meant in that context (one English word may be two in Chinese)."""
    text = translations(_locale.get()).pgettext(context, message)
    return text % variables if variables else text


def lazy_gettext(message: str, /, **variables: object) -> LazyText:
    """Return the message untranslated; it speaks the locale in force when it is shown."""
    return LazyText(message, None, **variables)


def lazy_pgettext(context: str, message: str, /, **variables: object) -> LazyText:
    """Return the message in its context untranslated; it speaks the locale in force when it is shown."""
    return LazyText(message, context, **variables)


def gettext_noop(message: str, /) -> str:
    """Return the message id itself: marks a constant for translation where something else translates it later."""
    return message


_ = gettext
N_ = gettext_noop


def negotiate(cookie_value: str | None, accept_language: str | None) -> str:
    """Return ``zh_CN`` or ``en``: a valid choice in the cookie wins, then English only if preferred over Chinese.

    Browsers send ``zh``, ``zh-Hans-CN``, ``zh-TW``: each is Chinese. A reader of neither language gets Chinese.
    """
    if cookie_value in LOCALES:
        return str(cookie_value)
    weights = {"zh": -1.0, "en": -1.0}
    any_weight = -1.0
    for item in (accept_language or "").split(",")[:MAX_ACCEPT_LANGUAGE_ITEMS]:
        tag, _semicolon, parameter = item.strip().partition(";")
        weight = _quality(parameter)
        primary = tag.strip().lower().replace("_", "-").partition("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], weight)
        elif primary == "*":
            any_weight = max(any_weight, weight)
    chinese, english = (weight if weight >= 0 else any_weight for weight in (weights["zh"], weights["en"]))
    return SOURCE_LOCALE if english > max(chinese, 0.0) else DEFAULT_LOCALE


def _quality(parameter: str) -> float:
    """Return the q of one Accept-Language item: 1 when absent, 0 when it is no number between 0 and 1."""
    name, equals, value = parameter.strip().partition("=")
    if not equals or name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
