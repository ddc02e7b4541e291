"""The settings of one process: one class, read once from the environment, which refuses an unsafe production.

Invariants: a `Settings` object is complete and checked (no later module asks the environment again); every refusal is a
`SettingsError` with a stable code and a message of one line that says what to change; a production never starts with
something that was made for a trial.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

ROOT: Final = Path(__file__).resolve().parent
ADDRESS_FILE: Final = "address"  # in VAR_DIR while the program runs: where it answers

Environment = Literal["development", "production", "test"]

ENVIRONMENTS: Final[dict[str, Environment]] = {
    "development": "development",
    "production": "production",
    "test": "test",
}
SECRET_KEY_MIN_CHARS: Final = 32
SECRET_KEY_MIN_DISTINCT: Final = 10  # "changeme…" repeated, all zeros and the like are defaults, not secrets
WILDCARD_HOSTS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  names them, binds nothing
DATABASE_SCHEMES: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})


class SettingsError(Exception):
    """The environment asks for something unsafe or unreadable; `code` never changes, the message is one line."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a process may be told from outside.

    `database_url` and `database_owner_url` are libpq addresses (`postgresql://…`), both None when the embedded server
    is to be used. `public_url` has no trailing slash. `public_url_is_trial` is true when nobody set it: labels made for
    it are marked as not for printing. `trusted_proxies`: how many proxies of our own stand before the program.
    """

    env: Environment
    database_url: str | None = field(repr=False)
    database_owner_url: str | None = field(repr=False)
    var_dir: Path
    public_url: str
    public_url_is_trial: bool
    host: str
    port: int
    demo: bool
    demo_password: str | None = field(repr=False)
    secret_key: str = field(repr=False)
    pg_bin: Path | None
    secure_cookies: bool
    trusted_proxies: int = 0
    demo_sets: tuple[str, ...] = ()  # of the demonstration's data; none named: all of it

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read and check the settings; outside a production the secret key is made once and kept in VAR_DIR.

        Raises SettingsError when a value can't be read or when a production would be unsafe.
        """
        env = _environment(environ)
        host = environ.get("HOST") or "127.0.0.1"
        port = _port(environ.get("PORT") or "8000")
        given_url = environ.get("PUBLIC_URL") or None
        public_url = _public_url(given_url) if given_url else own_address(host, port)
        database_url = _database_url("DATABASE_URL", environ.get("DATABASE_URL"))
        owner_url = _database_url("DATABASE_OWNER_URL", environ.get("DATABASE_OWNER_URL"))
        if owner_url and not database_url:
            raise SettingsError("database_url_missing", "DATABASE_OWNER_URL is set but DATABASE_URL is not; set both")
        var_dir = var_dir_of(environ)
        if env == "production":
            _refuse_unsafe_production(environ, database_url, owner_url, public_url)
        return cls(
            env=env,
            database_url=database_url,
            database_owner_url=owner_url or database_url,
            var_dir=var_dir,
            public_url=public_url,
            public_url_is_trial=given_url is None,
            host=host,
            port=port,
            demo=_flag(environ, "COLDCHAIN_DEMO", default=env == "development"),
            demo_password=environ.get("COLDCHAIN_DEMO_PASSWORD") or None,
            demo_sets=tuple(environ.get("COLDCHAIN_DEMO_SETS", "").replace(",", " ").split()),
            secret_key=_secret_key(env, environ.get("SECRET_KEY") or None, var_dir),
            pg_bin=_pg_bin(environ.get("COLDCHAIN_PG_BIN")),
            secure_cookies=_flag(environ, "COLDCHAIN_SECURE_COOKIES", default=public_url.startswith("https://")),
            trusted_proxies=_proxies(environ.get("TRUSTED_PROXIES") or "0"),
        )

    @property
    def embedded_database(self) -> bool:
        """Tell whether the program is to run its own PostgreSQL."""
        return self.database_url is None

    @property
    def single_database_role(self) -> bool:
        """Tell whether migrations and service would sign in as one role, so that only triggers guard the ledger."""
        if self.database_url is None or self.database_owner_url is None:
            return False
        return _role(self.database_url) == _role(self.database_owner_url)

    @property
    def service_role(self) -> str | None:
        """Return the role to which migrations grant the service's rights; None when there is no role apart."""
        if self.database_url is None or self.single_database_role:
            return None
        return _role(self.database_url)


def var_dir_of(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of uploads, keys and label files."""
    return Path(environ.get("VAR_DIR") or ROOT / "var").absolute()


def own_address(host: str, port: int) -> str:
    """Return the http address under which this very machine reaches a server bound to host and port."""
    if host in WILDCARD_HOSTS:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _environment(environ: Mapping[str, str]) -> Environment:
    name = environ.get("COLDCHAIN_ENV") or "development"
    if name not in ENVIRONMENTS:
        raise SettingsError("unknown_environment", f"COLDCHAIN_ENV={name!r} is none of {', '.join(ENVIRONMENTS)}")
    return ENVIRONMENTS[name]


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, "").strip()
    if value not in {"", "0", "1"}:
        raise SettingsError("not_a_flag", f"{name}={value!r} is neither 0 nor 1")
    return value == "1" if value else default


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 5 and int(value) <= 65535):
        raise SettingsError("port_not_a_number", f"PORT={value!r} is not a number from 0 to 65535")
    return int(value)


def _proxies(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) == 1):
        raise SettingsError("trusted_proxies_not_a_number", f"TRUSTED_PROXIES={value!r} is not a number from 0 to 9")
    return int(value)


def _pg_bin(value: str | None) -> Path | None:
    if not value:
        return None
    folder = Path(value).absolute()
    if not (folder / "postgres").is_file():
        raise SettingsError("pg_bin_empty", f"COLDCHAIN_PG_BIN={value!r} holds no program named postgres")
    return folder


def _split(code: str, name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # reading it is what checks it
    except ValueError:  # its text may quote a password
        raise SettingsError(code, f"{name} is not an address") from None
    return parts


def _database_url(name: str, value: str | None) -> str | None:
    if not value:
        return None
    parts = _split("database_url_not_postgresql", name, value)
    if parts.scheme not in DATABASE_SCHEMES:
        raise SettingsError("database_url_not_postgresql", f"{name} must begin with postgresql://")
    return "postgresql://" + value.partition("://")[2]


def _public_url(value: str) -> str:
    parts = _split("public_url_unusable", "PUBLIC_URL", value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("public_url_unusable", f"PUBLIC_URL={value!r} must be http(s)://NAME with an optional port")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingsError("public_url_unusable", f"PUBLIC_URL={value!r} may hold neither path, query nor user")
    return f"{parts.scheme}://{parts.netloc}"


def _role(url: str) -> str | None:
    """Return the role that a database address signs in as; libpq also takes it from the query."""
    parts = urlsplit(url)
    return dict(parse_qsl(parts.query)).get("user") or (unquote(parts.username) if parts.username else None)


def _refuse_unsafe_production(
    environ: Mapping[str, str], database_url: str | None, owner_url: str | None, public_url: str
) -> None:
    """Refuse what is good enough for a trial only.

    Raises SettingsError with the name of the first thing that is unsafe.
    """
    if database_url is None:
        raise SettingsError("embedded_server_in_production", "a production needs DATABASE_URL, no own server")
    if owner_url is None or _role(owner_url) == _role(database_url):
        raise SettingsError(
            "one_database_role",
            "a production needs DATABASE_OWNER_URL for migrations with another role than DATABASE_URL",
        )
    if _flag(environ, "COLDCHAIN_DEMO", default=False) or environ.get("COLDCHAIN_DEMO_PASSWORD"):
        raise SettingsError("demo_in_production", "unset COLDCHAIN_DEMO and COLDCHAIN_DEMO_PASSWORD in a production")
    if not public_url.startswith("https://"):
        raise SettingsError("plain_http_in_production", "a production needs PUBLIC_URL=https://…")
    if not _flag(environ, "COLDCHAIN_SECURE_COOKIES", default=True):
        raise SettingsError("plain_cookies_in_production", "COLDCHAIN_SECURE_COOKIES=0 is for a trial only")


def _secret_key(env: Environment, given: str | None, var_dir: Path) -> str:
    if given is None and env != "production":
        return kept_secret(var_dir / "secret_key")
    if given is None:
        raise SettingsError("secret_key_missing", f"a production needs SECRET_KEY of {SECRET_KEY_MIN_CHARS} characters")
    if env == "production" and len(given) < SECRET_KEY_MIN_CHARS:
        raise SettingsError("secret_key_too_short", f"SECRET_KEY has {len(given)} of {SECRET_KEY_MIN_CHARS} characters")
    if env == "production" and len(set(given)) < SECRET_KEY_MIN_DISTINCT:
        raise SettingsError("secret_key_is_a_default", "SECRET_KEY repeats a few characters; make a random one")
    return given


def kept_secret(path: Path) -> str:
    """Return the secret kept in a file of mode 0600, made on first use; processes that race all get the same one.

    Raises SettingsError when the folder can't be written or the file holds too little.
    """
    try:
        if not path.exists():
            _keep_new_secret(path)
        kept = path.read_text(encoding="ascii").strip()
    except OSError as reason:
        raise SettingsError("var_dir_unusable", f"{path}: {reason.strerror}") from None
    if len(kept) < SECRET_KEY_MIN_CHARS:
        raise SettingsError("secret_key_too_short", f"{path} holds no usable secret; remove it to get a new one")
    return kept


def _keep_new_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails when another process was quicker, and never shows a half-written file
    except FileExistsError:
        pass
    finally:
        draft.unlink()
