"""create_app(): the only place that knows every room."""

from importlib import import_module
from pathlib import Path

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from coldchain.accounts import rights, trail
from coldchain.accounts import session as accounts_session
from coldchain.core import db, edge, limits, openapi, origin, pages, problems, sealed, way_back
from coldchain.core.i18n import negotiate, set_locale
from coldchain.ops import database
from config import Settings

ROOT = Path(__file__).resolve().parents[1]

API_ROOMS = (
    "accounts", "regions", "registry", "batches", "trade", "labels", "inspections", "recall", "search",
    "journal",
)  # fmt: skip
MORE_APIS = (  # one a module
    "accounts.audit_api", "home.privacy_api", "home.rules_api", "registry.offices_api", "registry.measures_api",
    "registry.identity_api", "home.card_api", "home.totals_api", "registry.letters_api", "registry.places_api",
    "registry.pairs_api",
    "labels.signs_api",
    "batches.arrivals_api", "batches.flags_api", "batches.papers_api", "batches.results_api", "batches.workers_api",
    "batches.disinfection_orders_api",
    "trade.entry_api", "trade.making_api", "trade.backcheck_api", "trade.consent_api", "accounts.people_api",
    "exchange.api", "inspections.findings_api",
)  # fmt: skip
MORE_PAGES = (
    "accounts.me_web", "accounts.people_web", "accounts.slips_web", "accounts.accounts_web",
    "registry.offices_web", "registry.registration_web", "registry.measures_web", "registry.identity_web",
    "registry.particulars_web", "registry.catalogue_web", "registry.letters_web", "home.card_web",
    "home.public_register_web", "home.pairs_web", "registry.places_web", "registry.stewards_web",
    "registry.correction_web",
    "trade.stock_web", "trade.backcheck_web", "trade.entry_pages", "trade.making_pages", "inspections.decisions_web",
    "exchange.web",
)  # fmt: skip
WEB_ROOMS = (
    "accounts", "home", "batches", "trade", "labels", "inspections", "recall", "registry", "search", "journal", "ops",
)  # fmt: skip

POOL_SIZE = 8
POOL_OVERFLOW = 24

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; font-src 'none'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)


def create_app(settings: Settings | None = None, *, connect: bool = True) -> Flask:
    """Return the program, connected to the database of `settings` (default: from the environment)."""
    settings = settings or Settings.from_env()
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "coldchain" / "static"))
    app.config.update(
        SETTINGS=settings,
        MAX_CONTENT_LENGTH=limits.UPLOAD_BYTES + 65_536,
        MAX_FORM_MEMORY_SIZE=limits.JSON_BYTES,
        MAX_FORM_PARTS=5_000,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=86_400,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.before_request(_language)
    problems.install(app)
    origin.install(app)
    accounts_session.install(app)
    edge.install(app, rights.Gatekeeper(), trail.Witness())
    trail.install(app)
    setattr(app.view_functions["static"], "permission", edge.PUBLIC)  # noqa: B010  (Flask's own view)
    pages.install(app)
    _register_rooms(app)
    app.after_request(_headers)
    way_back.install(app)  # what is installed last comes first: the default stands where it says nothing
    serve(app, settings, connect=connect)
    return app


def serve(app: Flask, settings: Settings, *, connect: bool = True) -> None:
    """Let a program serve one place: its database, its files, its address."""
    from coldchain.labels import jobs as label_jobs

    import_module("coldchain.exchange.jobs")  # makes its tasks known
    if connect:
        settings = database.with_database(settings)
        db.configure(str(settings.database_url), pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW)
    app.config.update(SETTINGS=settings, SECRET_KEY=settings.secret_key, SESSION_COOKIE_SECURE=settings.secure_cookies)
    sealed.configure(settings.secret_key)
    label_jobs.install(settings.public_url, settings.var_dir, trial=settings.public_url_is_trial)


def _register_rooms(app: Flask) -> None:
    from coldchain.batches import jobs as _rejudging  # noqa: F401  (a task is known once its module is read)
    from coldchain.batches.service import catalogue_mergers, imported_stock
    from coldchain.batches.service import mergers as batches_mergers
    from coldchain.home import batch_page, public_label, shell
    from coldchain.inspections import mergers as inspections_mergers
    from coldchain.labels import certificate
    from coldchain.ledger import mergers as ledger_mergers
    from coldchain.ops import cli
    from coldchain.recall import handover, pull_in
    from coldchain.recall import mergers as recall_mergers
    from coldchain.trade.service import mergers as trade_mergers
    from coldchain.trade.service import roads

    doors = [*(f"{room}.api" for room in API_ROOMS), *MORE_APIS]
    openapi.install(app, [import_module(f"coldchain.{door}").blp for door in doors])
    for room in WEB_ROOMS:
        app.register_blueprint(import_module(f"coldchain.{room}.web").bp)
    for door in MORE_PAGES:
        app.register_blueprint(import_module(f"coldchain.{door}").bp)
    app.register_blueprint(public_label.bp)
    app.register_blueprint(batch_page.bp)
    shell.install(app)
    pull_in.install()
    handover.install()
    roads.install()
    imported_stock.install()
    certificate.install()
    for part in (ledger_mergers, batches_mergers, trade_mergers, inspections_mergers, recall_mergers):
        part.install()
    catalogue_mergers.install()
    cli.install(app)


def _language() -> None:
    set_locale(negotiate(request.cookies.get("lang"), request.headers.get("Accept-Language")))


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-Id"] = problems.request_id()
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers.add("Vary", "Accept-Language, Cookie" if g.get("actor") is None else "Cookie, Accept-Language")
    return response
