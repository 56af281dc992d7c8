"""What the mentions were about, and what was hidden of them, in lines for the digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from listener.core.analysis import Label, Noise
from listener.core.plain import one_line, web_link
from listener.core.telling import AMBIGUOUS, UNIMPORTANT, UNKNOWN_LANGUAGE, DigestFacts, HiddenPost, Theme, TopicFacts
from listener.counting import counted
from listener.digest.parts import Hidden, HiddenLine, TopicLine

TOPICS = 8
THEMES = 5
EXCERPT = 100
"""Characters of a hidden post: one line."""

REASONS: Mapping[str, tuple[str, str]] = {
    Noise.JOB_AD: ("job ad", "job ads"),
    Noise.GIVEAWAY: ("giveaway", "giveaways"),
    Noise.SPAM: ("spam post", "spam posts"),
    Noise.BOT: ("automatic post", "automatic posts"),
    Noise.PRESS_RELEASE: ("press release", "press releases"),
    AMBIGUOUS: ("where the name means something else", "where the name means something else"),
    UNIMPORTANT: ("of no importance", "of no importance"),
    UNKNOWN_LANGUAGE: ("in a language that is not known", "in a language that is not known"),
}
"""How posts are counted that were hidden for a reason: one of them, and several."""
_SINGLE: Mapping[str, str] = {
    AMBIGUOUS: "another meaning of the name",
    UNIMPORTANT: "of no importance",
    UNKNOWN_LANGUAGE: "language not known",
}


def topic_lines(
    topics: Iterable[TopicFacts], names: Mapping[tuple[str, str], str], brands: Mapping[str, str]
) -> tuple[TopicLine, ...]:
    """The topics of these brands most spoken of, with the brand's name if there are several.

    ``names`` maps brand and topic to the topic's name.
    """
    found = []
    for topic in topics:
        if topic.brand in brands:
            name = one_line(names.get((topic.brand, topic.topic), topic.topic), 60)
            if len(brands) > 1:
                name = f"{name} ({one_line(brands[topic.brand], 60)})"
            found.append(_line(name, topic.labels, unsure=topic.unsure))
    return tuple(sorted(found, key=lambda line: (-line.mentions, line.name))[:TOPICS])


def theme_lines(themes: Sequence[Theme]) -> tuple[TopicLine, ...]:
    return tuple(_line(one_line(theme.phrase, 60), theme.labels, theme.authors) for theme in themes[:THEMES])


def _line(name: str, labels: Mapping[Label, int], authors: int = 0, unsure: int = 0) -> TopicLine:
    number = sum(labels.values()) + unsure
    return TopicLine(name, number, labels.get(Label.POSITIVE, 0), labels.get(Label.NEGATIVE, 0), authors, unsure)


def hidden_lines(facts: DigestFacts, tz: tzinfo) -> Hidden | None:
    """What was hidden and a sample of it; the counts are of all brands, since nobody can tell whom such a post means."""
    number = sum(facts.hidden.values())
    if not number:
        return None
    often = sorted(facts.hidden.items(), key=lambda each: (each[0] in _SINGLE, -each[1], each[0]))
    reasons = tuple(counted(count, *REASONS.get(reason, (reason, reason))) for reason, count in often if count)
    return Hidden(number, reasons, tuple(_post(post, tz) for post in facts.hidden_sample))


def _post(post: HiddenPost, tz: tzinfo) -> HiddenLine:
    place = post.source if post.source == post.platform else f"{post.platform}, {post.source}"
    return HiddenLine(
        mention_id=post.mention_id,
        why=_SINGLE.get(post.reason) or REASONS.get(post.reason, (post.reason, ""))[0],
        text=one_line(post.text, EXCERPT) if post.may_quote else "",
        said_at=post.said_at.astimezone(tz),
        where=one_line(place, 80),
        url=web_link(post.url),
    )
