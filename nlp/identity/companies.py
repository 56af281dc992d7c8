"""What the companies of the CRM say of an author: whether the account is a company's itself, and to which customer company the
author clearly belongs, also where the person stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from listener.core.brand import Evidence
from listener.core.people import Customer, MatchJob, Reason
from nlp.identity.bios import Strength
from nlp.identity.candidates import SAME_NAME, WELL_NAMED, Candidate
from nlp.identity.clues import Clue, Sign
from nlp.identity.company_names import slug
from nlp.identity.customer_keys import customer_domains
from nlp.identity.records import AuthorRecord
from nlp.identity.sign_patterns import HANDLE_ENDS, HANDLE_STARTS
from nlp.identity.signs import Sort, organisation_slug

Companies: TypeAlias = Mapping[str, str]
"""The customer company under each ``c:`` and ``d:`` key."""


# ------------------------------------------------------------------------------------------------ which sort of account


def sort_of_account(job: MatchJob, record: AuthorRecord, ranked: Sequence[Candidate], companies: Companies) -> Sort | None:
    """What the account is; a company's account also where display name or handle are a company's of the CRM."""
    excused = record.weak and bool(ranked) and _excused(ranked[0], record)
    if record.sort is not None and record.sort is not Sort.OUTSIDER and not excused:
        return record.sort
    if ranked and "email.same" in ranked[0].levels():
        return None  # a contact's own mailbox, whatever name it writes under
    name = job.author.display_name or ""
    person = any(each.levels() & WELL_NAMED for each in ranked[:5])
    named_so = Evidence.COMPANY in record.allowed and name != "" and f"c:{slug(name)}" in companies
    if named_so and (not any(each.levels() & SAME_NAME for each in ranked[:5]) or _is_brand_handle(record, companies)):
        return Sort.BRAND
    if Evidence.COMPANY in record.allowed and name and not person:
        for brand in dict.fromkeys((slug(name), organisation_slug(name))):
            if len(brand) > 2 and f"c:{brand}" in companies:
                return Sort.BRAND
        if _is_brand_handle(record, companies) and not record.name.spaced:
            return Sort.BRAND
    return Sort.OUTSIDER if record.sort is Sort.OUTSIDER else None


_EXCUSES = frozenset({"email.same", "account.known"})


def _excused(best: Candidate, record: AuthorRecord) -> bool:
    """Whether what one weak sign says of the account is only a doubt: an own sign that nobody copies outweighs it, and a name
    that looks like a joke is none where it is the customer's."""
    levels = best.levels()
    if levels & _EXCUSES:
        return True
    return "name.full" in levels and record.name.words[:1] == best.record.name.given[:1] and record.sort is Sort.PARODY


def _is_brand_handle(record: AuthorRecord, companies: Companies) -> bool:
    handle = record.name.handle
    for end in ("", *HANDLE_ENDS):
        if end and not handle.endswith(end):
            continue
        bare = handle.removesuffix(end) if end else handle
        for start in ("", *HANDLE_STARTS):
            rest = bare.removeprefix(start)
            if (start or end) and rest != handle and len(rest) > 3 and f"c:{rest}" in companies:
                return True
    return False


# ------------------------------------------------------------------------------------------------ whose account


def same_company(one: Customer, other: Customer) -> bool:
    """Whether two customers share a company, by its name or by a domain."""
    if one is other:
        return bool(one.company.strip() or customer_domains(one))
    if one.company.strip() and slug(one.company) == slug(other.company):
        return True
    return bool(set(customer_domains(one)) & set(customer_domains(other)))


def account_of_author(  # noqa: C901 - sources in order, the first that names one
    job: MatchJob, record: AuthorRecord, clues: Sequence[Clue], companies: Companies, sort: Sort | None
) -> tuple[str | None, tuple[Reason, ...]]:
    """The customer company that the author clearly belongs to, and why."""
    if Evidence.COMPANY not in record.allowed or sort in {Sort.ROBOT, Sort.PARODY, Sort.COPY, Sort.OUTSIDER}:
        return None, ()
    order = [Sign.SITE, Sign.MAIL_DOMAIN]
    if not job.author.profile_url and not job.author.handle:
        order.append(Sign.ORIGIN)
    domains = sorted(
        (clue for clue in clues if clue.key.startswith("d:") and clue.sign in order), key=lambda clue: order.index(clue.sign)
    )
    for clue in domains:
        if clue.key in companies:
            return companies[clue.key], (_unknown_person("a domain of a customer company"),)
    for phrase in record.phrases:
        if phrase.former or not phrase.slugs:
            continue
        likely = phrase.slugs[:3] if phrase.strength > Strength.MENTIONED else phrase.slugs[:2]
        found = next((each for each in likely if f"c:{each}" in companies and len(each) > 2), None)
        if found and (found == phrase.slug or phrase.strength > Strength.MENTIONED or len(found) > 4):
            return companies[f"c:{found}"], (_unknown_person("the profile names a customer company"),)
    names = [record.rest, *record.name.pieces[-1:]] if record.name.words else []
    if sort is Sort.BRAND:
        name = job.author.display_name or ""
        names = [slug(name), organisation_slug(name), *_bare_handles(record.name.handle), *names]
    for each in names:
        if len(each) > 3 and f"c:{each}" in companies:
            return companies[f"c:{each}"], (_unknown_person("the handle or the display name is a customer company's"),)
    return None, ()


def _bare_handles(handle: str) -> list[str]:
    ends = [handle.removesuffix(end) for end in HANDLE_ENDS if handle.endswith(end)]
    return [handle, *ends, *(handle.removeprefix(start) for start in HANDLE_STARTS if handle.startswith(start))]


def _unknown_person(what: str) -> Reason:
    return Reason(f"{what}; which person is not known", 0.0, Evidence.COMPANY)


def company_of(customer: Customer, companies: Companies) -> str | None:
    """A customer's company as the CRM mostly spells it."""
    found = (companies[f"d:{domain}"] for domain in customer_domains(customer) if f"d:{domain}" in companies)
    return next(found, None) or customer.company.strip() or None
