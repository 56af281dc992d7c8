"""What a sum of bits must not outweigh: signs that contradict a link, or are too few to point at one person, or a rival's too."""

from __future__ import annotations

from listener.core.brand import Evidence
from listener.core.people import Reason
from nlp.identity.candidates import NAMED, OWN_SIGNS, WELL_NAMED, Candidate
from nlp.identity.levels import LEVELS, Rarity
from nlp.identity.weights import Weights

COMPANY_LEVELS = frozenset(key for key, level in LEVELS.items() if level.rarity is Rarity.COMPANY) - {"company.former"}
MOST_PROBABLE = 0.999
"""No probability is higher: a CRM can be wrong too."""
_SIGN_BITS = 7.0
"""By so much more the best must lead somebody whose account or site the profile shows too."""
_MOST_DOUBTED = 0.5
"""No probability is higher where something forbids a link: what speaks for it may be copied, or another person's."""
_MOST_ALONE = 0.85
"""Known accounts alone were right in 81 to 90 of a hundred cases."""
_MOST_LINKED = 0.95
"""And where there is only a link to the account or site, and no name beside it."""
_MOST_OF_A_COPY = 0.04
"""And where the account imitates the one that the CRM knows."""
_RARE_FIRST = 4.5
"""Bits that a first name must have to point, with company and town, at one person there."""
_SAME_PLACE = frozenset({"place.same", "place.colleague"})
_BESIDE_NAME = COMPANY_LEVELS | _SAME_PLACE | {"company.former", "company.part", "nickname.unusual"}
"""What must speak for a customer beside the name."""
_LINKS = frozenset({"link.known", "link.second", "link.site"})
OF_A_PERSON = OWN_SIGNS | NAMED | {"nickname.unusual"}
OF_A_PERSON |= {f"name.{level}" for level in ("changed_kept", "handle_initial", "shared", "changed", "relative", "kin")}
"""Without one of these the evidence is a company's or a town's, and nobody's in particular."""
_BESIDE_LINK = WELL_NAMED | {
    *("name.changed_kept", "name.handle_initial", "name.shared"),
    *("nickname.unusual", "nickname.plain"),
}
"""One of these must stand beside a link to a known account or own site: anybody can link there."""


def highest_probability(best: Candidate, *, contradicted: bool) -> float:
    """The highest probability that the evidence for the best can have, whatever the sum of its bits."""
    if contradicted:
        return _MOST_OF_A_COPY if _copied(best) else _MOST_DOUBTED
    if _account_alone(best.levels()):
        return _MOST_ALONE
    return _MOST_LINKED if _only_linked(best) else MOST_PROBABLE


def notes_on(best: Candidate) -> list[Reason]:
    """What a person should know of the best beside the evidence."""
    notes = []
    if best.entries > 1:
        noted = f"the CRM has {best.entries} entries of this person; the most complete is taken"
        notes.append(Reason(noted, 0.0, Evidence.NAME))
    if _only_linked(best):
        noted = "others link there too: a link without a name is for a person to judge"
        notes.append(Reason(noted, 0.0, Evidence.LINK))
    return notes


def is_contradicted(best: Candidate) -> bool:
    """What a sum of bits must not outweigh: another account on the platform, another name, another employer."""
    levels = best.levels()
    own = levels & OWN_SIGNS
    if best.other_account and "email.same" not in levels:
        return True
    if "link.second" in levels and not levels & WELL_NAMED:
        return True
    if levels & {"name.other", "name.relative", "name.kin"}:
        return True
    if levels & {"company.other", "company.other_customer"} and not own:
        return True
    if "account.known" in levels and "age.younger" in levels and not (levels & NAMED or len(own) > 1):
        return True
    return "signs.doubtful" in levels and not own


def named_enough(best: Candidate) -> bool:
    """Whether the evidence points at one person. A name alone never does, however rare, for strangers bear it too; a first name
    alone does only where it is rare, at their company in their town."""
    levels = best.levels()
    if not levels & (OWN_SIGNS | _BESIDE_NAME) or _account_alone(levels) or _only_linked(best):
        return False
    if levels & OWN_SIGNS or levels & (WELL_NAMED - {"name.first"}) or "name.changed_kept" in levels:
        return True
    if "name.first" in levels and levels & COMPANY_LEVELS and levels & _SAME_PLACE:
        return best.record.name.family != () and _weight(best, "name.first") >= _RARE_FIRST
    return False


def _account_alone(levels: set[str]) -> bool:
    """Whether a known account is all there is, and not even a name was looked at: somebody else may have it now."""
    return "account.known" in levels and not any(
        level.startswith(("name.", "company.", "place.", "link.", "email.")) for level in levels
    )


def _only_linked(best: Candidate) -> bool:
    """Whether a link is all there is, and no name beside it: a reader, or who likes somebody's tool, links the same way."""
    levels = best.levels()
    if not levels & _LINKS or levels & (OWN_SIGNS - _LINKS) or levels & _BESIDE_LINK:
        return False
    if any(finding.own for finding in best.scored.findings):
        return False  # who gives a page as their own says more than who links to it
    return not ("name.first" in levels and levels & COMPANY_LEVELS)


def _copied(best: Candidate) -> bool:
    levels = best.levels()
    return "account.copied" in levels and not levels & OWN_SIGNS


def _weight(candidate: Candidate, level: str) -> float:
    """The bits of one of a candidate's findings."""
    scored = candidate.scored
    return next((bits for each, bits in zip(scored.findings, scored.weights, strict=True) if each.level == level), 0.0)


def rivals(best: Candidate, other: Candidate, weights: Weights) -> bool:
    """Whether another person stands in the way of a link: about as likely, or with a sign that only one person should have."""
    lead = (best.bits - other.bits) / max(1.0, weights.scale)
    if not best.levels() & OWN_SIGNS:
        if _namesakes_at_one_company(best, other):
            return True
        if "name.changed_kept" in other.levels() and lead < weights.margin + _SIGN_BITS:
            return True  # the handle bears the other's name
    signs = other.levels() & OWN_SIGNS
    return lead < (weights.margin + _SIGN_BITS if signs else weights.margin) or bool(best.levels() & signs)


def _namesakes_at_one_company(best: Candidate, other: Candidate) -> bool:
    """Two people of one name at one company, though the CRM may write its name in two ways."""
    same = (
        best.record.name.family[-1:] == other.record.name.family[-1:]
        and best.record.name.given[:1] == other.record.name.given[:1]
    )
    return same and bool(best.record.domains & other.record.domains)
