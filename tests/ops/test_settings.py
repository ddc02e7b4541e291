"""Settings: what a trial needs without being told, and each thing that a production refuses, by name."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT, Settings, SettingsError, own_address

SECRET = "k3v9-Qm27xTz0bNc4LwYd8RfHsJ5uGpE"
PRODUCTION = {
    "COLDCHAIN_ENV": "production",
    "DATABASE_URL": "postgresql://coldchain:one@db.example/coldchain",
    "DATABASE_OWNER_URL": "postgresql://coldchain_owner:two@db.example/coldchain",
    "PUBLIC_URL": "https://trace.example",
    "SECRET_KEY": SECRET,
}


def code_of(environ: dict[str, str], tmp_path: Path) -> str:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_env({"VAR_DIR": str(tmp_path)} | environ)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith(refusal.value.code + ": ")
    return refusal.value.code


def test_trial_needs_nothing(tmp_path: Path) -> None:
    settings = Settings.from_env({"VAR_DIR": str(tmp_path)})
    assert settings.env == "development"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.public_url, settings.public_url_is_trial) == ("http://127.0.0.1:8000", True)
    assert settings.embedded_database
    assert settings.demo
    assert settings.demo_password is None
    assert not settings.secure_cookies


def test_var_dir_is_in_the_checkout_by_default() -> None:
    assert Settings.from_env({"SECRET_KEY": SECRET}).var_dir == ROOT / "var"


@pytest.mark.parametrize("value", ["-1", "10", "one", "1.0", "１"])
def test_a_number_of_proxies_is_a_digit(value: str, tmp_path: Path) -> None:
    assert Settings.from_env({"VAR_DIR": str(tmp_path)}).trusted_proxies == 0
    assert Settings.from_env({"VAR_DIR": str(tmp_path), "TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    assert code_of({"TRUSTED_PROXIES": value}, tmp_path) == "trusted_proxies_not_a_number"


def test_production_with_everything_set_is_accepted(tmp_path: Path) -> None:
    settings = Settings.from_env(PRODUCTION | {"VAR_DIR": str(tmp_path)})
    assert settings.secure_cookies
    assert not settings.demo
    assert not settings.public_url_is_trial
    assert settings.service_role == "coldchain"
    assert list(tmp_path.iterdir()) == []  # a production writes no secret of its own


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DATABASE_URL": "", "DATABASE_OWNER_URL": ""}, "embedded_server_in_production"),
        ({"COLDCHAIN_DEMO": "1"}, "demo_in_production"),
        ({"COLDCHAIN_DEMO_PASSWORD": "x"}, "demo_in_production"),
        ({"SECRET_KEY": ""}, "secret_key_missing"),
        ({"SECRET_KEY": SECRET[:31]}, "secret_key_too_short"),
        ({"SECRET_KEY": "changeme" * 8}, "secret_key_is_a_default"),
        ({"SECRET_KEY": "0" * 64}, "secret_key_is_a_default"),
        ({"PUBLIC_URL": "http://trace.example"}, "plain_http_in_production"),
        ({"PUBLIC_URL": ""}, "plain_http_in_production"),
        ({"COLDCHAIN_SECURE_COOKIES": "0"}, "plain_cookies_in_production"),
        ({"DATABASE_OWNER_URL": ""}, "one_database_role"),
        ({"DATABASE_OWNER_URL": PRODUCTION["DATABASE_URL"]}, "one_database_role"),
        ({"DATABASE_OWNER_URL": "postgresql://db.example/coldchain?user=coldchain"}, "one_database_role"),
        ({"DATABASE_OWNER_URL": "postgresql://cold%63hain@other.example/x"}, "one_database_role"),
    ],
)
def test_production_refuses(change: dict[str, str], code: str, tmp_path: Path) -> None:
    assert code_of(PRODUCTION | change, tmp_path) == code


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"COLDCHAIN_ENV": "prod"}, "unknown_environment"),
        ({"PORT": "80a"}, "port_not_a_number"),
        ({"PORT": "65536"}, "port_not_a_number"),
        ({"PORT": "-1"}, "port_not_a_number"),
        ({"PORT": "٣"}, "port_not_a_number"),
        ({"COLDCHAIN_DEMO": "yes"}, "not_a_flag"),
        ({"PUBLIC_URL": "trace.example"}, "public_url_unusable"),
        ({"PUBLIC_URL": "ftp://trace.example"}, "public_url_unusable"),
        ({"PUBLIC_URL": "https://trace.example/app"}, "public_url_unusable"),
        ({"PUBLIC_URL": "https://me@trace.example"}, "public_url_unusable"),
        ({"PUBLIC_URL": "https://trace.example:port"}, "public_url_unusable"),
        ({"DATABASE_URL": "sqlite:///x.db"}, "database_url_not_postgresql"),
        ({"DATABASE_OWNER_URL": "postgresql://o@h/d"}, "database_url_missing"),
        ({"COLDCHAIN_PG_BIN": "/nowhere"}, "pg_bin_empty"),
    ],
)
def test_unreadable_values_are_named(environ: dict[str, str], code: str, tmp_path: Path) -> None:
    assert code_of(environ, tmp_path) == code


def test_a_password_is_neither_quoted_in_a_refusal_nor_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_env({"VAR_DIR": str(tmp_path), "DATABASE_URL": "postgresql://u:geheim@h:geheim/d"})
    assert "geheim" not in str(refusal.value)
    shown = repr(Settings.from_env(PRODUCTION | {"VAR_DIR": str(tmp_path)}))
    assert SECRET not in shown
    assert "one@db" not in shown


def test_one_role_is_known_as_such(tmp_path: Path) -> None:
    one = Settings.from_env({"VAR_DIR": str(tmp_path), "DATABASE_URL": "postgres://app:pw@db.example/coldchain"})
    assert one.database_url == "postgresql://app:pw@db.example/coldchain"
    assert one.database_owner_url == one.database_url
    assert one.single_database_role
    assert one.service_role is None


def test_the_kept_secret_is_private_and_stays(tmp_path: Path) -> None:
    first = Settings.from_env({"VAR_DIR": str(tmp_path / "var")}).secret_key
    kept = tmp_path / "var" / "secret_key"
    assert len(first) >= 32
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert Settings.from_env({"VAR_DIR": str(tmp_path / "var")}).secret_key == first
    kept.write_text("short")
    assert code_of({"VAR_DIR": str(tmp_path / "var")}, tmp_path) == "secret_key_too_short"


def test_processes_that_race_get_the_same_secret(tmp_path: Path) -> None:
    program = "from config import Settings; print(Settings.from_env().secret_key)"
    environ = os.environ | {"VAR_DIR": str(tmp_path)}
    racers = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environ, stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    assert len({racer.communicate()[0] for racer in racers}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_an_unusable_var_dir_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert code_of({"VAR_DIR": str(tmp_path / "file")}, tmp_path) == "var_dir_unusable"


@pytest.mark.parametrize(
    ("host", "address"),
    [("::", "http://127.0.0.1:80"), ("::1", "http://[::1]:80"), ("cold.example", "http://cold.example:80")],
)
def test_own_address(host: str, address: str) -> None:
    assert own_address(host, 80) == address
