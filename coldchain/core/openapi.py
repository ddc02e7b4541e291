"""The published API document (OpenAPI 3.1) and its readable page, without scripts of others."""

from copy import deepcopy
from typing import Any

import flask_smorest
import marshmallow as ma
from flask import Flask, Response, current_app, json, render_template
from sqlmodel import Session

from coldchain.core import fields
from coldchain.core.edge import PUBLIC, Blueprint, edge

PREFIX = "/api/v1"

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("pointer", "code", "message")},
            },
        },
        "request_id": {"type": "string"},
    },
}


class Api(flask_smorest.Api):
    """flask-smorest without its app-wide error handler (it would turn pages into JSON) and its own docs."""

    def _register_error_handlers(self) -> None:
        """Errors are answered by `core.problems`."""

    def _register_doc_blueprint(self) -> None:
        """The document is served by our own blueprint below."""


def _field_schema(_converter: Any, field: ma.fields.Field[Any], **_kwargs: Any) -> dict[str, Any]:
    schema = field.openapi() if isinstance(field, fields.Field) else {}
    if isinstance(field, fields.Items):
        schema = {"minItems": field.minimum, "maxItems": field.maximum}
    if schema.get("type") and field.allow_none and isinstance(schema["type"], str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def install(app: Flask, blueprints: list[Blueprint]) -> None:
    """Register every room's API blueprint and publish the document."""
    app.config.update(
        API_TITLE="Coldchain", API_VERSION="1", OPENAPI_VERSION="3.1.0", OPENAPI_URL_PREFIX=None
    )  # fmt: skip
    api = Api(app, spec_kwargs={"info": {"description": "Cold-chain food traceability ledger"}})
    api.ma_plugin.converter.add_attribute_function(_field_schema)
    api.spec.components.schema("Problem", component=PROBLEM)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.components.response(
        "DEFAULT_ERROR",
        {
            "description": "Any refusal",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    ) if "DEFAULT_ERROR" not in api.spec.components.responses else None
    for blueprint in [*blueprints, blp]:
        api.register_blueprint(blueprint, name=f"{blueprint.name}_api")  # the room's pages have the plain name
    app.extensions["openapi"] = api


blp = Blueprint("api", __name__, url_prefix=PREFIX, description="This document")


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document of `app`, with the permission of every operation."""
    spec: dict[str, Any] = deepcopy(app.extensions["openapi"].spec.to_dict())  # its parts are the app's own
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        permission = getattr(view, "permission", None)
        path = "".join(
            part if not is_variable else "{" + part + "}"
            for is_variable, part in ((is_dynamic, data) for is_dynamic, data in rule._trace)
            if part != "|"
        )
        operations = spec["paths"].get(path, {})
        for method in rule.methods or ():
            operation = operations.get(method.lower())
            if operation is not None and permission is not None:
                operation["x-permission"] = permission
                operation["security"] = [] if permission == PUBLIC else [{"bearer": []}]
                if method == "POST":
                    operation.setdefault("parameters", []).append(
                        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}}
                    )
    return spec


@blp.route("/openapi.json")
@edge(PUBLIC)
def openapi_json(_session: Session, _actor: Any) -> Response:
    """Publish the OpenAPI 3.1 document."""
    return Response(json.dumps(document(current_app), ensure_ascii=False), content_type="application/json")


@blp.route("/docs")
@edge(PUBLIC)
def docs(_session: Session, _actor: Any) -> str:
    """Publish the same document as a page to read."""
    return render_template("api_docs.html", document=document(current_app))
