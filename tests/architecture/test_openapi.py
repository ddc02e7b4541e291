"""The published API document is valid and complete."""

from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from coldchain.core import openapi


def test_document_is_valid_openapi(app: Flask) -> None:
    """OpenAPI 3.1, by an independent validator."""
    document = openapi.document(app)
    assert document["openapi"].startswith("3.1")
    errors = [f"{list(e.absolute_path)}: {e.message}" for e in OpenAPIV31SpecValidator(document).iter_errors()]
    assert errors == []


def test_every_api_route_is_in_the_document(app: Flask) -> None:
    """Nothing of the API is unpublished, and every operation says who may."""
    document = openapi.document(app)
    published = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1"):
            continue
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<uuid:{argument}>", f"{{{argument}}}").replace(f"<{argument}>", f"{{{argument}}}")
            path = path.replace(f"<string:{argument}>", f"{{{argument}}}").replace(
                f"<int:{argument}>", f"{{{argument}}}"
            )
            path = path.replace(f"<path:{argument}>", f"{{{argument}}}")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert (path, method) in published
            assert "x-permission" in document["paths"][path][method.lower()]


def test_no_list_is_said_to_hold_null(app: Flask) -> None:
    """What isn't there is left out of a list."""
    waiting: list[object] = [openapi.document(app)]
    lists = 0
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            items = each.get("items")
            if each.get("type") in ("array", ["array", "null"]) and isinstance(items, dict):
                lists += 1
                kinds = items.get("type", ())
                assert "null" not in ([kinds] if isinstance(kinds, str) else kinds), each
                assert {"type": "null"} not in [*items.get("anyOf", ()), *items.get("oneOf", ())], each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    assert lists > 50
