"""``listener mentions``: what was heard, and what every step made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.output import Column, facts, json_line, jsonable, moment, note, say, table
from listener.cli.shell import Shell, command, group
from listener.core.analysis import Level, Noise, Relevance
from listener.core.plain import one_line

if TYPE_CHECKING:
    from listener.core.analysis import Analysis, Sentiment
    from storage.lookups import HeardMention, MentionVerdicts
    from storage.who import Identity

EXCERPT = 120
"""Characters of a text in a list."""


def add(app: typer.Typer) -> None:
    inner = group(app, "mentions", "Show what was heard, and why it is or is not in the digest.")
    command(inner, "list")(list_mentions)
    command(inner, "show")(show)


def list_mentions(
    shell: Shell,
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="Words to find, or a whole query (docs/queries.md).")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Of this source only.")] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Only what is hidden for its low relevance.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="The most to show.")] = 50,
) -> None:
    """List what was heard, the newest first.

    A query may have AND, OR, NOT, "phrases", NEAR/n, wildcards* and fields:.

    Relevance is high, medium or low; low is hidden, and counted nowhere. "-": about nothing of ours, or not looked at yet.

    Example: listener mentions '"login page" (slow OR broken) -@jobs lang:en' --source news
    """
    from listener.query import parse

    now = shell.now()
    app = shell.app()
    asked = parse(query, app.settings.exclusion_sets) if query is not None else None
    with app.open_store(now) as store:
        found = store.mentions.find(asked, source=source, limit=limit, hidden=hidden, now=now)
        if source and not found and not store.mentions.find(source=source, limit=1, now=now):
            app.source(source)  # of a source that is configured no more, what was heard can still be listed
    if shell.json:
        for mention in found:
            json_line(mention)
        return
    if not found:
        say("Nothing like that was heard." if asked or source or hidden else "Nothing heard yet: run `listener run`.")
        return
    about = {True: "yes", False: "no", None: "not yet"}
    rows = [
        (
            str(one.mention_id),
            moment(one.published_at or one.heard_at),
            one.source,
            about[one.about_us],
            one.level.value if one.level else "-",
            _excerpt(one),
        )
        for one in found
    ]
    columns = [Column("id", right=True), Column("said (UTC)"), Column("source"), Column("about us"), Column("relevance")]
    table([*columns, Column("text", wide=True)], rows)


def _excerpt(mention: HeardMention) -> str:
    title = "" if not mention.title or mention.text.startswith(mention.title) else mention.title
    text = one_line(" · ".join(part for part in (title, mention.text) if part), EXCERPT)
    return text or f"({mention.withheld or 'nothing is kept of it'})"


def show(shell: Shell, mention_id: Annotated[int, typer.Argument(metavar="ID", help="The id in the list.")]) -> None:
    """Show one mention with each step's verdict: why it is, or is not, in the digest.

    Example: listener mentions show 17
    """
    now = shell.now()
    app = shell.app()
    with app.open_store(now) as store:
        found = store.mentions.show(mention_id, now=now)
        identity = store.identities.of(found.mention.author_id) if found else None
        latest = store.identities.latest(found.mention.author_id, now) if found else None
    if found is None or identity is None:
        note(f"Error: there is no mention {mention_id}; see `listener mentions`")
        raise typer.Exit(1)
    from listener.cli.identity_views import BITS, identity_facts, may_show, print_why, told

    if shell.json:
        json_line({**jsonable(found), "identity": identity_facts(identity)})
        return
    facts(_lines(found, identity, shown=may_show(app, found.mention) and (latest is None or may_show(app, latest))))
    if identity.match and identity.match.contact_id:
        say()
        told(f"How we know who wrote it ({BITS})")
        print_why(identity)


def _lines(found: MentionVerdicts, identity: Identity, *, shown: bool) -> Iterator[tuple[str, str | None]]:
    from listener.cli.identity_views import profile_of

    said = found.mention
    yield (
        "mention",
        f"{said.mention_id} from {said.source} ({said.platform})" + (f", revision {said.revision}" if said.revision > 1 else ""),
    )
    yield "title", said.title
    yield "text", said.text or f"({said.withheld or 'nothing is kept of it'})"
    yield "address", said.url
    yield "author", f"{said.author.display_name or said.author.handle or 'not named'} (author {said.author_id})"
    yield from profile_of(said.author, shown=shown)
    yield "published", moment(said.published_at, "no usable date")
    yield "heard", moment(said.heard_at) + (f", edited {moment(said.edited_at)}" if said.edited_at else "")
    yield "news", "no: published before its source was listened to; it counts in standings only" if said.history else "yes"
    yield "own words", None if said.own_words else "no: a repost, or a copy of another author's words; heard, not judged"
    yield "story", _story(found)
    yield from _understood(found.analysis, found.analysis_is_current, said.mention_id)
    yield "who", _who(identity)
    for brand, standing in found.standings:
        yield f"stands toward {brand}", f"{standing.stance}: {standing.why}"
    for case in found.cases:
        yield f"case {case.case_id}", f"{case.kind}, {case.state}"
    if not found.cases:
        yield "cases", "none rests on this mention"


def _story(found: MentionVerdicts) -> str | None:
    if found.told_with is None:
        return None
    near = found.told_with.near
    joined = "" if near is None else f"; this one joined because its words are nearly those of mention {near}"
    return f"{found.told_with.mentions} mentions tell it; it counts once{joined}"


def _understood(analysis: Analysis | None, current: bool, mention_id: int) -> Iterator[tuple[str, str | None]]:
    if analysis is None:
        yield "about us", "not looked at yet: run `listener run`"
        return
    yield "about us", _about(analysis) + ("" if current else "; that was the former text")
    yield "relevance", LEVELS[analysis.level].replace("ID", str(mention_id)) if analysis.level else None
    yield "noise", (analysis.note or NOISE[analysis.noise]) if analysis.noise else None
    yield "language", analysis.language or "not known"
    for target in analysis.targets:
        yield f"toward {target.target}", _sentiment(target.sentiment)
    for aspect in analysis.aspects:
        named = f'"{one_line(aspect.surface, 40)}": ' if aspect.surface else ""
        yield f"topic {aspect.aspect}", f"{named}{_sentiment(aspect.sentiment)}, as to {aspect.target}"
    yield "intents", ", ".join(analysis.intents)


def _about(analysis: Analysis) -> str:
    if analysis.relevance is Relevance.EXCLUDED and analysis.note:
        return f"no: {analysis.note}"
    why = f" ({analysis.note})" if analysis.note and not analysis.noise else ""
    return RELEVANCE[analysis.relevance.value] + why


RELEVANCE = {
    "about": "yes",
    "no-target": "no: it names nothing of ours",
    "excluded": "no: excluded by its rules",
    "ambiguous": "no: the name stands in it, but nothing shows that it means us",
}


LEVELS = {
    Level.HIGH: "high",
    Level.MEDIUM: "medium",
    Level.LOW: "low: hidden from people and standings, and kept; if that is wrong: listener correct relevance ID high",
}
NOISE = {
    Noise.JOB_AD: "a job ad",
    Noise.GIVEAWAY: "a giveaway",
    Noise.SPAM: "spam",
    Noise.BOT: "posted by a program",
    Noise.PRESS_RELEASE: "a press release",
}
"""For what is kept of a post whose words are gone."""


def _sentiment(felt: Sentiment) -> str:
    if felt.reason:
        return f"{felt.label}, because {felt.reason} ({felt.engine} {felt.version})"
    return f"{felt.label}{', unsure' if felt.unsure else ''}, score {felt.score:+.2f} ({felt.engine} {felt.version})"


def _who(identity: Identity) -> str:
    from listener.identities import customer_words, verdict_words

    match = identity.match
    whom = customer_words(identity.candidate, match.contact_id) if match and match.contact_id else ""
    if not whom and identity.customer is not None:  # as one person with another author
        whom = f"{customer_words(identity.customer, None)}, as one person with author {identity.together[0]}; by itself "
        return f"{whom}{verdict_words(match, identity.decisions)}"
    terms = f" (terms: {match.policy})" if match else ""
    return f"{verdict_words(match, identity.decisions, whom)}{terms}"
