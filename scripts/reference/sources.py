"""The pages on source kinds and on what the terms of platforms allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from connectors._registry import load_specs
from listener.core.brand import Evidence, MatchingPolicy, Provenance
from listener.core.connector import ConnectorSpec
from listener.core.terms import BY_NAME, BY_PLATFORM
from scripts.reference.markdown import choices, code, page, sentence, table
from scripts.reference.settings import fields, settings_table

COMMON = ("name", "kind", "enabled", "lookback", "every", "cron", "only", "policy")


def specs() -> Mapping[str, ConnectorSpec]:
    """The kinds that come with the program, in the order of their names; those of other packages are none of this page's."""
    return {kind: spec for kind, spec in sorted(load_specs().items()) if spec.build.__module__.startswith("connectors.")}


def source_kinds() -> str:
    """The page of all kinds of sources."""
    about = """
One `[[sources]]` table a source. The settings that all of them share stand in the
[configuration](configuration.md#sources); the options below belong into the same table. Examples of each kind, with
advice: [sources](../sources.md). A kind of your own: [connectors](../connectors.md).

*Asked every* is what `listener serve` does unless `every` or `cron` say otherwise. *Older posts* says whether `listener
run --since` can go back. *Terms* is what binds what is heard, see [policies](policies.md).
"""
    rows = [
        [
            f"[{code(kind)}](#{kind})",
            sentence(spec.summary).rstrip("."),
            _every(spec),
            "yes" if spec.backfills else "no",
            f"[{spec.policy.name}](policies.md#{spec.policy.name})",
        ]
        for kind, spec in specs().items()
    ]
    overview = table(["kind", "hears", "asked every", "older posts", "terms"], rows)
    return page("Source kinds", about, overview, *map(_kind, specs().values()))


def _every(spec: ConnectorSpec) -> str:
    minutes = spec.every // timedelta(minutes=1)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def _kind(spec: ConnectorSpec) -> str:
    facts = [f"Platform {code(spec.platform)}"]
    if spec.recheck:
        facts.append("posts that people were shown are asked for again every day, and what is gone there goes here")
    if spec.policy.counts_only:
        facts.append("counts only")
    head = f"## `{spec.kind}`\n\n{sentence(spec.summary)} {sentence('; '.join(facts))}"
    return f"{head}\n\n{settings_table(fields(spec.options), ('sources',))}"


def policies() -> str:
    """The page of what is allowed with posts of each platform."""
    about = f"""
What the terms of a platform allow with its posts and their authors. A source comes with the policy of its kind, and so do
posts of that platform in an export that is read from a file. `[sources.policy]` changes it for one source, and `listener
check` shows what holds. Each match keeps the name of the policy under which it was made. None of this is legal advice.

*Evidence* is what may connect an author with a customer ({choices(Evidence)}). *Accounts* are the accounts in your CRM
that may be used, by where they came from ({choices(Provenance)}). *Kept* is how long the content stays; `[retention]
mention_days` holds beside it. *Deletions*: what was deleted there is deleted here.
"""
    rows = [
        [
            f"[{name}](#{name})",
            _allowed(policy.evidence, Evidence),
            _allowed(policy.provenance, Provenance),
            "yes" if policy.may_quote else "no",
            f"{policy.keep_days} days" if policy.keep_days else "as configured",
            "honoured" if policy.honour_deletion else "",
        ]
        for name, policy in BY_NAME.items()
    ]
    head = ["policy", "evidence", "accounts", "quotes for your own people", "kept", "deletions"]
    return page("Policies of platforms", about, table(head, rows), *map(_policy, BY_NAME.values()))


def _allowed(given: frozenset[Evidence] | frozenset[Provenance], kind: type[Evidence | Provenance]) -> str:
    if not given:
        return "none"
    if given == frozenset(kind):
        return "all"
    missing = [each for each in kind if each not in given]
    return f"all but {choices(missing)}" if len(missing) < len(given) else choices(each for each in kind if each in given)


def _policy(policy: MatchingPolicy) -> str:
    kinds = [kind for kind, spec in specs().items() if spec.policy.name == policy.name]
    platforms = [name for name, held in BY_PLATFORM.items() if held.name == policy.name]
    told = f"Source kinds: {choices(kinds) or 'none'}. Platforms in files: {choices(platforms) or 'all others'}."
    only = " Only counts are kept: no post, no author." if policy.counts_only else ""
    return f"## {policy.name}\n\n{sentence(policy.basis)}{only}\n\n{told}"
