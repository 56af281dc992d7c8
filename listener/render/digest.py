"""All forms of one digest at once."""

from __future__ import annotations

from listener.digest.model import Digest, Rendered
from listener.render.html import render_html
from listener.render.lines import subject
from listener.render.text import render_text


def render_digest(digest: Digest) -> Rendered:
    """What is sent: the subject and both parts."""
    return Rendered(subject=subject(digest), text=render_text(digest), html=render_html(digest))
