"""The digest as an HTML mail: everything inline, nothing loaded from anywhere.

Links were checked when the digest was built and are checked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Template

from listener.core.plain import one_line, web_link
from listener.core.telling import Health
from listener.digest.model import CoverageLine, Digest, QuoteLine
from listener.digest.sections import SECTIONS
from listener.digest.words import alias_places
from listener.render import lines
from listener.render.look import LIMIT, environment

_STATES = {
    Health.OK: "complete",
    Health.PARTIAL: "with gaps",
    Health.FAILED: "failed",
    Health.PAUSED: "paused",
    Health.DISABLED: "disabled",
    Health.WAITING: "waiting",
}


def render_html(digest: Digest) -> str:
    """The whole mail body, a complete HTML document; with fewer quotes a person where it would be cut off otherwise."""
    html = ""
    for quotes in (None, 1, 0):
        people = tuple(replace(entry, quotes=entry.quotes[:quotes]) for entry in digest.people)
        html = _render(replace(digest, people=people))
        if len(html.encode("utf-8")) <= LIMIT:
            break
    return html


def _render(digest: Digest) -> str:
    return _template().render(
        digest=digest,
        lines=lines,
        news=[(digest.totals[section.key], section) for section in SECTIONS if digest.totals.get(section.key)],
        sections=[
            (section, people)
            for section in SECTIONS
            if (people := [entry for entry in digest.people if entry.section == section.key])
        ],
        subject=lines.subject(digest),
        preheader=f"{lines.heard_line(digest)} {lines.authors_line(digest)}",
        title=digest.title,
        day=digest.day,
        state=_state,
        Health=Health,
    )


@cache
def _template() -> Template:
    made = environment()
    made.filters |= {"marked": _marked, "link": web_link, "host": _host}
    return made.get_template("digest.html.j2")


def _state(line: CoverageLine) -> str:
    """How a source is heard; "until" and the moment follow, where there is one."""
    if line.is_whole or line.health in {Health.OK, Health.PARTIAL}:
        return _STATES[Health.OK if line.is_whole else Health.PARTIAL]
    return f"{_STATES[line.health]}; heard" if line.heard_until else _STATES[line.health]


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
