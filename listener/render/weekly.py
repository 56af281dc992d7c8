"""The weekly edition as people see it: text and HTML that say the same, with two pictures where these say more than numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from jinja2 import Template
from markupsafe import Markup, escape
from rich.cells import cell_len

from listener.core.messages import Picture
from listener.core.plain import one_line
from listener.counting import counted
from listener.digest.changes import usual_words
from listener.digest.model import Rendered
from listener.digest.trends import per_cent
from listener.digest.weekly_model import Bar, TopicTrend, Weekly, WeeklyPerson
from listener.render import charts
from listener.render.look import environment
from listener.render.text import WIDTH, wrap, wrap_after
from listener.timewords import day_words

BAR = 24
"""Columns of the longest bar in the text."""
TOPIC, VOICE = 36, 20
"""Characters of a name in a table of the text."""
PART, NOT_WHOLE = "~", "began before listening did: only what sources still had"
"""How weeks are marked that say less than the others, and what that means."""
NOT_DRAWN = "The pictures of this edition could not be drawn; their figures are below."


@lru_cache(maxsize=8)
def render_weekly(weekly: Weekly, *, pages: bool) -> tuple[Rendered, tuple[Picture, ...]]:
    """What is sent: for mail the HTML names the pictures that belong to it; for ``pages`` they are in it.

    Where they cannot be drawn the edition says so, and has their figures as a table. Recipients of one edition share the work.
    """
    if pages:
        drawn: Mapping[str, str] | None = charts.drawings(weekly)
        pictures: tuple[Picture, ...] = ()
    else:
        made = charts.pictures(weekly)
        pictures = made or ()
        drawn = None if made is None else {picture.name: _named(picture) for picture in made}
    return Rendered(subject(weekly), weekly_text(weekly), weekly_html(weekly, drawn)), pictures


def subject(weekly: Weekly) -> str:
    return f"{weekly.headline} - {weekly.title}, {weekly.week}"


def weekly_html(weekly: Weekly, drawn: Mapping[str, str] | None) -> str:
    """The whole document; ``drawn`` holds the mark-up of each picture by its name, ``None`` where none could be made."""
    return _template().render(
        weekly=weekly,
        subject=subject(weekly),
        preheader=" ".join(weekly.changed),
        title=weekly.title,
        day=weekly.day,
        period=period(weekly),
        drawn=drawn or {},
        failed=drawn is None,
        not_drawn=NOT_DRAWN,
        dark_rules=Markup("\n".join(charts.dark_rules())) if drawn and any("<svg" in one for one in drawn.values()) else "",  # noqa: S704 - ours
        charts=charts,
        kept=_kept,
        usual=usual_line,
        felt=felt_line,
        said=said_line,
        bar=bar_line,
        label=lambda bar: week_label(bar, weekly),
        not_whole="" if all(bar.whole for bar in weekly.weeks) else NOT_WHOLE,
        part=PART,
        voices_line=voices_line(weekly),
    )


@cache
def _template() -> Template:
    return environment().get_template("weekly.html.j2")


def _kept(text: str) -> Markup:
    """The text with per cent signs that stay beside their numbers."""
    return Markup(str(escape(text)).replace(" %", "&nbsp;%"))  # noqa: S704 - it is escaped


def _named(picture: Picture) -> Markup:
    """A picture as mail shows it, as wide as the page allows."""
    return Markup(
        '<img src="cid:{}" width="{}" alt="{}" style="display:block;width:100%;max-width:{}px;height:auto;border:0">'
    ).format(picture.name, charts.WIDTH, picture.alt, charts.WIDEST)


# ----------------------------------------------------------------------------------------------- lines that both share


def period(weekly: Weekly) -> str:
    first = weekly.since.date()
    return f"{first:%Y-%m-%d} to {weekly.last:%Y-%m-%d} ({weekly.zone})"


def usual_line(topic: TopicTrend) -> str:
    """``up from 3.5``; ``usually 12``."""
    if topic.usual is None:
        return ""
    return f"{topic.way} from {usual_words(topic.usual)}" if topic.way else f"usually {usual_words(topic.usual)}"


def felt_line(topic: TopicTrend) -> str:
    felt = ((topic.positive, "positive"), (topic.negative, "negative"), (topic.unsure, "unsure"))
    return ", ".join(f"{number:,} {word}" for number, word in felt if number)


def stop_words(person: WeeklyPerson) -> str:
    """What stands behind the name of somebody whom nobody may call or write."""
    return " (do not contact)" if person.do_not_contact else ""


def said_line(person: WeeklyPerson) -> str:
    """``3 mentions, 1 positive, 1 negative; promoter``."""
    felt = ((person.positive, "positive"), (person.negative, "negative"))
    parts = [counted(person.mentions, "mention", "mentions"), *(f"{number:,} {word}" for number, word in felt if number)]
    return ", ".join(parts) + (f"; {person.stance}" if person.stance else "")


def bar_line(bar: Bar) -> str:
    """``13 positive, 14 negative``."""
    return ", ".join(f"{number:,} {word}" for number, word in ((bar.positive, "positive"), (bar.negative, "negative")) if number)


def week_label(bar: Bar, weekly: Weekly) -> str:
    """``16 Nov``, ``~9 Nov``: where the week begins, and whether it is only a part of one."""
    return f"{'' if bar.whole else PART}{day_words(bar.first, weekly.day)}"


def voices_line(weekly: Weekly) -> str:
    """What stands where there is no picture of the voices; empty where no competitor is configured."""
    total = sum(voice.mentions for voice in weekly.voices)
    if not weekly.voices:
        return ""
    if not total:
        return "Nobody named us, or a competitor."
    return "; ".join(f"{voice.name} {voice.mentions:,}" for voice in weekly.voices) + " (too few for shares)."


# ---------------------------------------------------------------------------------------------------------------- text


def weekly_text(weekly: Weekly) -> str:
    """The whole edition; no line is wider than ``WIDTH``."""
    return "\n".join(_lines(weekly)) + "\n"


def _lines(weekly: Weekly) -> Iterator[str]:
    yield from wrap(f"{weekly.title} · {weekly.week}")
    yield "═" * WIDTH
    yield from wrap(weekly.headline)
    yield from wrap(period(weekly))
    yield ""
    yield from wrap(weekly.mentions)
    yield from _head("What changed")
    for sentence in weekly.changed:
        yield from wrap(sentence, "· ", "  ")
    for note in weekly.notes:
        yield from wrap(note, "! ", "  ")
    yield from _head("Mentions a week")
    yield from _bars(weekly.weeks, [week_label(bar, weekly) for bar in weekly.weeks])
    if not all(bar.whole for bar in weekly.weeks):
        yield f"{PART} {NOT_WHOLE}"
    yield from _head("Mentions a day")
    yield from _bars(weekly.days, [f"{bar.first:%a} {bar.first.day}" for bar in weekly.days])
    if weekly.voices:
        yield from _head("Share of voice")
        yield from _voices(weekly)
    if weekly.topics:
        yield from _head("What it was about")
        names = [one_line(topic.name, TOPIC) for topic in weekly.topics]
        room = max(map(cell_len, names))
        for name, topic in zip(names, weekly.topics, strict=True):
            head = f"{_padded(name, room)} {topic.mentions:>4,}  "
            words = "; ".join(part for part in (usual_line(topic), felt_line(topic)) if part)
            yield from (line.rstrip() for line in wrap_after(head, words))
    yield from _customers(weekly)
    if weekly.spikes:
        yield from _head("Bursts")
        for spike in weekly.spikes:
            yield from wrap(spike, "· ", "  ")
    yield from _head("What was heard, and what was not")
    yield from wrap(weekly.coverage)
    for gap in weekly.gaps:
        yield from wrap(gap, "· ", "  ")


def _head(title: str) -> tuple[str, ...]:
    return "", "", title.upper(), "─" * WIDTH


def _bars(bars: tuple[Bar, ...], labels: list[str]) -> Iterator[str]:
    most, room = max(bar.mentions for bar in bars), max(map(len, labels))
    for label, bar in zip(labels, bars, strict=True):
        head = f"{label:>{room}} {bar.mentions:>6,} {blocks(bar.mentions, most):<{BAR}} "
        yield from (line.rstrip() for line in wrap_after(head, bar_line(bar)))


def blocks(number: int, most: int) -> str:
    """A bar of block characters, in eighths of a column; ``most`` is ``BAR`` columns long."""
    eighths = round(8 * BAR * number / most) if most else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")


def _voices(weekly: Weekly) -> Iterator[str]:
    total = sum(voice.mentions for voice in weekly.voices)
    if charts.VOICES not in charts.specs(weekly):
        yield from wrap(voices_line(weekly))
        return
    names = [one_line(voice.name, VOICE) for voice in weekly.voices]
    room = max(map(cell_len, names))
    most = max(voice.mentions for voice in weekly.voices)
    for name, voice in zip(names, weekly.voices, strict=True):
        before = "" if voice.before is None else f"; {voice.before:,} the week before"
        share = f"{per_cent(voice.mentions, total)} ({voice.mentions:,}{before})"
        yield from wrap_after(f"{_padded(name, room)} {blocks(voice.mentions, most):<{BAR}} ", share)


def _padded(text: str, room: int) -> str:
    return text + " " * (room - cell_len(text))


def _customers(weekly: Weekly) -> Iterator[str]:
    yield from _head("Customers")
    yield from wrap(" → ".join(f"{one.value:,} {one.label}" for one in weekly.funnel))
    if weekly.turns:
        yield from wrap("Turned: " + ", ".join(f"{one.value:,} {one.label}" for one in weekly.turns))
    if weekly.turns_first:
        yield from wrap(weekly.turns_first)
    if weekly.follow_ups:
        yield from wrap(f"Follow-ups: {weekly.follow_ups}")
    if weekly.people:
        yield ""
        yield "Spoke most:"
    for person in weekly.people:
        name = f"{person.name}, {person.company}" if person.company else person.name
        yield from wrap(f"{name}{stop_words(person)}: {said_line(person)}", "· ", "  ")
    if weekly.people_more:
        yield from wrap(f"And {counted(weekly.people_more, 'more customer', 'more customers')} spoke.")
