"""Which accounts, mostly on different platforms, are one person's: the same evidence as for customers, in pairs of authors. Pure.

Certain are the same e-mail address, two profiles that link to each other, one that links to the other under the same name, and
an unusual handle together with a rare name. What is weaker is proposed: a link without a name that could be compared, or the same
name with the same employer, site, place or handle. Another employer makes the strong doubtful and ends the weak; two accounts in
one place are never merged by evidence, and accounts of brands, robots and jokers with nobody.

Both policies must allow a piece of evidence: what either forbids is not even read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

from listener.core.brand import Evidence
from listener.core.identities import Merge, MergeWork
from listener.core.people import Reason
from listener.core.ports import CustomerIndex
from nlp.identity.compare import Finding, rarity_keys
from nlp.identity.levels import LEVELS
from nlp.identity.pairs import Pair, Side, links_to_person, look, same_mailbox
from nlp.identity.weights import SMALLEST, Weights, default, probability

ENGINE = "merging"
VERSION = "2"

SHARE = 0.05
"""How many authors have a second account that is heard, too."""
RARE = 0.05
"""A name is rare where so few other authors are expected to bear it by chance."""
LONG_HANDLE = 8
"""A handle that is long and no form of the name is nearly as good as an address."""
CHANCES = {
    "email.same": (0.1, 0.00005),
    "link": (0.1, 0.001),
    "nickname.unusual": (0.05, 0.02),
}
"""Signs of one's own: how often two accounts of one person have them, and how many strangers each author shares them with."""
BOTH_WAYS_BITS = 6.0
"""How much a link back adds to a link: whom one names names them too."""
SHARED_LINK_BITS = 9.0
"""Both profiles link to one account or site: their own, or that of a project which both like."""
PLAIN_HANDLE_BITS = 4.0
"""Namesakes make the same handle of their name, and one person most of the time."""
DOUBT_BITS = -2.0
"""Each sign of a copy."""
MOST = 0.999

SAME_NAME = frozenset({"full", "variant", "nickname", "shared", "handle", "handle_completes", "changed_kept"})
WHOLE_NAME = frozenset({"full", "variant", "nickname", "handle_completes"})
OTHER_NAME = frozenset({"other", "relative", "kin"})
SAME_COMPANY = frozenset({"domain", "mail", "stated", "handle"})
OTHER_COMPANY = frozenset({"other", "other_customer"})
SAME_PLACE = frozenset({"same", "colleague"})
WORDS: Mapping[str, str] = {
    "email.same": "the same e-mail address",
    "email.other": "different e-mail addresses",
    "nickname.unusual": "the same unusual handle",
    "nickname.plain": "the same handle, made of the name",
    "name.full": "the same name",
    "name.handle_completes": "display name and handle of one together are the name of the other",
    "name.variant": "the same name, spelt differently",
    "name.nickname": "the same last name with a short form of the first",
    "name.short": "the same last name with what may be a short form of the first",
    "name.handle": "the handle of one is the name of the other",
    "name.changed_kept": "another last name, but the handle bears the other's",
    "name.initial": "the same name, one part of it by its initial",
    "name.handle_initial": "the handle of one is the name of the other with an initial",
    "name.shared": "the same name, but for one of several last names",
    "name.first": "the same first name",
    "name.last": "the same last name",
    "name.changed": "the same first name with another last name",
    "name.silent": "the names do not contradict",
    "name.relative": "the same last name with another first name",
    "name.kin": "the same last name with clearly another first name",
    "name.other": "different names",
    "company.domain": "the same site of a company or a person",
    "company.mail": "an e-mail address of the other's company",
    "company.stated": "the same employer",
    "company.handle": "the handle of one names the other's employer",
    "company.former": "the employer of one is a former one of the other",
    "company.part": "employers of much the same name",
    "company.outsider": "one writes about a company as an outsider",
    "company.beside": "perhaps different employers",
    "company.named": "perhaps different employers",
    "company.other": "different employers",
    "company.other_customer": "different employers",
    "place.same": "the same place",
    "place.colleague": "the same place, as most people of one employer have",
    "place.region": "the same country or region",
    "place.other": "different places",
}
"""What a level says of two accounts. Levels that are about entries of a CRM are not looked at."""


def build_merger(weights: Weights | None = None) -> PairMerger:
    """The merger with the shipped weights, or those of a store."""
    return PairMerger(weights or default())


class PairMerger:
    """The core's ``Merger``: reads each author once for each set of allowed evidence, and asks once how frequent names are."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def merge(self, work: MergeWork, index: CustomerIndex) -> list[Merge]:
        """Those of the pairs that are, or may be, one person."""
        read: dict[tuple[int, frozenset[Evidence]], Side] = {}
        seen = []
        for one, other in work.pairs:
            allowed = one.policy.evidence & other.policy.evidence
            if not allowed:
                continue
            for job in (one, other):
                read.setdefault((job.author_id, allowed), Side(job, allowed))  # what it reads it reads when it is asked
            found = look(read[one.author_id, allowed], read[other.author_id, allowed])
            if found is not None:
                seen.append(found)
        keys = set().union(*(rarity_keys(pair.findings) for pair in seen))
        crowd = _Crowd(index.bearers(keys) if keys else {}, index.total() if seen else 0, work.total)
        made = (_decide(pair, crowd, self._weights) for pair in seen)
        return [merge for merge in made if merge is not None]


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Among how many people names and signs are compared."""

    bearers: Mapping[str, int]
    customers: int
    authors: int


# ------------------------------------------------------------------------------------------------ deciding


def _decide(pair: Pair, crowd: _Crowd, weights: Weights) -> Merge | None:
    """A merge, a proposal, or nothing."""
    certain, proposed = _strength(pair, crowd)
    if not proposed:
        return None
    prior = log2(SHARE / max(crowd.authors, SMALLEST))
    reasons = tuple(sorted(_reasons(pair, crowd, weights), key=lambda each: (each.weight_bits < 0, -abs(each.weight_bits))))
    likely = min(MOST, probability(prior + sum(each.weight_bits for each in reasons)))
    if likely < weights.review_at:
        return None
    first, second = sorted((pair.one.job.author_id, pair.other.job.author_id))
    certain = certain and likely >= weights.link_at
    return Merge(first, second, likely, certain, prior, reasons, ENGINE, VERSION)


def _strength(pair: Pair, crowd: _Crowd) -> tuple[bool, bool]:
    """Whether the evidence is certain, and whether it is worth a proposal."""
    name, company, handle = pair.level("name"), pair.level("company"), pair.level("nickname")
    strong = same_mailbox(pair) or len(pair.links) == 2 or (bool(pair.links) and name in SAME_NAME)
    certain = strong and name not in OTHER_NAME
    telling = links_to_person(pair) and name not in OTHER_NAME
    proposed = strong or telling or pair.level("email") == "same"
    if not proposed and company not in OTHER_COMPANY and name in WHOLE_NAME:
        rare = _is_rare(pair, crowd)
        placed = company in SAME_COMPANY or pair.shared or pair.level("place") in SAME_PLACE
        proposed = bool(handle) or (placed and rare)
        certain = handle == "unusual" and rare and len(pair.one.as_author.handle) >= LONG_HANDLE
    doubtful = len(pair.doubts) > (1 if len(pair.links) == 2 or same_mailbox(pair) else 0)
    unnamed = not (pair.one.job.named and pair.other.job.named)
    vetoed = company in OTHER_COMPANY or pair.same_room or doubtful or unnamed
    return certain and not vetoed, proposed


def _is_rare(pair: Pair, crowd: _Crowd) -> bool:
    """Whether hardly anybody else bears the name by chance, as far as the customers' names tell."""
    first, last, *_, full = next(each.rarity for each in pair.findings if each.level.startswith("name."))
    size = max(crowd.customers, SMALLEST)
    share = (crowd.bearers.get(first, 0) + 1) / size * (crowd.bearers.get(last, 0) + 1) / size
    return crowd.bearers.get(full, 0) < 2 and share * crowd.authors < RARE


def _reasons(pair: Pair, crowd: _Crowd, weights: Weights) -> list[Reason]:
    """The waterfall: each finding with its weight. It names no person, handle or place."""
    found = [_reason(finding, crowd, weights) for finding in pair.findings]
    if pair.links:
        both = len(pair.links) == 2
        what = (
            "each profile links to the other account" if both else f"one profile links to the other account, on {pair.links[0]}"
        )
        found.append(Reason(what, round(_own_bits("link", crowd) + (BOTH_WAYS_BITS if both else 0.0), 2), Evidence.LINK))
    if pair.shared:
        found.append(Reason("both profiles link to the same account or site", SHARED_LINK_BITS, Evidence.LINK))
    if pair.doubts:
        found.append(Reason(f"signs of a copy: {'; '.join(pair.doubts)}", DOUBT_BITS * len(pair.doubts), Evidence.HANDLE))
    if pair.same_room:
        found.append(Reason("two accounts on one platform", 0.0, Evidence.HANDLE))
    return found


def _reason(finding: Finding, crowd: _Crowd, weights: Weights) -> Reason:
    level = LEVELS[finding.level]
    if finding.level in CHANCES:
        bits = _own_bits(finding.level, crowd)
    elif finding.level == "nickname.plain":
        bits = PLAIN_HANDLE_BITS
    else:
        bits = weights.scale * weights.bits(finding, crowd.bearers, crowd.customers)
    return Reason(WORDS.get(finding.level, level.says), round(bits, 2), level.kind)


def _own_bits(sign: str, crowd: _Crowd) -> float:
    same, others = CHANCES[sign]
    return log2(same / (others / max(crowd.authors, SMALLEST)))
