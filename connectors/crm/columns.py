"""Which column of an export holds what: our own names, those of HubSpot and Salesforce exports, and an explicit mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from listener.core.crm import ColumnUse
from listener.core.errors import ConfigError, Problem, SourceProtocolError
from listener.core.plain import one_line

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "contact_id": ("id", "record_id", "record_id_contact", "contact_record_id", "customer_id", "crm_id", "contact"),
    "first_name": ("firstname", "given_name", "forename"),
    "last_name": ("lastname", "surname", "family_name"),
    "name": ("full_name", "contact_name", "contact_full_name", "display_name"),
    "email": ("e_mail", "email_address", "e_mail_address", "mail", "work_email", "primary_email", "contact_email"),
    "company": (
        "company_name",
        "account_name",
        "account",
        "organization",
        "organisation",
        "primary_associated_company",
        "associated_company",
        "contact_account_name",
    ),
    "website": (
        "website_url",
        "company_website",
        "account_website",
        "company_domain_name",
        "company_domain",
        "web_site",
        "url",
    ),
    "domains": (
        "domain",
        "company_domains",
        "company_domain_name",
        "company_domain",
        "additional_domains",
        "website_domain",
        "email_domain",
    ),
    "title": ("job_title", "position", "role", "contact_title"),
    "city": ("mailing_city", "town", "location"),
    "region": (
        "country_region",
        "country",
        "mailing_country",
        "mailing_country_text_only",
        "country_code",
        "territory",
        "state_region",
        "state",
        "mailing_state_province",
        "mailing_state",
    ),
    "language": ("preferred_language", "language_code", "contact_language", "locale"),
    "segment": ("customer_segment", "industry", "tier", "account_type", "customer_type", "lifecycle_stage"),
    "products": ("product", "products_owned"),
    "customer_since": ("became_a_customer_date", "customer_since_date", "close_date", "start_date", "contract_start_date"),
    "customer_until": ("customer_until_date", "churn_date", "churned_at", "contract_end_date", "end_date", "cancelled_at"),
    "owner": ("contact_owner", "account_owner", "record_owner", "owner_name", "account_manager", "hubspot_owner"),
    "do_not_contact": (
        "opted_out_of_all_email",
        "unsubscribed_from_all_email",
        "email_opt_out",
        "has_opted_out_of_email",
        "do_not_email",
    ),
}
"""Field -> further headers that mean it, best first. Only letters and digits of a header count, and no capitals."""

SEVERAL_LINES = frozenset({"products", "domains"})
"""Fields whose cells may have several lines."""

_PLATFORMS = (
    r"x|twitter|github|gitlab|mastodon|reddit|youtube|producthunt|bluesky|linkedin|instagram|facebook|tiktok|threads|hackernews"
)
_HANDLE = re.compile(r"handle_(?P<platform>[a-z0-9_]+?)(?P<source>_source)?")
_OTHER_HANDLE = re.compile(
    rf"(?P<platform>{_PLATFORMS})_(?:handle|username|user_name|user|account|profile|profile_url|url|name)(?:_c)?"
    rf"|(?P<alone>twitter|github|mastodon|reddit|bluesky|linkedin)(?:_c)?"
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
    day_first: Mapping[str, bool] = field(default_factory=dict)
    """Field of a date -> whether its dates with slashes begin with the day; left out where that is not known."""

    def uses(self) -> tuple[ColumnUse, ...]:
        """What each column of the export is read as, in its order."""
        read = {at: name for name, at in self.fields.items()}
        read |= {at: f"handle_{platform}" for platform, at in self.handles.items()}
        read |= {at: f"handle_{platform}_source" for platform, at in self.sources.items()}
        return tuple(ColumnUse(name or "(empty)", read.get(at)) for at, name in enumerate(self.names))


def find_columns(header: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """The columns of an export by its header and the configured mapping (field -> header).

    Raises:
        ConfigError: the mapping names a field or a column that does not exist; all such problems at once.
        SourceProtocolError: there is no column for the id, or none that could identify anybody.
    """
    plain = [_plain(name) for name in header]
    letters: dict[str, int] = {}
    for at, name in enumerate(plain):
        letters.setdefault(_letters(name), at)  # "MailingCity" is "Mailing City"
    fields, handles, sources = _mapped(header, plain, mapping)
    taken = {*fields.values(), *handles.values(), *sources.values()}
    for wanted, synonyms in SYNONYMS.items():
        places = (letters[name] for name in map(_letters, (wanted, *synonyms)) if name in letters)
        place = next((at for at in places if at not in taken), None)
        if place is not None and wanted not in fields:
            fields[wanted] = place
            taken.add(place)
    for at, name in enumerate(plain):
        if (found := _HANDLE.fullmatch(name)) is not None:
            into = sources if found["source"] else handles
            into.setdefault(_platform(found["platform"]), at)
        elif at not in taken and (found := _OTHER_HANDLE.fullmatch(name)) is not None:
            handles.setdefault(_platform(found["platform"] or found["alone"]), at)
    _require(header, fields, handles)
    used = {*fields.values(), *handles.values(), *sources.values()}
    extra = {name: at for at, name in enumerate(plain) if at not in used and name}
    names = tuple(one_line(name, _SHOWN) for name in header)
    single = frozenset(at for wanted, at in fields.items() if wanted not in SEVERAL_LINES)
    return Columns(fields, handles, sources, extra, len(header), names, single)


def _mapped(
    header: Sequence[str], plain: Sequence[str], mapping: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    fields: dict[str, int] = {}
    handles: dict[str, int] = {}
    sources: dict[str, int] = {}
    problems = []
    for wanted, column in mapping.items():
        place = f"customers.columns.{wanted}"
        handle = _HANDLE.fullmatch(wanted)
        if wanted not in SYNONYMS and handle is None:
            problems.append(Problem(place, "there is no such field", f"one of {', '.join(SYNONYMS)}, handle_PLATFORM"))
        elif _plain(column) not in plain:
            # A file without a header starts with a person.
            allowed = "is its first row a header?" if "@" in "".join(header) else f"one of {_shown(header)}"
            problems.append(Problem(place, f"the export has no column {column!r}", allowed))
        else:
            at = plain.index(_plain(column))
            if handle is None:
                fields[wanted] = at
            else:
                (sources if handle["source"] else handles)[_platform(handle["platform"])] = at
    if problems:
        raise ConfigError(problems)
    return fields, handles, sources


def _require(header: Sequence[str], fields: Mapping[str, int], handles: Mapping[str, int]) -> None:
    missing = [] if "contact_id" in fields else ["contact_id"]
    if not handles and not {"email", "last_name", "name"} & fields.keys():
        missing.append("email, last_name, name or handle_PLATFORM")
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


def _letters(plain: str) -> str:
    return plain.replace("_", "")


def _platform(name: str) -> str:
    return _RENAMED.get(name, name)


def _shown(header: Sequence[str]) -> str:
    return ", ".join(one_line(name, _SHOWN) or "(empty)" for name in header)
