"""The digest as an HTML mail: everything inline, nothing loaded from anywhere.

Links were checked when the digest was built and are checked again.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from jinja2 import Template

from listener.core.telling import Health
from listener.digest.model import Digest
from listener.digest.parts import CoverageLine
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
        number=lines.numbers(digest),
        subject=lines.subject(digest),
        preheader=lines.preheader(digest),
        title=digest.title,
        day=digest.day,
        state=_state,
        Health=Health,
    )


@cache
def _template() -> Template:
    return environment().get_template("digest.html.j2")


def _state(line: CoverageLine) -> str:
    """How a source is heard; "until" and the moment follow, where there is one."""
    if line.is_whole or line.health in {Health.OK, Health.PARTIAL}:
        return _STATES[Health.OK if line.is_whole else Health.PARTIAL]
    return f"{_STATES[line.health]}; heard" if line.heard_until else _STATES[line.health]
