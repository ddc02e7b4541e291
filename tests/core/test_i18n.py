"""Languages: which one a reader gets, what a catalog may hold, and that every message on a screen has its Chinese."""

import ast
import contextlib
import re
import string
import threading
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from coldchain.core import i18n
from coldchain.core.problems import HTTP_WORDS

ROOT = Path(__file__).resolve().parents[2]
HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **dict.fromkeys(("lazy_gettext", "_l", "gettext_noop")),
    **dict.fromkeys(("lazy_pgettext", "_p"), ((1, "c"), 2)),
}
# Calls that carry a message id for someone else to translate; every class derived from DomainError is one too.
MESSAGE_MAKERS = {"FieldError", "Coded", "refuse", "IdentifierError", "TextError"}
TRANSLATORS = {"_", "N_", "gettext", "ngettext", "pgettext", "lazy_gettext", "lazy_pgettext"}
CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")


# --- which language ---


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "zh_CN"),
        ("", "zh_CN"),
        ("zh", "zh_CN"),
        ("zh-Hans-CN", "zh_CN"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("EN_us", "en"),
        ("en;q=0.7,zh;q=0.8", "zh_CN"),
        ("zh;q=0.7,en;q=0.8", "en"),
        ("en;q=0.8,zh;q=0.8", "zh_CN"),  # not preferred: equal
        ("fr-FR,fr;q=0.9", "zh_CN"),
        ("fr-FR,fr;q=0.9,en;q=0.5", "en"),
        ("en;q=0.5,*;q=0.9", "zh_CN"),  # the star covers Chinese
        ("en,*;q=0.1", "en"),
        ("*", "zh_CN"),
        ("en;q=0", "zh_CN"),
        ("en;q=abc", "zh_CN"),
        ("en;q=9", "zh_CN"),
        ("en;q=nan", "zh_CN"),
        (";;;,,,=", "zh_CN"),
        ("," * 100_000 + "en", "zh_CN"),
    ],
)
def test_a_reader_gets_english_only_when_it_is_preferred_over_chinese(header: str | None, expected: str) -> None:
    assert i18n.negotiate(None, header) == expected


def test_a_choice_kept_in_the_cookie_wins_and_a_forged_one_is_ignored() -> None:
    assert i18n.negotiate("en", "zh") == "en"
    assert i18n.negotiate("zh_CN", "en") == "zh_CN"
    assert i18n.negotiate("../../etc", "zh") == "zh_CN"
    assert i18n.negotiate("fr", "en") == "en"


def test_the_locale_in_force_is_chinese_unless_chosen_and_ends_with_its_block() -> None:
    assert i18n.current_locale() == "zh_CN"
    with i18n.use_locale("en"):
        assert i18n.current_locale() == "en"
        with i18n.use_locale("zh_CN"):
            assert i18n.current_locale() == "zh_CN"
        assert i18n.current_locale() == "en"
    with pytest.raises(RuntimeError), i18n.use_locale("en"):
        raise RuntimeError
    assert i18n.current_locale() == "zh_CN"


def test_a_locale_that_the_program_does_not_speak_is_refused() -> None:
    with pytest.raises(KeyError), i18n.use_locale("fr"):
        pass
    with pytest.raises(KeyError):
        i18n.set_locale("fr")
    with pytest.raises(KeyError):
        i18n.translations("fr")


def test_another_thread_keeps_its_own_locale() -> None:
    seen: list[str] = []
    with i18n.use_locale("en"):
        thread = threading.Thread(target=lambda: seen.append(i18n.current_locale()))
        thread.start()
        thread.join()
    assert seen == ["zh_CN"]


# --- what a message says ---


def test_messages_speak_the_locale_in_force() -> None:
    assert i18n.gettext("Must not leave") == "不得出库"
    assert i18n.ngettext("%(count)s piece", "%(count)s pieces", 2, count="2") == "2 件"
    with i18n.use_locale("en"):
        assert i18n.gettext("Must not leave") == "Must not leave"
        assert i18n.ngettext("%(num)s thing to change", "%(num)s things to change", 1) == "1 thing to change"
        assert i18n.ngettext("%(num)s thing to change", "%(num)s things to change", 0) == "0 things to change"


def test_an_unknown_message_stays_english_rather_than_failing() -> None:
    assert i18n.gettext("No catalog knows this %(what)s", what="line") == "No catalog knows this line"
    assert i18n.gettext("100 % sure") == "100 % sure"
    assert i18n.pgettext("nowhere", "No catalog knows this") == "No catalog knows this"


def test_a_lazy_message_is_translated_when_it_is_shown() -> None:
    lazy = i18n.lazy_gettext("Must not leave")
    assert str(lazy) == "不得出库"
    assert lazy == "不得出库"
    with i18n.use_locale("en"):
        assert str(lazy) == "Must not leave"
    assert len({lazy, lazy, i18n.lazy_gettext("Must not leave")}) == 2


# --- what a catalog may hold ---


def _po(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(HEADER + body, encoding="utf-8")


def test_two_rooms_that_translate_one_message_differently_are_refused(tmp_path: Path) -> None:
    _po(tmp_path, "one.po", 'msgid "Close"\nmsgstr "关闭"\n')
    _po(tmp_path, "two.po", 'msgid "Close"\nmsgstr "关门"\n')
    with pytest.raises(i18n.CatalogError, match=r"two\.po and one\.po"):
        i18n.merge_catalogs(tmp_path, "zh_CN")


def test_a_plural_and_a_plain_message_of_one_id_must_not_differ_either(tmp_path: Path) -> None:
    _po(tmp_path, "one.po", 'msgid "%(num)s site"\nmsgid_plural "%(num)s sites"\nmsgstr[0] "%(num)s 家"\n')
    _po(tmp_path, "two.po", 'msgid "%(num)s site"\nmsgstr "%(num)s 个场所"\n')
    with pytest.raises(i18n.CatalogError):
        i18n.merge_catalogs(tmp_path, "zh_CN")


def test_the_same_translation_twice_and_the_same_word_in_two_contexts_are_fine(tmp_path: Path) -> None:
    _po(tmp_path, "one.po", 'msgid "Close"\nmsgstr "关闭"\n')
    _po(tmp_path, "two.po", 'msgid "Close"\nmsgstr "关闭"\n\nmsgctxt "shop"\nmsgid "Close"\nmsgstr "打烊"\n')
    merged = i18n.merge_catalogs(tmp_path, "zh_CN")
    assert len(merged) == 2


def test_a_fuzzy_translation_is_refused(tmp_path: Path) -> None:
    _po(tmp_path, "one.po", '#, fuzzy\nmsgid "Close"\nmsgstr "关闭"\n')
    with pytest.raises(i18n.CatalogError, match="fuzzy"):
        i18n.merge_catalogs(tmp_path, "zh_CN")


def test_nothing_compiled_lies_in_the_tree() -> None:
    assert not list((ROOT / "coldchain").rglob("*.mo"))


# --- every message on a screen has its Chinese ---


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / "coldchain").rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def _name(node: ast.expr) -> str:
    """The name that a call or a base class ends in: `errors.Invalid` is `Invalid`, `Invalid.field` is `Invalid`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        own = node.attr
        return _name(node.value) if own[:1].islower() and _name(node.value)[:1].isupper() else own
    return ""


def _error_classes() -> dict[str, list[ast.ClassDef]]:
    classes = defaultdict(list)
    for _path, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(node)
    errors = {"DomainError"}
    while True:
        more = {n for n, found in classes.items() if any(_name(b) in errors for c in found for b in c.bases)} - errors
        if not more:
            return {name: classes[name] for name in errors}
        errors |= more


def _is_sentence(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and " " in node.value.strip()
        and node.value[:1].isupper()
    )


@cache
def messages_in_errors() -> dict[str, str]:
    """Message ids that errors carry to the edge: {id: file}."""
    errors = _error_classes()
    makers = MESSAGE_MAKERS | set(errors)
    found = {words: "coldchain/core/problems.py" for _code, words in HTTP_WORDS.values()}
    for path, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in makers:
                told = [*node.args, *(k.value for k in node.keywords if k.arg == "message")]
                found.update({a.value: str(path) for a in told if _is_sentence(a)})  # type: ignore[attr-defined]
    for definitions in errors.values():
        for definition in definitions:
            for node in ast.walk(definition):
                if isinstance(node, ast.FunctionDef):
                    found.update({d.value: "coldchain/core/errors.py" for d in node.args.defaults if _is_sentence(d)})  # type: ignore[attr-defined]
    return found


@cache
def messages_marked() -> dict[tuple[str | None, str], str]:
    """Message ids inside translating calls, in Python and in templates: {(context, id or singular): file}."""
    mapping = [("coldchain/**.py", "python"), ("templates/**.html", "jinja2")]
    found: dict[tuple[str | None, str], str] = {}
    for folder in ("coldchain", "templates"):
        rows = extract_from_dir(
            ROOT / folder,
            [(pattern.split("/", 1)[1], method) for pattern, method in mapping if pattern.startswith(folder)],
            keywords=KEYWORDS,
            directory_filter=lambda _folder: True,  # the default leaves out _macros
        )
        for file, _line, message, _comments, context in rows:
            found[context, message if isinstance(message, str) else message[0]] = f"{folder}/{file}"
    return found


@cache
def string_constants() -> set[str]:
    """Every string constant in Python: a translation of one of them may be used by way of a table."""
    return {
        node.value
        for _path, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _catalog_files() -> list[Path]:
    return sorted((i18n.TRANSLATIONS_FOLDER / i18n.DEFAULT_LOCALE).glob("*.po"))


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=i18n.DEFAULT_LOCALE)


def _room(file: str) -> str:
    """The room whose PO file should hold the messages of a file; what several rooms share is the core's."""
    _folder, *rest = file.split("/")
    return rest[0] if len(rest) > 1 and rest[0] not in {"_macros", "errors"} else "core"


ROOMS = sorted(
    {
        _room(f"{top}/{path.name}/x")
        for top in ("coldchain", "templates")
        for path in (ROOT / top).iterdir()
        if path.is_dir() and path.name not in {"static", "translations", "__pycache__"}
    }
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_message_is_translated(room: str) -> None:
    known = {
        (m.context, m.id if isinstance(m.id, str) else m.id[0])
        for path in _catalog_files()
        for m in _read(path)
        if m.id
    }
    said = {**{(None, text): where for text, where in messages_in_errors().items()}, **messages_marked()}
    missing = sorted(f"{where}: {key[1]!r}" for key, where in said.items() if _room(where) == room and key not in known)
    assert not missing, f"translations/zh_CN/{room}.po lacks:\n" + "\n".join(missing)


@pytest.mark.parametrize("path", _catalog_files(), ids=lambda path: path.name)
def test_every_translation_is_complete_and_used(path: Path) -> None:
    used = set(messages_marked()) | {(None, text) for text in messages_in_errors()}
    for message in _read(path):
        if not message.id:
            continue
        singular = message.id if isinstance(message.id, str) else message.id[0]
        texts = (message.string,) if isinstance(message.string, str) else message.string
        assert texts, singular
        assert all(texts), f"{singular!r} has no Chinese"
        assert (message.context, singular) in used or singular in string_constants(), f"nothing says {singular!r}"


def _placeholders(text: str) -> set[str]:
    named = set(re.findall(r"%\((\w+)\)", text))
    with contextlib.suppress(ValueError):  # a brace that is not a placeholder
        named |= {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
    return named


@pytest.mark.parametrize("path", _catalog_files(), ids=lambda path: path.name)
def test_a_translation_fills_in_what_its_message_fills_in(path: Path) -> None:
    for message in _read(path):
        if not message.id:
            continue
        ids = (message.id,) if isinstance(message.id, str) else message.id
        texts = (message.string,) if isinstance(message.string, str) else message.string
        for text in texts:
            assert _placeholders(text) == _placeholders(ids[-1]), ids[0]


def test_messages_of_templates_are_formats() -> None:
    """Jinja fills in `%` always: a lone percent sign would fail when the page is shown."""
    for (_context, message), where in messages_marked().items():
        if where.startswith("templates/"):
            assert message % defaultdict(str) is not None, where
            assert i18n.gettext(message) % defaultdict(str) is not None, where


def test_message_ids_are_english() -> None:
    assert not [text for _context, text in messages_marked() if CHINESE.search(text)]
    assert not [text for text in messages_in_errors() if CHINESE.search(text)]


def _bare(template: str) -> str:
    """A template without comments, expressions and statements; what a reader sees is what is left."""
    return re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", template, flags=re.DOTALL)


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", _bare(source), flags=re.DOTALL)
    for attribute in re.findall(r"\b(?:placeholder|aria-label|title|alt)=\"([^\"]*)\"", bare):
        assert not re.search(r"[A-Za-z]{3}", attribute), f"untranslated: {attribute}"
    text = re.sub(
        r"<!--.*?-->|<[^>]*>|\s[a-z-]+=\"[^\"]*\"", " ", bare, flags=re.DOTALL
    )  # tags, and attributes of macros
    assert not re.search(r"[A-Za-z]{3}", text), f"untranslated: {' '.join(text.split())[:200]}"
    code = re.sub(r"{#.*?#}", "", source, flags=re.DOTALL).replace("中文", "")
    code = re.sub(r'<span class="cc-chop".*?</span></span>', "", code)
    assert not CHINESE.search(code), f"Chinese outside a catalog: {CHINESE.findall(code)}"


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_templates_bring_no_style_and_no_script(path: Path) -> None:
    """The content security policy would refuse them without a word."""
    bare = _bare(path.read_text(encoding="utf-8"))
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|\shx-on", bare)
    assert not re.search(r"<script(?![^>]*\bsrc=)", bare)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", bare)
