"""Which column of an export holds what: our own names, those of HubSpot and Salesforce exports, and an explicit mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from listener.core.errors import ConfigError, Problem, SourceProtocolError
from listener.core.plain import one_line

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "contact_id": ("id", "record_id", "record_id_contact", "contact_record_id", "customer_id", "crm_id", "contact"),
    "first_name": ("firstname", "given_name", "forename"),
    "last_name": ("lastname", "surname", "family_name"),
    "email": ("e_mail", "email_address", "e_mail_address", "mail", "work_email", "primary_email"),
    "company": ("company_name", "account_name", "account", "organization", "organisation", "associated_company"),
    "website": ("website_url", "company_website", "company_domain_name", "company_domain", "web_site", "url"),
    "title": ("job_title", "jobtitle", "position", "role"),
    "city": ("mailing_city", "town", "location"),
    "segment": ("customer_segment", "industry", "tier"),
    "products": ("product", "products_owned"),
    "customer_since": ("became_a_customer_date", "customer_since_date", "close_date", "start_date"),
    "owner": ("contact_owner", "account_owner", "record_owner", "account_manager"),
    "do_not_contact": (
        "opted_out_of_all_email",
        "unsubscribed_from_all_email",
        "email_opt_out",
        "has_opted_out_of_email",
        "do_not_email",
    ),
}
"""Field -> further headers that mean it, best first. Headers are compared in lower case, ``_`` for what is no letter or digit."""

_PLATFORMS = (
    r"x|twitter|github|gitlab|mastodon|reddit|youtube|producthunt|bluesky|linkedin|instagram|facebook|tiktok|threads|hackernews"
)
_HANDLE = re.compile(r"handle_(?P<platform>[a-z0-9_]+?)(?P<source>_source)?")
_OTHER_HANDLE = re.compile(
    rf"(?P<platform>{_PLATFORMS})_(?:handle|username|user_name|user|account|profile|profile_url|url|name)"
    rf"|(?P<alone>twitter|github|mastodon|reddit|bluesky)"
)
_RENAMED = {"twitter": "x"}
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand in a row: field or platform -> number of the column, from 0."""

    fields: Mapping[str, int]
    handles: Mapping[str, int]
    sources: Mapping[str, int]
    extra: Mapping[str, int]
    width: int
    names: tuple[str, ...]
    one_line: frozenset[int]
    """Columns of which a cell never has several lines."""


def find_columns(header: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """The columns of an export by its header and the configured mapping (field -> header).

    Raises:
        ConfigError: the mapping names a field or a column that does not exist; all such problems at once.
        SourceProtocolError: there is no column for the id, or none that could identify anybody.
    """
    plain = [_plain(name) for name in header]
    fields, handles, sources = _mapped(header, plain, mapping)
    for field, synonyms in SYNONYMS.items():
        place = next((plain.index(name) for name in (field, *synonyms) if name in plain), None)
        if place is not None and field not in fields and place not in fields.values():
            fields[field] = place
    for at, name in enumerate(plain):
        if (found := _HANDLE.fullmatch(name)) is not None:
            into = sources if found["source"] else handles
            into.setdefault(_platform(found["platform"]), at)
        elif at not in fields.values() and (found := _OTHER_HANDLE.fullmatch(name)) is not None:
            handles.setdefault(_platform(found["platform"] or found["alone"]), at)
    _require(header, fields, handles)
    used = {*fields.values(), *handles.values(), *sources.values()}
    extra = {name: at for at, name in enumerate(plain) if at not in used and name}
    names = tuple(one_line(name, _SHOWN) for name in header)
    single = frozenset(at for field, at in fields.items() if field != "products")
    return Columns(fields, handles, sources, extra, len(header), names, single)


def _mapped(
    header: Sequence[str], plain: Sequence[str], mapping: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    fields: dict[str, int] = {}
    handles: dict[str, int] = {}
    sources: dict[str, int] = {}
    problems = []
    for field, column in mapping.items():
        place = f"customers.columns.{field}"
        handle = _HANDLE.fullmatch(field)
        if field not in SYNONYMS and handle is None:
            problems.append(Problem(place, "there is no such field", f"one of {', '.join(SYNONYMS)}, handle_PLATFORM"))
        elif _plain(column) not in plain:
            # A file without a header starts with a person.
            allowed = "is its first row a header?" if "@" in "".join(header) else f"one of {_shown(header)}"
            problems.append(Problem(place, f"the export has no column {column!r}", allowed))
        else:
            at = plain.index(_plain(column))
            if handle is None:
                fields[field] = at
            else:
                (sources if handle["source"] else handles)[_platform(handle["platform"])] = at
    if problems:
        raise ConfigError(problems)
    return fields, handles, sources


def _require(header: Sequence[str], fields: Mapping[str, int], handles: Mapping[str, int]) -> None:
    missing = [] if "contact_id" in fields else ["contact_id"]
    if not handles and not {"email", "last_name"} & fields.keys():
        missing.append("email, last_name or handle_PLATFORM")
    if not missing:
        return
    # A file without a header starts with a person: nothing of its first row is shown unless it is a header.
    known = bool(fields or handles)
    found = f"found {_shown(header)}" if known else f"none of its {len(header)} columns is known (is the first row a header?)"
    raise SourceProtocolError(
        f"row 1: no column for {' and none for '.join(missing)}; {found}. Name the columns in customers.columns."
    )


def _plain(name: str) -> str:
    return _NOT_A_LETTER.sub("_", name.casefold()).strip("_")


def _platform(name: str) -> str:
    return _RENAMED.get(name, name)


def _shown(header: Sequence[str]) -> str:
    return ", ".join(one_line(name, _SHOWN) or "(empty)" for name in header)
