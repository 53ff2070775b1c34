"""What the environment says, and what stops the start. Each in a process of its own, as settings are read once."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import environment

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DATABASE_URL": "postgres://fardplan:s3cret@db.example:5432/fardplan",
    "SECRET_KEY": "a-production-key-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG",
    "ALLOWED_HOSTS": "strategi.example",
    "REGISTER_NAME": "strategi.example/register/FEL",
    "REGISTER_KEY": "c2VlZC1zZWVkLXNlZWQtc2VlZC1zZWVkLXNlZWQtMTI=",
    "SITE_NAME": "Exempelköpings kommun",
    "SITE_URL": "https://strategi.example",
    "MAIL_HOST": "post.kommun.example",
    "MAIL_FROM": "fardplan@kommun.example",
    "SECURITY_CONTACT": "mailto:sakerhet@kommun.example",
    "SECURITY_EXPIRES": str(datetime.now(UTC).date() + timedelta(days=180)),
}


def manage(*arguments, root=ROOT, **variables):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=root,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_djangos_deployment_check():
    result = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "SITE_NAME", "REGISTER_NAME", "REGISTER_KEY"])
def test_production_does_not_start_without(name):
    result = manage("check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert_one_sentence(result, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://user:s3cret@host/name"),
        ("DATABASE_URL", "postgres://user:s3cret@host/"),
        ("SECRET_KEY", "short"),
        ("ALLOWED_HOSTS", "*"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy.example"),
        ("REPORTS_PER_MINUTE", "many"),
        ("DATABASE_POOL", "-1"),
        ("REGISTER_NAME", "strategi.example, register"),
        ("REGISTER_KEY", "s3cret"),
        ("REGISTER_OLD_KEYS", "strategi.example+s3cret"),
        ("REGISTER_HEADS", "heads"),
        ("SITE_URL", "https://strategi.example/start/"),
        ("SITE_URL", "strategi.example"),
        ("SITE_HOMEPAGE", "javascript:alert(1)"),
        ("SITE_EMAIL", "kommunen"),
        ("SITE_PHONE", "ring oss"),
        ("SITE_COLOURS", "link:#8fd6d2/#8fd6d2"),
        ("LANGUAGES", "sv,xx"),
        ("MAIL_FROM", "kommunen"),
        ("MAIL_PORT", "smtp"),
        ("MAIL_SECURITY", "ssl"),
        ("SITE_URL", ""),  # since MAIL_HOST is set
        ("ALLOW_INDEXING", "yes"),
        ("SECURITY_CONTACT", "sakerhet@kommun.example"),
        ("SECURITY_EXPIRES", "31 maj 2027"),
        ("DEBUG", "True"),
        ("DEBUG", "1"),
    ],
)
def test_what_can_not_be_understood_stops_the_start(name, value):
    result = manage("check", **(PRODUCTION | {name: value}))
    assert_one_sentence(result, name)
    assert "s3cret" not in result.stderr


def assert_one_sentence(result, name):
    assert result.returncode == 1
    assert name in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_readers(monkeypatch):
    monkeypatch.setenv("NUMBER", "0")
    assert environment.number("NUMBER", default=60) == 0
    monkeypatch.setenv("WORDS", " a, b ,")
    assert environment.words("WORDS") == ["a", "b"]
    monkeypatch.delenv("WORDS")
    with pytest.raises(ImproperlyConfigured, match="WORDS is not set"):
        environment.words("WORDS")


def test_database_address_in_full(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://user:p%40ss@db.example:6432/name?sslmode=require&connect_timeout=1")
    database = environment.database("DATABASE_URL", pool_size=4)
    assert database["PASSWORD"] == "p@ss"
    assert database["PORT"] == "6432"
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["connect_timeout"] == "1"
    pool = database["OPTIONS"]["pool"]
    assert pool["max_size"] == 4
    # Or the portal would stay away about as long as its database did, and that again.
    assert pool["reconnect_timeout"] < pool["timeout"]


def test_kept_secret_is_made_once_and_private(tmp_path):
    path = tmp_path / "var" / "secret-key"
    made = environment.kept_secret(path)
    assert environment.kept_secret(path) == made
    assert len(made) >= 50
    assert path.stat().st_mode & 0o777 == 0o600
