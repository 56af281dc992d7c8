"""Under which keys a customer is stored, and what of the CRM's fields they are read from: domains, own sites, accounts.

Whoever changes what keys a customer gets raises ``keys.KEYS_VERSION``.
"""

from __future__ import annotations

from collections.abc import Sequence

from listener.core.people import Customer, KnownHandle
from nlp.identity.company_names import slug
from nlp.identity.domains import mail_domain, site_domain
from nlp.identity.keys import MOST_NAMES, account_key, bare_handle, letters_of, normal_email, place_key
from nlp.identity.lists import PARTICLES
from nlp.identity.names import canonical, forms, is_name_in_one_word, words
from nlp.identity.profiles import platform_name, profile_of

MOST_DOMAINS = 10


def customer_keys(customer: Customer) -> frozenset[str]:
    """Every key under which the customer can be found, and those that are only counted."""
    domains = customer_domains(customer)
    keys = {f"d:{domain}" for domain in domains} | own_site_keys(customer, domains)
    if (email := normal_email(customer.email)) is not None:
        keys.add(f"e:{email}")
    for known in known_handles(customer):
        keys |= handle_keys(known)
        keys.add(f"a:{bare_handle(known.handle)}")
    company = slug(customer.company)
    if company:
        keys.add(f"c:{company}")
    given, last = words(customer.first_name)[:MOST_NAMES], words(customer.last_name)[:MOST_NAMES]
    family = tuple(word for word in last if word not in PARTICLES) or last
    keys |= _name_keys(given, family, "".join(last))
    for name in {*given[:1], *(canonical(name) for name in given[:1]), *family[:1], *family[-1:]}:
        keys |= {f"k:{name} {place}" for place in (company, *domains[:2]) if place}
    city = place_key(customer.city)
    if city:
        keys.add(f"#p:{city}")
        if given and family:
            keys.add(f"p:{canonical(given[0])} {family[-1]} {city}")
    return frozenset(key for key in keys if not key.endswith((":", " ")))


def own_site_keys(customer: Customer, domains: Sequence[str] | None = None) -> frozenset[str]:
    """The keys of domains that are the person's own and no company's."""
    theirs = customer_domains(customer) if domains is None else domains
    return frozenset(f"h:blog:{domain}" for domain in theirs if is_personal(domain, customer))


def is_personal(domain: str, customer: Customer) -> bool:
    """Whether a customer's domain is their own and no company's: it is their name.

    That the CRM names no company for them says nothing: many a contact at a large company has none.
    """
    return is_name_in_one_word(domain.partition(".")[0], customer)


def known_handles(customer: Customer) -> tuple[KnownHandle, ...]:
    """The accounts of the CRM, and those that stand in its fields for sites, of unknown provenance.

    The field for the site is mostly the company's: a page there is the person's only where it bears their name.
    """
    found = {key: known for known in customer.handles for key in handle_keys(known)}
    more = []
    for address in (customer.website, *customer.domains[:MOST_DOMAINS]):
        page = profile_of(address) if address else None
        if page is not None and _bears_name(page.handle, customer):
            known = KnownHandle(page.platform, page.handle)
            if not handle_keys(known) & found.keys():
                found |= dict.fromkeys(handle_keys(known), known)
                more.append(known)
    return (*customer.handles, *more)


def _bears_name(handle: str, customer: Customer) -> bool:
    """Whether a handle is the person's name, or the last name with the first one's initial, and not their company's."""
    host, _, path = handle.partition("/")
    word = path or (host.partition(".")[0] if "." in host else host)
    letters = letters_of(word).rstrip("0123456789")
    if is_name_in_one_word(letters, customer):
        return True
    given, last = "".join(words(customer.first_name)), "".join(words(customer.last_name))
    if not given or len(last) < 3 or letters == slug(customer.company):
        return False
    return letters in {given[0] + last, last + given[0]}


def customer_domains(customer: Customer) -> tuple[str, ...]:
    """The registrable domains of a customer's site and mail, the site's first."""
    sites = [site_domain(address) for address in (customer.website, *customer.domains[:MOST_DOMAINS]) if address]
    found = [*sites[:1], mail_domain(customer.email), *sites[1:]]
    return tuple(dict.fromkeys(domain for domain in found if domain))


def handle_keys(known: KnownHandle) -> frozenset[str]:
    """The keys of one account of the CRM. One on Mastodon without its instance is found on any."""
    platform = platform_name(known.platform)
    if platform != "blog":
        return frozenset({account_key(platform, known.handle)})
    keys = {account_key("blog", known.handle.rstrip("/"))}
    if (profile := profile_of(known.handle)) is not None:
        keys.add(account_key(profile.platform, profile.handle))
    elif (domain := site_domain(known.handle)) is not None:
        keys.add(account_key("blog", domain))
    return frozenset(keys)


def _name_keys(given: tuple[str, ...], family: tuple[str, ...], together: str) -> set[str]:
    keys = {f"#f:{canonical(given[0])}"} if given else set()
    if family:
        keys.add(f"#l:{family[-1]}")
    if not given or not family:
        single = given or family
        return keys | {f"w:{''.join(single)}"} if single else keys
    name, first, last = canonical(given[0]), given[0], together
    if len(given) > 1:
        joined = "".join(given)
        keys |= {f"n:{joined} {family[-1]}", f"w:{joined}{last}", f"w:{last}{joined}"}
    keys.add(f"#n:{name} {family[-1]}")
    keys |= {f"n:{form} {last}" for form in forms(given[0]) for last in (family[0], family[-1])}
    return keys | {
        f"w:{each}" for each in (first + last, last + first, first[0] + last, last + first[0], first + last[0], name[0] + last)
    }
