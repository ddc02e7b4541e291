"""What is wrong with a page's HTML as it was sent, by the standard's parser and by rules that the parser doesn't know.

The Nu checker knows more and needs Java and npm, so it is not a part of the tests; `docs/guides/pages.md` says how to
run it over all pages of a running demonstration.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element

import html5lib

REFERENCES: Final = (
    "for",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "aria-owns",
    "list",
    "form",
    "headers",
)
FIELDS: Final = {"input", "select", "textarea", "button", "output", "progress", "meter"}
PRESSED: Final = {"a", "button", "input", "select", "textarea", "summary", "label"}
# Where only words and their like may stand; what may not stand there.
PHRASES: Final = {
    "p", "h1", "h2", "h3", "h4", "span", "b", "small", "strong", "label", "button", "time", "legend", "summary",
    "option", "code", "abbr", "dt", "caption", "pre",
}  # fmt: skip
BLOCKS: Final = {
    "div", "p", "ul", "ol", "dl", "li", "table", "section", "article", "nav", "header", "footer", "main", "form", "h1",
    "h2", "h3", "h4", "fieldset", "details", "figure", "hr", "pre", "blockquote", "aside",
}  # fmt: skip
HOLDERS: Final = PHRASES | BLOCKS | {"dd", "td", "th"}
IN_LEGEND: Final = {"h1", "h2", "h3", "h4"}  # the standard lets headings stand in a legend and a summary
CHILDREN: Final = {
    "ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd", "div"}, "select": {"option", "optgroup"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot"}, "tr": {"td", "th"},
    "thead": {"tr"}, "tbody": {"tr"}, "tfoot": {"tr"},
}  # fmt: skip
EVERYWHERE: Final = {
    "id", "class", "lang", "title", "hidden", "tabindex", "role", "dir", "translate", "autofocus", "inputmode",
    "enterkeyhint",
}  # fmt: skip
ALLOWED: Final = {
    "a": {"href", "download", "rel", "target", "hreflang", "type"},
    "form": {"method", "action", "enctype", "novalidate"},
    "input": {
        "type", "name", "value", "checked", "required", "readonly", "disabled", "maxlength", "minlength", "min", "max",
        "step", "placeholder", "autocomplete", "accept", "capture", "multiple", "list", "pattern", "form", "size",
        "spellcheck", "autocapitalize",
    },
    "button": {"type", "name", "value", "disabled", "form", "formaction", "formmethod", "formnovalidate"},
    "select": {"name", "required", "disabled", "multiple", "size", "form", "autocomplete"},
    "textarea": {
        "name", "rows", "cols", "maxlength", "minlength", "required", "readonly", "placeholder", "spellcheck",
        "disabled", "autocomplete", "form",
    },
    "option": {"value", "selected", "disabled", "label"}, "optgroup": {"label", "disabled"}, "label": {"for"},
    "img": {"src", "alt", "width", "height", "loading", "decoding"}, "time": {"datetime"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan", "headers"}, "meta": {"charset", "name", "content", "http-equiv"},
    "link": {"rel", "href", "type", "media", "sizes"}, "script": {"src", "defer", "type", "async"}, "html": set(),
    "progress": {"value", "max"}, "details": {"open", "name"}, "ol": {"start", "reversed", "type"}, "li": {"value"},
    "fieldset": {"disabled", "form", "name"}, "col": {"span"}, "colgroup": {"span"}, "output": {"for", "form", "name"},
    "data": {"value"}, "q": {"cite"}, "blockquote": {"cite"}, "object": {"data", "type", "width", "height"},
}  # fmt: skip
HEADING: Final = re.compile(r"h[1-6]")
HTML: Final = "{http://www.w3.org/1999/xhtml}"


def wrong(source: str) -> list[str]:
    """Return what is wrong with a page, a line each; nothing for a page that is in order."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=True)
    root = parser.parse(source)
    lines = source.split("\n")
    found = [f"{code} {data.get('name', '')}: {lines[line - 1][:160]}" for (line, _), code, data in parser.errors]
    problems = list(_each(root, ()))
    for holder in root.iter(f"{HTML}template"):
        holder.clear()  # what stands in it is not on the page yet; it is numbered when it comes there
    return [*found, *problems, *_whole(root)]


def _name(element: Element) -> str:
    return str(element.tag).removeprefix(HTML)


def _shown(element: Element) -> str:
    return f"<{_name(element)} {' '.join(f'{key}={value!r}' for key, value in element.attrib.items())}>"[:160]


def _whole(root: Element) -> Iterator[str]:
    """Yield what is wrong with the page as a whole: ids, references, headings, title."""
    elements = [each for each in root.iter() if isinstance(each.tag, str) and each.tag.startswith(HTML)]
    ids = Counter(value for each in root.iter() if (value := each.get("id")) is not None)
    yield from (f"id {value!r} {count} times" for value, count in ids.items() if count > 1 or not value.strip())
    yield from _references(elements, set(ids))
    levels = [int(_name(each)[1]) for each in elements if HEADING.fullmatch(_name(each))]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} h1"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"h{after} follows h{before}"
    names = Counter(_name(each) for each in elements)
    if names["main"] != 1 or names["title"] != 1:
        yield f"{names['main']} main, {names['title']} title"
    if not root.get("lang"):
        yield "no language"


def _references(elements: list[Element], ids: set[str]) -> Iterator[str]:
    """Yield references to what is not on the page, and labels of what is no field."""
    for each in elements:
        for reference in REFERENCES:
            names = each.get(reference, "").split()
            yield from (f"{reference} without {name!r}: {_shown(each)}" for name in names if name not in ids)
        target = each.get("href", "")
        if _name(each) == "a" and len(target) > 1 and target.startswith("#") and target[1:] not in ids:
            yield f"no {target} on this page: {_shown(each)}"
    by_id = {each.get("id"): _name(each) for each in elements}
    for each in elements:
        if _name(each) == "label" and "for" in each.attrib and by_id.get(each.get("for")) not in FIELDS:
            yield f"a label of no field: {_shown(each)}"


def _each(element: Element, above: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with an element and those in it: where it stands, what it bears."""
    for child in element:
        if not isinstance(child.tag, str):
            continue  # a comment
        if not child.tag.startswith(HTML):
            if "hidden" in child.attrib:
                yield f"hidden means nothing here: {_shown(child)}"
            continue
        name, parent = _name(child), _name(element)
        if parent in CHILDREN and name not in CHILDREN[parent] | {"template", "script"}:
            yield f"<{name}> in <{parent}>: {_shown(child)}"
        if name == "li" and parent not in {"ul", "ol"}:
            yield f"<li> in <{parent}>: {_shown(child)}"
        if name in BLOCKS:
            around = next((each for each in reversed(above) if each in HOLDERS), "")
            if around in PHRASES and not (around in {"legend", "summary"} and name in IN_LEGEND):
                yield f"<{name}> in <{around}>: {_shown(child)}"
        yield from _pressed(child, name, above)
        yield from _borne(child, name)
        yield from _each(child, (*above, name))


def _pressed(element: Element, name: str, above: tuple[str, ...]) -> Iterator[str]:
    """Yield that something to press stands in something to press (a field may stand in its label)."""
    if name not in PRESSED or element.get("type") == "hidden":
        return
    around = [each for each in above if each in PRESSED]
    if around and not (around == ["label"] and name in FIELDS):
        yield f"<{name}> in <{around[-1]}>: {_shown(element)}"
    if name == "form" and "form" in above:
        yield f"a form in a form: {_shown(element)}"


def _borne(element: Element, name: str) -> Iterator[str]:
    """Yield attributes that mean nothing on an element, and words that are missing."""
    for attribute in element.attrib:
        if attribute.startswith(("data-", "aria-")) or attribute in EVERYWHERE | ALLOWED.get(name, set()):
            continue
        yield f"{attribute} means nothing here: {_shown(element)}"
    if name == "img" and "alt" not in element.attrib:
        yield f"a picture without words: {_shown(element)}"
    if name in {"a", "button"} and not ("".join(element.itertext()).strip() or element.get("aria-label")):
        pictured = any(_name(each) == "img" and each.get("alt") for each in element.iter() if isinstance(each.tag, str))
        if not pictured:
            yield f"nothing to read: {_shown(element)}"
