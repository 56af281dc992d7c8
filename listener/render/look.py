"""How every mail of ours looks: its colours and fonts, and the environment that fills the templates.

Mail clients are the browser here: tables for layout (Outlook), styles on the elements (Gmail), a media query for dark mode
where it is understood, no script, no image, no font of our own. All text is escaped by the template engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from listener.core.plain import one_line, visible, web_link
from listener.digest.parts import QuoteLine
from listener.digest.sections import Tone
from listener.digest.words import alias_places
from listener.timewords import day_words


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme. Every text colour has a contrast of at least 4.5 to 1 on the grounds that it is used on."""

    page: str
    card: str
    ink: str
    muted: str
    rule: str
    accents: dict[Tone, tuple[str, str]]
    """The accent of a tone, and the tint of it that text can stand on."""


LIGHT = Colours(
    page="#f5f2ec",
    card="#fffefb",
    ink="#23201c",
    muted="#655f56",
    rule="#e2dccf",
    accents={
        Tone.URGENT: ("#a3301d", "#fbeee9"),
        Tone.CHANCE: ("#2a683b", "#ebf4ec"),
        Tone.HEARD: ("#255287", "#ebf1f8"),
        Tone.CHANGED: ("#715310", "#f7f0dc"),
    },
)
DARK = Colours(
    page="#161513",
    card="#201e1b",
    ink="#ece7de",
    muted="#aaa194",
    rule="#3a362f",
    accents={
        Tone.URGENT: ("#f39682", "#3a231d"),
        Tone.CHANCE: ("#8fcd9b", "#1f3125"),
        Tone.HEARD: ("#98bdec", "#1e2b3c"),
        Tone.CHANGED: ("#dfbe70", "#332a13"),
    },
)

LIMIT = 100_000
"""Bytes; mail programs cut off what is longer, and with it the end."""

# Unquoted and short: the stacks stand in every element, and mail above 100 kB is cut off.
_FONTS = {
    "sans": "-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif",
    "serif": "Georgia,Iowan Old Style,Times New Roman,serif",
    "mono": "ui-monospace,Menlo,Consolas,monospace",
}


@cache
def environment() -> Environment:
    """The template engine with what all templates share."""
    made = Environment(
        loader=PackageLoader("listener.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_last_gate,
    )
    made.filters |= {"marked": _marked, "link": web_link, "host": _host}
    made.globals |= {"light": LIGHT, "dark": DARK, "tones": list(Tone), "day_words": day_words, **_FONTS}
    return made


def _last_gate(value: object) -> object:
    """Every value that is put out: made visible once more, as it may have been stored by an older version."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _marked(quote: QuoteLine) -> Iterator[tuple[str, bool]]:
    """The quote in pieces, each with whether it names the target."""
    end = 0
    for place in alias_places(quote.text, quote.alias):
        yield quote.text[end : place.start()], False
        yield place.group(), True
        end = place.end()
    yield quote.text[end:], False


def _host(url: str) -> str:
    """Whose address it is, so that a reader sees where a link leads."""
    return one_line(urlsplit(url).hostname or "", 60)
