"""Two entries of the CRM that may be one person: found by shared keys, weighed in bits, proposed and never merged. Pure.

A customer is compared with those who share one of their ``pair_keys``. Agreement is worth what it would be worth by chance: the
name by how many customers bear it, the company by how many work there. Two people with one e-mail address or one account whose
names contradict each other are no duplicates but a conflict: one of the entries is wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import JaroWinkler

from listener.core.brand import Evidence
from listener.core.people import Customer, Reason
from nlp.identity.customer_keys import customer_domains, customer_keys, handle_keys
from nlp.identity.domains import mail_domain
from nlp.identity.keys import company_key, normal_email
from nlp.identity.lists import PARTICLES, SHARED_MAILBOXES
from nlp.identity.names import canonical, same_group, words

PAIR_KEY = "p:"
"""With it begins a key that no author has: a mailbox or a name written together, an initial and last name at a company."""
PAIR_KEYS_VERSION = "2"
"""Raise it with every change of ``stored_keys`` that is not one of the blocking keys."""
_START = 4
"""Letters of a last name by which colleagues are compared, so that a slip of the pen behind them does no harm."""
_LONG = 6
"""A mailbox of more letters is rarely two people's."""
PROPOSED = 0.7
"""From this probability on a pair is proposed to people."""
CAP = 40
"""Who share a key with more customers than these are not compared because of it."""
_EXPECTED = 0.02
"""Customers of whom there is a second entry, before anything is known of them."""
_FIRST_NAME, _LAST_NAME = 1 / 300, 1 / 2000
"""How frequent a name is of which nothing is known."""
_CLOSE = 0.88
_NO_LETTER = re.compile(r"[\W\d_]+")


class Conflict(StrEnum):
    """What two different people cannot share."""

    EMAIL = "one e-mail address"
    ACCOUNT = "one account"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two entries are one person, and why; or in what they contradict each other."""

    probability: float
    evidence: tuple[Reason, ...]
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How many customers there are, and how many of them have a key; both as the customer index says."""

    total: int
    bearers: Mapping[str, int]

    def share(self, key: str, usual: float) -> float:
        """The share of customers with a key; ``usual`` where nobody is counted for it."""
        found = self.bearers.get(key, 0)
        return found / self.total if found and self.total else usual


# ------------------------------------------------------------------------------------------------------------ keys


def stored_keys(customer: Customer) -> frozenset[str]:
    """Every key under which a customer is kept: those that authors find, and those that only a second entry finds."""
    return customer_keys(customer) | _pair_keys(customer)


def pair_keys(customer: Customer) -> frozenset[str]:
    """The keys under which another entry of the same person is found, first and last name in either order."""
    keys = _pair_keys(customer)
    given, family = _given(customer), _family(customer)
    if given and family:
        keys.add(f"{PAIR_KEY}j:{family[-1]}{given[0]}")
    if email := normal_email(customer.email):
        keys.add(f"e:{email}")
    return frozenset(keys.union(*(handle_keys(known) for known in customer.handles)))


def _pair_keys(customer: Customer) -> set[str]:
    keys = set()
    local = (normal_email(customer.email) or "").partition("@")[0]
    if len(local) > _LONG and local not in SHARED_MAILBOXES:
        keys.add(f"{PAIR_KEY}j:{_letters(local)}")
    given, family = _given(customer), _family(customer)
    if given and family:
        keys.add(f"{PAIR_KEY}j:{given[0]}{family[-1]}")
        keys |= {
            f"{PAIR_KEY}i:{initial}{family[-1][:_START]} {at}" for initial in _initials(given[0]) for at in _companies(customer)
        }
    return keys


def counted_keys(customer: Customer) -> frozenset[str]:
    """The keys whose frequency is asked for when a customer is compared."""
    names = {f"#f:{word}" for word in _given(customer)[:1]} | {f"#l:{word}" for word in _family(customer)[-1:]}
    return frozenset(names | set(_companies(customer)))


def _initials(given: str) -> set[str]:
    return {given[0], canonical(given)[0]}


def _companies(customer: Customer) -> tuple[str, ...]:
    """The keys of the company: its name, else its domains."""
    name = company_key(customer.company)
    return (name,) if name else tuple(f"d:{domain}" for domain in customer_domains(customer))


def _letters(local: str) -> str:
    """A mailbox without what is no letter, folded as names are: ``anna.meier82`` is ``annameier``."""
    return "".join(words(_NO_LETTER.sub("", local)))


def _bears(email: str | None, given: Sequence[str], family: Sequence[str]) -> bool:
    """Whether an e-mail address is made of a whole name."""
    local = _letters((normal_email(email) or "").partition("@")[0])
    return bool(given and family) and local in {given[0] + family[-1], family[-1] + given[0]}


def _given(customer: Customer) -> tuple[str, ...]:
    return words(customer.first_name)


def _family(customer: Customer) -> tuple[str, ...]:
    found = words(customer.last_name)
    return tuple(word for word in found if word not in PARTICLES) or found


# ------------------------------------------------------------------------------------------------------- comparing


def compare(one: Customer, other: Customer, frequencies: Frequencies) -> Likeness:
    """How likely two entries are one person."""
    name = _name(one, other, frequencies)
    shared = list(_shared(one, other, frequencies.total))
    rest = [*shared, *_apart(one, other, frequencies)]
    evidence = [name] if name else []
    evidence += rest
    contradicts = name is not None and name.weight_bits < 0
    bits = math.log2(_EXPECTED / max(frequencies.total, 2)) + sum(reason.weight_bits for reason in evidence)
    probability = 1 / (1 + 2 ** -max(-60.0, min(bits, 60.0)))
    strong = next((reason for reason in shared if reason.weight_bits >= _OWN - 2), None)
    if not (contradicts and strong):
        return Likeness(probability, tuple(evidence))
    conflict = Conflict.EMAIL if strong.kind is Evidence.EMAIL else Conflict.ACCOUNT
    return Likeness(min(probability, PROPOSED - 0.2), tuple(evidence), conflict)


def _name(one: Customer, other: Customer, frequencies: Frequencies) -> Reason | None:
    """What the names say; ``None`` where one of the entries has none."""
    here, there = (_given(one), _family(one)), (_given(other), _family(other))
    if not any(here) or not any(there):
        return None
    first = -math.log2(max(_share(one, other, "#f:", 0, frequencies), 1e-7))
    last = -math.log2(max(_share(one, other, "#l:", -1, frequencies), 1e-7))
    says, bits = _compared(here, there, first, last)
    borne = _bears(one.email, *there) or _bears(other.email, *here)
    if borne and bits < first + last - 4 and _alike(here[1], there[1]) in {_SAME, _SILENT}:
        says, bits = "the e-mail address of one is the name of the other", first + last - 4
    return Reason(says, round(bits, 1), Evidence.NAME)


def _share(one: Customer, other: Customer, prefix: str, at: int, frequencies: Frequencies) -> float:
    """The frequency of the more frequent of the two names: what they agree in is no rarer."""
    names = [found[at] for each in (one, other) if (found := _given(each) if at == 0 else _family(each))]
    usual = _FIRST_NAME if at == 0 else _LAST_NAME
    return max((frequencies.share(f"{prefix}{name}", usual) for name in names), default=usual)


def _compared(
    here: tuple[tuple[str, ...], tuple[str, ...]], there: tuple[tuple[str, ...], tuple[str, ...]], first: float, last: float
) -> tuple[str, float]:
    """The words for how two names compare, and the bits: ``first`` and ``last`` are what full agreement in each is worth."""
    if sorted(here[0] + here[1]) == sorted(there[0] + there[1]) or "".join(here[0] + here[1]) == "".join(there[0] + there[1]):
        return "the same name", first + last
    given, family = _alike(here[0], there[0]), _alike(here[1], there[1])
    found = {
        (_SAME, _SAME): ("the same name but for a second one", first + last - 0.5),
        (_FORM, _SAME): ("the same last name with another form of the first name", first + last - 2.5),
        (_NEAR, _SAME): ("the same last name with nearly the same first name", first + last - 4.0),
        (_SHORT, _SAME): ("the same last name, one first name by its initial only", last + 3.0),
        (_SILENT, _SAME): ("the same last name, one without a first name", last),
        (_SAME, _NEAR): ("the same first name with nearly the same last name", first + last - 4.0),
        (_FORM, _NEAR): ("another form of the first name, and nearly the same last name", first + last - 6.5),
        (_NEAR, _NEAR): ("nearly the same name", first + last - 8.0),
        (_SAME, _SHORT): ("the same first name, one last name by its initial only", first + 3.0),
        (_FORM, _SILENT): ("another form of the first name, one without a last name", max(first - 2.5, 0.0)),
        (_SAME, _SILENT): ("the same first name, one without a last name", first),
        (_SAME, _OTHER): ("the same first name with another last name (a new name?)", max(first - 5.0, 0.0)),
        (_OTHER, _SAME): ("another first name with the same last name", -7.0),
    }.get((given, family))
    return found or ("another name", -12.0)


_SAME, _FORM, _NEAR, _SHORT, _SILENT, _OTHER = "same", "form", "near", "short", "silent", "other"


def _alike(here: Sequence[str], there: Sequence[str]) -> str:
    """How two first, or two last, names compare: the best that a word of one says of a word of the other."""
    if not here or not there:
        return _SILENT
    full = [[word for word in name if len(word) > 1] for name in (here, there)]
    if set(full[0]) & set(full[1]):
        return _SAME
    pairs = [(a, b) for a in full[0] for b in full[1]]
    if any(same_group(a, b) for a, b in pairs):
        return _FORM
    if any(min(len(a), len(b)) > 3 and JaroWinkler.similarity(a, b) >= _CLOSE for a, b in pairs):
        return _NEAR
    if (not full[0] or not full[1]) and here[0][0] == there[0][0]:
        return _SHORT
    return _OTHER


_OWN = 16.0


def _shared(one: Customer, other: Customer, total: int) -> Iterator[Reason]:
    """What belongs to one person only, and both have: the more customers there are, the less it is chance."""
    own = max(round(math.log2(max(total, 2)) + 8, 1), _OWN)
    here, there = normal_email(one.email), normal_email(other.email)
    if here and here == there:
        role = here.partition("@")[0] in SHARED_MAILBOXES
        yield Reason("the same e-mail address" + (" (of several people)" if role else ""), 3.0 if role else own, Evidence.EMAIL)
    elif here and there:
        local, local_there = here.partition("@")[0], there.partition("@")[0]
        if local == local_there and len(local) > _LONG and local not in SHARED_MAILBOXES:
            yield Reason("e-mail addresses that begin alike", 4.0, Evidence.EMAIL)
        elif here.partition("@")[2] == there.partition("@")[2] and set(customer_domains(one)) & set(customer_domains(other)):
            yield Reason("two e-mail addresses at one company", -4.0, Evidence.EMAIL)
    accounts = [{(known.platform, known.handle) for known in each.handles} for each in (one, other)]
    for platform, _ in sorted(accounts[0] & accounts[1])[:3]:
        yield Reason(f"the same account on {platform}", own - 2, Evidence.HANDLE)
    if not accounts[0] & accounts[1] and {platform for platform, _ in accounts[0]} & {platform for platform, _ in accounts[1]}:
        yield Reason("two accounts on one platform", -3.0, Evidence.HANDLE)


def _apart(one: Customer, other: Customer, frequencies: Frequencies) -> Iterator[Reason]:
    """What colleagues and neighbours share as well."""
    companies = set(_companies(one)), set(_companies(other))
    domains = set(customer_domains(one)) & set(customer_domains(other))
    if (shared := normal_email(one.email)) and shared == normal_email(other.email):
        domains.discard(mail_domain(shared) or "")  # it was weighed with the address
    together = bool(companies[0] & companies[1] or domains)
    if together:
        share = max((frequencies.share(key, 0.01) for key in companies[0] | companies[1]), default=0.01)
        yield Reason("the same company", round(min(-math.log2(max(share, 1e-7)), 10.0), 1), Evidence.COMPANY)
    elif companies[0] and companies[1]:
        yield Reason("another company", -2.5, Evidence.COMPANY)
    if one.title and other.title and together:
        same = words(one.title) == words(other.title)
        yield Reason("the same job title" if same else "another job title", 2.0 if same else -1.0, Evidence.COMPANY)
    if one.city and other.city:
        same = words(one.city) == words(other.city)
        bits = (1.0 if together else 3.0) if same else -1.5
        yield Reason("the same town" if same else "another town", bits, Evidence.PLACE)
    elif one.region and other.region and words(one.region) != words(other.region):
        yield Reason("another country or region", -1.5, Evidence.PLACE)
