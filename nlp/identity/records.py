"""Authors and matches as JSON records: the format of ``listener match``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from listener.core.brand import OPEN_WEB, MatchingPolicy
from listener.core.errors import BadItem
from listener.core.mention import Author, Json
from listener.core.people import Match, MatchJob
from nlp.identity.profiles import platform_name

_MOST_LINKS = 100
_LONGEST = 5000


def match_job(record: Mapping[str, Any], number: int, policy: MatchingPolicy = OPEN_WEB) -> MatchJob:
    """An author as a job. ``number`` counts the records from 1: it is the job's ``author_id`` and names the record in errors.

    Every key may be missing or null; further keys are ignored.

    Raises:
        BadItem: a value is of the wrong type, or longer than any profile's.
    """
    item = f"author record {number}"
    if not isinstance(record, Mapping):
        raise BadItem(item, "it is not a JSON object")
    author = Author(
        handle=_text(record, "handle", item),
        display_name=_text(record, "display_name", item),
        profile_url=_text(record, "profile_url", item),
        email=_text(record, "email", item),
        bio=_text(record, "bio", item),
        location=_text(record, "location", item),
        links=_links(record, item),
        followers=_count(record, "followers", item),
        following=_count(record, "following", item),
        created_year=_count(record, "created_year", item),
        verified=_flag(record, "verified", item),
    )
    platform = platform_name(_text(record, "platform", item) or "")
    return MatchJob(number, platform, "", author, policy, named=bool(author.handle or author.display_name))


def match_record(author_id: Json, match: Match) -> dict[str, Json]:
    """The answer of ``listener match`` for one author, who keeps the id of the input."""
    runner_up = match.runner_up
    return {
        "author_id": author_id,
        "decision": match.outcome.value,
        "contact_id": match.contact_id,
        "account": match.account,
        "probability": round(match.probability, 4),
        "evidence": [{"what": reason.what, "weight_bits": round(reason.weight_bits, 2)} for reason in match.evidence],
        "runner_up": {"contact_id": runner_up.contact_id, "probability": round(runner_up.probability, 4)} if runner_up else None,
    }


def _text(record: Mapping[str, Any], key: str, item: str) -> str | None:
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadItem(item, f"{key} is not a text")
    if len(value) > _LONGEST:
        raise BadItem(item, f"{key} is longer than {_LONGEST} characters")
    return value.strip() or None


def _links(record: Mapping[str, Any], item: str) -> tuple[str, ...]:
    value = record.get("links")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(link, str) for link in value):
        raise BadItem(item, "links is not a list of texts")
    if len(value) > _MOST_LINKS:
        raise BadItem(item, f"more than {_MOST_LINKS} links")
    return tuple(value)


def _count(record: Mapping[str, Any], key: str, item: str) -> int | None:
    value = record.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise BadItem(item, f"{key} is not a whole number")


def _flag(record: Mapping[str, Any], key: str, item: str) -> bool | None:
    value = record.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise BadItem(item, f"{key} is neither true nor false")
