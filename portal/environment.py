"""What a machine says about itself, in environment variables. What it can't mean stops the start, in one sentence."""

import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from feedback import checkpoint
from portal import colours

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


def url(name: str, *, default: str = "") -> str:
    value = text(name, default=default)
    if value and _place(value) is None:
        raise ImproperlyConfigured(f"{name} must be an address that begins with https://, not {value!r}.")
    return value


def origin(name: str) -> str:
    """Scheme and host, without what follows: `https://strategi.example`."""
    value = text(name, default="").removesuffix("/")
    if value and _place(value) != value:
        raise ImproperlyConfigured(
            f"{name} must be a scheme and a host alone (https://strategi.example), not {value!r}."
        )
    return value


def _place(value: str) -> str | None:
    """Scheme and host of an address of the web."""
    try:
        parts = urlsplit(value)
        is_web = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}" if is_web and not re.search(r"\s|@", value) else None


def email(name: str) -> str:
    value = text(name, default="")
    if value and not _is_email(value):
        raise ImproperlyConfigured(f"{name} must be an e-mail address, not {value!r}.")
    return value


def _is_email(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def choice(name: str, *, options: Sequence[str]) -> str:
    """The first of them is the default."""
    value = text(name, default=options[0])
    if value not in options:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, not {value!r}.")
    return value


def phone(name: str, *, default: str = "") -> str:
    value = text(name, default=default)
    if value and not re.fullmatch(r"\+?[0-9][0-9 ()/-]{2,}", value, re.ASCII):
        raise ImproperlyConfigured(f"{name} must be a telephone number, not {value!r}.")
    return value


def contacts(name: str, *, default: list[str]) -> list[str]:
    """Where whoever has found a hole can turn: `mailto:` and `https:` addresses (RFC 9116), the preferred one first."""
    found = words(name, default=default)
    for word in found:
        is_contact = _is_email(word[7:]) if word.startswith("mailto:") else word.startswith("https:") and _place(word)
        if not is_contact:
            raise ImproperlyConfigured(f"{name} must hold mailto: or https: addresses, not {word!r}.")
    return found


def day(name: str, *, default: date | None = None) -> date | None:
    value = text(name, default="")
    try:
        return date.fromisoformat(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a day like 2027-05-31, not {value!r}.") from error


def languages(name: str, *, default: list[str]) -> list[tuple[str, Promise]]:
    """Codes, separated by commas. The first is the portal's own language, whose addresses have no language in front."""
    codes = list(dict.fromkeys(words(name, default=default)))
    if codes[:1] != default[:1]:
        raise ImproperlyConfigured(f"{name} must begin with {default[0]}, the language without a prefix.")
    for code in codes:
        # An entry without a name of its own says which other language stands in for it.
        if "name" not in LANG_INFO.get(code, {}):
            LANG_INFO[code] = _language_of_the_world(name, code)
    return [(code, gettext_lazy(LANG_INFO[code]["name"])) for code in codes]


def right_to_left() -> list[str]:
    """The codes of all languages known that are written so."""
    return [code for code, known in LANG_INFO.items() if known.get("bidi")]


def _language_of_the_world(name: str, code: str) -> dict[str, str | bool]:
    """What Django knows of its own languages, for one of those it does not know: Somali, Tigrinya …"""
    try:
        locale = Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise ImproperlyConfigured(f"{name}: no language with the code {code!r} is known.") from error
    return {
        "code": code,
        "name": locale.english_name,
        "name_local": locale.display_name,
        "bidi": locale.text_direction == "rtl",
    }


def site_colours(name: str) -> dict[str, colours.Colour]:
    try:
        return colours.chosen(text(name, default=""))
    except colours.Unreadable as error:
        raise ImproperlyConfigured(f"{name}: {error}.") from error


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


def signing_key(name: str) -> str:
    """The secret seed of an Ed25519 key, which no message repeats."""
    value = text(name)
    try:
        checkpoint.SigningKey("log", value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be 32 random bytes in base 64 (openssl rand -base64 32).") from error
    return value


def new_signing_key() -> str:
    return checkpoint.encode(secrets.token_bytes(32))


def verifier_keys(name: str) -> list[checkpoint.Key]:
    try:
        return [checkpoint.Key.parse(word) for word in words(name, default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must hold verifier keys, separated by commas: {error}") from error


def log_name(name: str, *, default: str | None) -> str:
    value = text(name, default=default)
    try:
        checkpoint.check_name(value)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must be one word without +, such as strategi.example/register/FEL, not {value!r}."
        ) from error
    return value


def folder(name: str, *, default: Path) -> Path:
    found = Path(text(name, default=str(default)))
    if not found.is_absolute():
        raise ImproperlyConfigured(f"{name} must be a whole path, from the root on, not {str(found)!r}.")
    return found


def kept_secret(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(64)) -> str:
    """Made once, for the demo and for development, and kept beside the data."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(make())
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
        # An attempt to connect ends before the patience of who asked, and the next who asks begins another: else the
        # pauses between attempts grow while the database is away, and the portal stays away as long again.
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 3, "reconnect_timeout": 2, "max_idle": 300}
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
