"""What a source's terms allow, in one readable line."""

from __future__ import annotations

from typing import Any

from listener.core.brand import Evidence, MatchingPolicy, Provenance
from listener.counting import counted

_EVIDENCE = {
    Evidence.EMAIL: "e-mail",
    Evidence.HANDLE: "handle",
    Evidence.LINK: "link",
    Evidence.NAME: "name",
    Evidence.COMPANY: "company",
    Evidence.PLACE: "place and language",
}
_PROVENANCE = {
    Provenance.GIVEN: "given by the person",
    Provenance.PUBLIC: "public",
    Provenance.BOUGHT: "bought in",
    Provenance.UNKNOWN: "of unknown origin",
}


def policy_words(policy: MatchingPolicy) -> str:
    """``matched by any evidence but e-mail; CRM handles that are public; may be quoted; kept 30 days; deletions honoured``."""
    if policy.counts_only:
        return "nobody is matched, nothing is quoted; only counts are kept, by day, brand and label"
    return "; ".join([*_matching(policy), *_keeping(policy)])


def policy_facts(policy: MatchingPolicy) -> dict[str, Any]:
    """The policy for programs."""
    return {
        "name": policy.name,
        "evidence": sorted(each.value for each in policy.evidence),
        "provenance": sorted(each.value for each in policy.provenance),
        "may_quote": policy.may_quote,
        "keep_days": policy.keep_days,
        "honour_deletion": policy.honour_deletion,
        "counts_only": policy.counts_only,
        "basis": policy.basis,
        "words": policy_words(policy),
    }


def _matching(policy: MatchingPolicy) -> list[str]:
    if not policy.evidence:
        return ["nobody is matched with a customer"]
    evidence = _chosen([*Evidence], policy.evidence, _EVIDENCE)
    parts = [f"matched by {evidence or 'any evidence'}"]
    if Evidence.HANDLE in policy.evidence:
        handles = _chosen([*Provenance], policy.provenance, _PROVENANCE)
        if not policy.provenance:
            parts.append("no CRM handle is used")
        else:
            parts.append(f"CRM handles {handles}" if handles else "any CRM handle")
    return parts


def _keeping(policy: MatchingPolicy) -> list[str]:
    return [
        "may be quoted to our own people" if policy.may_quote else "never quoted",
        f"kept {counted(policy.keep_days, 'day', 'days')}" if policy.keep_days is not None else "kept as long as any post",
        *(["deletions honoured within a day"] if policy.honour_deletion else []),
    ]


def _chosen(every: list[Any], allowed: frozenset[Any], names: dict[Any, str]) -> str:
    """The allowed ones, or all but the others where that is shorter; empty where all are."""
    inside = [names[each] for each in every if each in allowed]
    outside = [names[each] for each in every if each not in allowed]
    if not outside:
        return ""
    if len(outside) == 1 and len(inside) > 1:
        return ("any evidence" if every[0] in _EVIDENCE else "of any origin") + f" but {outside[0]}"
    return " or ".join([", ".join(inside[:-1]), inside[-1]] if len(inside) > 1 else inside)
