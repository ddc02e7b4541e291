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

from coldchain.core import field_errors, forms, idempotency, json_body
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

    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(("json", "query", "form", "files", "multipart"), ma.RAISE)
    __location_map__ = {**FlaskParser.__location_map__, "multipart": "load_multipart"}

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

    def load_multipart(self, req: Request, schema: AnySchema) -> Any:
        """Return the fields and files of a program's multipart request: flat names, each once."""
        files = dict(req.files.items())
        twice = next((name for name in files if len(req.files.getlist(name)) > 1 or name in req.form), None)
        if twice is not None:
            raise ma.ValidationError({twice: [field_errors.Coded("This is given more than once.", "repeated")]})
        return forms.query(schema, req.form.items(multi=True)) | files

    def load_form(self, req: Request, schema: AnySchema) -> Any:
        return forms.nested(schema, req.form.items(multi=True))

    def handle_error(self, error: ma.ValidationError, req: Any, schema: Any, **kwargs: Any) -> Any:
        messages: Any = error.messages
        if isinstance(messages, dict) and set(messages) <= set(self.DEFAULT_UNKNOWN_BY_LOCATION):
            messages = next(iter(messages.values()))
        raise ma.ValidationError(messages)


class Blueprint(flask_smorest.Blueprint):
    """A room's API blueprint; a view without a query schema takes no query."""

    ARGUMENTS_PARSER = StrictParser()

    def arguments(
        self, schema: Any, *, location: str = "json", multipart: Any = None, **kwargs: Any
    ) -> Callable[..., Any]:
        """Parse and check the arguments of one location; remembers that the view reads a query.

        `multipart` is the schema of the same request as multipart/form-data, with a file.
        """
        decorate = super().arguments(schema, location=location, **kwargs)

        def marked(view: Callable[..., Any]) -> Callable[..., Any]:
            wrapper: Callable[..., Any] = decorate(view)
            if multipart is not None:
                wrapper = self._either(view, wrapper, multipart)
            if location == "query":
                wrapper.takes_query = True  # type: ignore[attr-defined]
            return wrapper

        return marked

    def _either(self, view: Callable[..., Any], plain: Callable[..., Any], multipart: Any) -> Callable[..., Any]:
        """Return the view that takes what is sent as multipart/form-data through another schema than the rest."""
        with_file = self.ARGUMENTS_PARSER.use_args(multipart, location="multipart")(view)

        @wraps(plain)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return (with_file if request.mimetype == "multipart/form-data" else plain)(*args, **kwargs)

        with_doc: Callable[..., Any] = self.doc(requestBody={"content": {"multipart/form-data": {"schema": multipart}}})
        described: Callable[..., Any] = with_doc(wrapper)
        return described


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
