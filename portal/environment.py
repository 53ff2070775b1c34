"""What a machine says about itself, in environment variables. What it can't mean stops the start, in one sentence."""

import ipaddress
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def text(name: str, *, default: str | None = None) -> str:
    """Without a default, the variable must be there."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is not set: production needs it (for a trial or for development, set DEMO=1 instead)."
        )
    return default


def words(name: str, *, default: list[str] | None = None) -> list[str]:
    """Separated by commas."""
    value = text(name, default=None if default is None else ",".join(default))
    return [word.strip() for word in value.split(",") if word.strip()]


def flag(name: str) -> bool:
    value = text(name, default="0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def number(name: str, *, default: int) -> int:
    value = text(name, default=str(default))
    if not (value.isascii() and value.isdigit()):
        raise ImproperlyConfigured(f"{name} must be a whole number, 0 or more, not {value!r}.")
    return int(value)


def networks(name: str) -> list[Network]:
    """Addresses and networks, separated by commas: `10.0.0.5, 192.168.0.0/24`."""
    try:
        return [ipaddress.ip_network(word) for word in words(name, default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must hold IP addresses or networks: {error}.") from error


def hosts(name: str) -> list[str]:
    found = words(name)
    if "*" in found:
        raise ImproperlyConfigured(f"{name} must name the host names of the portal; * would accept any.")
    return found


def secret(name: str) -> str:
    value = text(name)
    if len(value) < 50:
        raise ImproperlyConfigured(f"{name} must be at least 50 random characters.")
    return value


def kept_secret(path: Path) -> str:
    """Made once, for the demo and for development, and kept beside the data."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(64))
            draft.rename(path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"{error.filename} can't be used: {error.strerror}.") from error


def database(name: str, *, pool_size: int) -> dict:
    """A pool size of 0 is a connection of its own for each thread, closed after each request."""
    # The address holds a password, so that no message repeats it.
    try:
        parts = conninfo_to_dict(text(name))
    except (ProgrammingError, UnicodeError) as error:
        raise ImproperlyConfigured(
            f"{name} can't be understood: it should read postgres://user:password@host:5432/name."
        ) from error
    if not parts.get("dbname"):
        raise ImproperlyConfigured(f"{name} names no database: it should read postgres://user:password@host:5432/name.")
    # A database that is away is to be noticed within seconds, by connections that are open as well.
    options = {
        "connect_timeout": 3,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "application_name": "fardplan",
    }
    if pool_size:
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 3, "max_idle": 300}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | parts,
    }
