"""Reading JSON of services: every value may be missing or of another type than promised."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from listener.core.connector import Answer
from listener.core.errors import BadItem, SourceProtocolError
from listener.core.mention import Mention, Rejected
from listener.core.plain import one_line
from listener.net.body import is_web_page
from listener.net.urls import shown

Record = Mapping[str, Any]

_LATEST = 253_402_300_799  # the last second of the year 9999


def document(answer: Answer) -> Any:
    """The JSON of an answer.

    Raises:
        SourceProtocolError: it is none.
    """
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        if is_web_page(answer):
            what = "a web page: is this the address of the API? (A log-in page on the way answers so, too.)"
        else:
            what = f"{_type_of(answer) or 'something'} that is no JSON: is this the address of the API?"
        raise SourceProtocolError(f"{whence(answer)}: answered {what}") from None


def whence(answer: Answer) -> str:
    """Who answered, as it may be shown, and who was asked where that is another."""
    return f"{shown(answer.asked)} redirects to {shown(answer.url)}" if answer.asked else shown(answer.url)


def refused_by(answer: Answer) -> str:
    """Whose refusal it is, as it may be shown, where the service's own words are not in it."""
    return f"{whence(answer)} (a web page)" if is_web_page(answer) else whence(answer)


def from_elsewhere(answer: Answer) -> bool:
    """Whether a redirect led to another host; the move to https, or to ``www.`` in front, stays with the service."""
    return answer.asked is not None and _site(answer.asked) != _site(answer.url)


def headers_of(answer: Answer) -> httpx.Headers:
    """Its headers, which may hold any character: httpx by itself takes ASCII only."""
    return httpx.Headers(dict(answer.headers), encoding="utf-8")


def _site(url: str) -> str:
    return httpx.URL(url).raw_host.decode("ascii").rstrip(".").removeprefix("www.")


def _type_of(answer: Answer) -> str:
    return one_line(answer.content_type.partition(";")[0].strip().lower(), 60)


def record(value: Any) -> Record:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def records(value: Any, where: str) -> list[Any]:
    """The value if it is a list.

    Raises:
        SourceProtocolError: it is not; ``where`` says of what (an address as it may be shown).
    """
    if not isinstance(value, list):
        raise SourceProtocolError(f"{where}: the answer is not the list that was promised")
    return value


def text(holder: Any, name: str) -> str | None:
    """A text that is not blank."""
    value = record(holder).get(name)
    return value if isinstance(value, str) and value.strip() else None


def whole(holder: Any, name: str) -> int | None:
    """A whole number; some services write it as text."""
    value = record(holder).get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: Any) -> datetime | None:
    """ISO 8601 (without an offset it is UTC), or seconds since 1970; ``None`` for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC) if 0 < value <= _LATEST else None
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def required(holder: Any, name: str) -> str:
    """A text or number that a record cannot do without, as text.

    Raises:
        ValueError: it is missing.
    """
    value = record(holder).get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError(f"without {name}")


def each(found: Iterable[Any], read: Callable[[Any], Mention], key: str = "id") -> list[Mention | Rejected]:
    """Every record as a mention, or rejected by its ``key`` (else its number) with the reason: a bad record costs itself only."""
    kept: list[Mention | Rejected] = []
    for number, one in enumerate(found, start=1):
        try:
            kept.append(read(one))
        except BadItem as problem:
            kept.append(Rejected(problem.item, problem.reason))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as problem:
            name = record(one).get(key)
            item = str(name).strip()[:100] if isinstance(name, str | int) else ""
            reason = str(problem) if isinstance(problem, ValueError) else f"not as promised ({type(problem).__name__})"
            kept.append(Rejected(item or f"number {number}", reason[:200] or "not as promised"))
    return kept
