"""Where a web page says that its feeds are. Runs in the worker process."""

from __future__ import annotations

from connectors._charset import charset_of
from listener.net.urls import web_link

_FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json"}
_MOST = 50


def page_links(body: bytes, content_type: str, url: str) -> dict[str, list[str]]:
    """``{"feeds": [...], "comments": [...]}``: the alternates of a page in its own order, absolute, comment feeds apart."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(body.decode(charset_of(body, content_type) or "utf-8", "replace"))
    base = tree.css_first("base[href]")
    base_url = web_link(url, (base.attributes.get("href") if base else "") or "") or url
    found: dict[str, list[str]] = {"feeds": [], "comments": []}
    for node in tree.css("link[rel][href]"):
        attributes = {name: value or "" for name, value in node.attributes.items()}
        if "alternate" not in attributes["rel"].lower().split():
            continue
        kind = attributes.get("type", "").split(";")[0].strip().lower()
        link = web_link(base_url, attributes["href"])
        if kind not in _FEED_TYPES or link is None or (kind == "application/json" and "wp-json" in link):
            continue
        place = found["comments" if _is_about_comments(attributes.get("title", ""), link) else "feeds"]
        if link not in place and len(place) < _MOST:
            place.append(link)
    return found


def _is_about_comments(title: str, link: str) -> bool:
    """Site-wide comment feeds call themselves so in many languages; the word stem is shared by most."""
    words = f"{title} {link}".lower()
    return any(stem in words for stem in ("comment", "kommentar", "comentari", "reacties"))
