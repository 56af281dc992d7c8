"""The kinds of value a setting can have, each with the one sentence that says what is allowed.

Every validator raises ``PydanticCustomError`` whose text is that sentence: it becomes ``Problem.allowed``.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from listener.core.recipients import QuietHours
from listener.core.slots import parse_cron
from listener.net.direct import read_exception

NOT_ALLOWED = "listener_allowed"
"""The error type of every validator here: ``problems`` takes the error's text as it is."""


def refuse(allowed: str) -> PydanticCustomError:
    """The error that says what would be right; its text may hold no braces."""
    return PydanticCustomError(NOT_ALLOWED, allowed)


_DURATION = re.compile(r"(\d{1,5})\s*([smhdw])", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise refuse('a number and a unit in quotes, such as "30s", "15m", "12h", "7d" or "2w"')
    return timedelta(**{_UNITS[found[2].lower()]: int(found[1])})


def _some_time(value: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= value <= timedelta(days=366):
        raise refuse("from one second to a year")
    return value


def _cron(value: str) -> str:
    try:
        parse_cron(value)
    except ValueError as problem:
        raise refuse(f'a cron line, such as "30 6 * * mon-fri" (06:30 on working days): {problem}') from None
    return value


def _quiet_hours(value: str) -> str:
    try:
        QuietHours.parse(value)
    except ValueError as problem:
        raise refuse(str(problem)) from None
    return value


_DOMAIN = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))+")


def _domain(value: str) -> str:
    name = value.strip().lower().rstrip(".").removeprefix("www.")
    if len(name) > 253 or not _DOMAIN.fullmatch(name):
        raise refuse("a domain without https:// and without a path, such as quillon.example")
    return name


def _url(value: str) -> str:
    try:
        parts = urlsplit(value.strip())
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, a broken IPv6 address
        good = False
    if not good:
        raise refuse("an address that begins with http:// or https://")
    return value.strip()


def _secret_url(value: SecretStr) -> SecretStr:
    _url(value.get_secret_value())
    return value


def _proxy_exception(value: str) -> str:
    try:
        return read_exception(value)
    except ValueError:
        raise refuse(
            "a name (inside.example, with all names below it), an address, a network (10.0.0.0/8) or *; ports only behind names"
        ) from None


_DATABASE = re.compile(r"(sqlite:///|postgres(ql(\+psycopg)?)?://).+", re.DOTALL)


def _database(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not _DATABASE.fullmatch(url):
        raise refuse("sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
    if not url.startswith("sqlite") and not _has_one_host(url):
        # What comes after a bare @ or / in a password would be taken for the host, and be shown in messages.
        raise refuse("a host and, after a colon, a port; in a user name or password write @ as %40, / as %2F, : as %3A, # as %23")
    return value


def _has_one_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return url.count("@") <= 1 and "#" not in url and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _pepper(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 16:
        raise refuse("at least 16 characters")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # ValueError and OSError: names that are no usable path
        raise refuse("a time zone's name, such as Europe/Berlin, America/New_York or UTC") from None
    return value


_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


def is_mail(value: str) -> bool:
    return bool(_MAIL.fullmatch(value)) and value.isprintable() and ".." not in value


def _mail(value: str) -> str:
    if not is_mail(value):
        raise refuse("an e-mail address such as team@quillon.example")
    return value


_NAME = re.compile(r"[^\s/\\\[\]\"'`]([^/\\\[\]\"'`\n\r\t]{0,62}[^\s/\\\[\]\"'`])?")


def _label(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise refuse("a short name without quotes, slashes or brackets, such as company-blog")
    return value


_LANGUAGE = re.compile(r"[a-z]{2,3}")


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise refuse("a language code of two or three small letters, such as en or de")
    return value


def _one_character(value: str) -> str:
    if len(value) != 1 or value in "\n\r\"'":
        raise refuse('one character, such as ";" or "," or a tab ("\\t")')
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
QueryText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A query as docs/queries.md describes it; the checks across tables read it, for it may name sets of other tables."""
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Interval = Annotated[Duration, AfterValidator(_some_time)]
Cron = Annotated[str, AfterValidator(_cron)]
"""Five fields, as ``listener.core.slots.parse_cron`` reads them."""
Domain = Annotated[str, AfterValidator(_domain)]
Url = Annotated[str, AfterValidator(_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(_secret_url)]
ProxyException = Annotated[str, AfterValidator(_proxy_exception)]
"""A host, or several, to be asked directly."""
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database)]
"""Secret as a whole: the address of a database usually holds its password."""
Pepper = Annotated[SecretStr, AfterValidator(_pepper)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Hours = Annotated[str, AfterValidator(_quiet_hours)]
Mail = Annotated[str, AfterValidator(_mail)]
Label = Annotated[str, AfterValidator(_label)]
"""A source's or notifier's own name: it is shown in tables, given on the command line and part of variable names."""
Language = Annotated[str, AfterValidator(_language)]
Delimiter = Annotated[str, AfterValidator(_one_character)]
