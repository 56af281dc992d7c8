"""The article of a web page as plain text, by trafilatura. Runs in the worker process."""

from __future__ import annotations

from connectors._charset import charset_of
from connectors._tidy import tidy


def article_text(body: bytes, content_type: str, url: str) -> str | None:
    """The text of the page's main article without comments, navigation and footers; ``None`` where none is found."""
    from trafilatura import extract

    charset = charset_of(body, content_type)
    page = body.decode(charset, "replace") if charset else body
    text = extract(page, url=url, include_comments=False, include_tables=True, favor_precision=True)
    return tidy(text) if text else None
