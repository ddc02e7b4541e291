"""The edge: every view names its permission, gets a session and an actor, and owns the transaction.

`@blp.route` → `@blp.arguments` → `@edge(permission)` → `@blp.response`. A view without `@edge` is refused by default.
Who the actor is and what a permission means is supplied by a higher room through `Gatekeeper`.
"""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

import flask_smorest
import marshmallow as ma
from flask import Flask, Request, Response, current_app, g, request
from marshmallow import Schema as AnySchema
from webargs.flaskparser import FlaskParser

from coldchain.core import forms, idempotency, json_body
from coldchain.core.db import transaction
from coldchain.core.errors import DomainError, Invalid, NotFound, Unauthenticated

PUBLIC = "public"
SIGNED_IN = "signed_in"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Gatekeeper(Protocol):
    """What the room of accounts supplies to the edge."""

    def check(self, actor: Any, permission: str, *, changes: bool = False) -> None:
        """Raise Forbidden unless `actor` may ever do this; a change may need a fresh proof of who it is."""

    def fingerprint(self, actor: Any) -> str:
        """Return principal and rights as text; a replay needs the same."""

    def scope(self, actor: Any, permission: str) -> Any:
        """Return how far `actor` sees with `permission`: `everything`, `business_id`, `region_stems`."""


class Witness(Protocol):
    """Who is told of what a view showed, while its transaction is still open."""

    def saw(self, session: Any, actor: Any, permission: str) -> None:
        """Write down what `actor` was shown in `session` that somebody must be able to look up."""


class StrictParser(FlaskParser):
    """webargs with our JSON loader, form conversion of query strings, and unknown fields refused everywhere."""

    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(("json", "query", "form", "files", "json_or_form"), ma.RAISE)

    def load_json(self, req: Request, schema: AnySchema) -> Any:
        if req.mimetype != "application/json":
            if req.content_length or req.mimetype:
                raise DomainError("Send application/json.", code="unsupported_media_type", status=415)
            return {}
        raw = req.get_data(cache=True)
        if not raw and not any(field.required for field in schema.load_fields.values()):
            return {}  # an approval, an announcement: nothing has to be said
        return json_body.load(raw)

    def load_querystring(self, req: Request, schema: AnySchema) -> Any:
        return forms.query(schema, req.args.items(multi=True))

    def load_form(self, req: Request, schema: AnySchema) -> Any:
        return forms.nested(schema, req.form.items(multi=True))

    def load_json_or_form(self, req: Request, schema: AnySchema) -> Any:
        """JSON, or multipart/form-data where a file comes along: one value either way, for one schema."""
        if req.mimetype != "multipart/form-data":
            return self.load_json(req, schema)
        return forms.nested(schema, req.form.items(multi=True)) | req.files.to_dict()

    def handle_error(self, error: ma.ValidationError, req: Any, schema: Any, **kwargs: Any) -> Any:
        messages: Any = error.messages
        if isinstance(messages, dict) and set(messages) <= {"json", "query", "form", "files", "json_or_form"}:
            messages = next(iter(messages.values()))
        raise ma.ValidationError(messages)


class Blueprint(flask_smorest.Blueprint):
    """A room's API blueprint; a view without a query schema takes no query."""

    ARGUMENTS_PARSER = StrictParser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {
        **flask_smorest.Blueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING,
        "json_or_form": "application/json",
    }

    def _prepare_arguments_doc(self, doc: Any, doc_info: Any, **kwargs: Any) -> Any:
        """Publish what may come as JSON or with a file under both content types."""
        told = doc_info.get("arguments", {}).get("parameters", ())
        both = any(isinstance(one, dict) and one.get("in") == "json_or_form" for one in told)
        doc = super()._prepare_arguments_doc(doc, doc_info, **kwargs)
        if both:
            content = doc["requestBody"]["content"]
            content["multipart/form-data"] = dict(content["application/json"])
        return doc

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Callable[..., Any]:
        """Parse and check the arguments of one location; remembers that the view reads a query."""
        decorate = super().arguments(schema, location=location, **kwargs)

        def marked(view: Callable[..., Any]) -> Callable[..., Any]:
            wrapper: Callable[..., Any] = decorate(view)
            if location == "query":
                wrapper.takes_query = True  # type: ignore[attr-defined]
            return wrapper

        return marked


def current_actor() -> Any:
    """Return the signed-in actor or None."""
    return g.get("actor")


def reach(actor: Any, permission: str) -> Any:
    """Return how far an actor sees, for rooms that lie below the one of rights. Raises Forbidden."""
    gatekeeper: Gatekeeper = current_app.extensions["gatekeeper"]
    return gatekeeper.scope(actor, permission)


def also_needs(actor: Any, permission: str) -> None:
    """Ask for a second permission inside a view, for a form whose buttons do different things. Raises Forbidden."""
    gatekeeper: Gatekeeper = current_app.extensions["gatekeeper"]
    gatekeeper.check(actor, permission, changes=True)


def edge(permission: str, *, secret: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give the view `(session, actor, …)` in one transaction, after checking `permission`; POSTs are idempotent by key.

    `secret`: the answer holds a secret and is never kept for replay.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            gatekeeper: Gatekeeper = current_app.extensions["gatekeeper"]
            actor = current_actor()
            gatekeeper.check(actor, permission, changes=request.method not in SAFE)
            with transaction() as session:

                def answer() -> Response:
                    made = current_app.make_response(view(session, actor, *args, **kwargs))
                    witness: Witness | None = current_app.extensions["witness"]
                    if witness is not None:
                        witness.saw(session, actor, permission)
                    return made

                idempotency_key = request.headers.get("Idempotency-Key")
                if request.method != "POST" or idempotency_key is None or secret:
                    return answer()
                parsed = args[0] if args and isinstance(args[0], dict) else {}
                return idempotency.once(
                    session,
                    principal=gatekeeper.fingerprint(actor),
                    route=f"{request.method} {request.url_rule}",
                    key=idempotency_key,
                    content={"body": _sealed(parsed), "path": kwargs, "query": request.args.to_dict(flat=False)},
                    answer=answer,
                )

        wrapper.permission = permission  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _sealed(parsed: Any) -> Any:
    """Return a body with its passwords under our own key: what is kept to compare by must not help to guess them."""
    if isinstance(parsed, dict):
        return {name: _under_key(value) if name == "password" else _sealed(value) for name, value in parsed.items()}
    return parsed


def _under_key(value: Any) -> str:
    return hmac.new(str(current_app.secret_key).encode(), str(value).encode(), "sha256").hexdigest()


def permission_of(app: Flask, endpoint: str) -> str | None:
    """Return the permission that a view declares, or None when it declares none."""
    view = app.view_functions.get(endpoint)
    return getattr(view, "permission", None)


def permission_of_view(endpoint: str) -> str | None:
    """Return the permission of a view of the running app, or None."""
    return permission_of(current_app, endpoint)


def install(app: Flask, gatekeeper: Gatekeeper, witness: Witness | None = None) -> None:
    """Refuse every view that declares no permission, and every unsigned request to one that needs a person."""
    app.extensions["gatekeeper"] = gatekeeper
    app.extensions["witness"] = witness

    @app.before_request
    def default_deny() -> None:
        if request.endpoint is None:
            return
        permission = permission_of(app, request.endpoint)
        if permission is None:
            raise NotFound
        if permission != PUBLIC and current_actor() is None:
            raise Unauthenticated("Sign in first.")
        view = app.view_functions[request.endpoint]
        if request.args and request.path.startswith("/api/") and not hasattr(view, "takes_query"):
            unknown = next(iter(request.args))
            raise Invalid.of(f"/{unknown}", "unknown_field", "There is no such field.")
