"""Finding a site's feeds from its address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from connectors._document import looks_like_web_page
from connectors._feeds import Fetched, fetch_feed, parse_feed, state_of
from connectors._workers import shared_workers
from listener.core.connector import Answer, Door
from listener.core.errors import RetryLater, SourceProtocolError, SourceRejected
from listener.net.urls import shown, web_link

ACCEPT_PAGE = "text/html, application/xhtml+xml, */*;q=0.8"
COMMON_PATHS = (
    "feed/",
    "rss.xml",
    "atom.xml",
    "index.xml",
    "feed.xml",
    "feed.json",
    "feeds/all.atom.xml",
    "rss",
    "index.rss",
)
"""Where WordPress, Hugo, Jekyll, Pelican and others put their feeds, relative to the site."""
_MOST_ALTERNATES = 3


@dataclass(frozen=True, slots=True)
class Discovered:
    """A site's feed, fetched already, and where its comments feed may be (``guessed``: by convention, not by the page)."""

    url: str
    fetched: Fetched
    comments: str | None = None
    guessed: bool = False


def discover(door: Door, site: str, *, private: bool = False) -> Discovered:
    """The feed of a site: the address itself, what the page links to as its alternate, else the usual places.

    Raises:
        RetryLater, SourceRejected: the site cannot be read; for now, or at all.
        SourceProtocolError: no feed was found.
    """
    page = door.get(site, accept=ACCEPT_PAGE, private=private)
    if (itself := _feed_in(page)) is not None:
        return _with_comments(site, itself, None)
    links = _page_links(page)
    comments = links["comments"][0] if links["comments"] else None
    later: RetryLater | None = None
    for url in _candidates(page.url, links["feeds"]):
        try:
            return _with_comments(url, fetch_feed(door, url, {}, private=private), comments)
        except (SourceRejected, SourceProtocolError):
            continue  # most of the usual places do not exist; nothing found at all is the error below
        except RetryLater as problem:
            later = problem
    if later is not None:
        raise later
    raise SourceProtocolError(f'{shown(site)}: no feed was found; give the feed\'s own address with kind "rss"')


def _feed_in(page: Answer) -> Fetched | None:
    if looks_like_web_page(page.body) or not page.body.strip():
        return None
    try:
        feed = parse_feed(page.body, page.content_type, page.url)
    except SourceProtocolError:
        return None
    return Fetched(feed, page.url, state_of(page))


def _page_links(page: Answer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = shared_workers().read("links", page.body, page.content_type, page.url)
    return found


def _candidates(page_url: str, alternates: list[str]) -> Iterator[str]:
    yield from alternates[:_MOST_ALTERNATES]
    folder = urljoin(page_url, urlsplit(page_url).path.rstrip("/") + "/")
    bases = dict.fromkeys((folder, urljoin(page_url, ".") if "." in urlsplit(page_url).path else folder, urljoin(page_url, "/")))
    for base in bases:
        for path in COMMON_PATHS:
            yield urljoin(base, path)


def _with_comments(url: str, fetched: Fetched, comments: str | None) -> Discovered:
    if comments is None and fetched.feed is not None and "wordpress" in fetched.feed.generator.lower():
        home = web_link(fetched.url, fetched.feed.home) or urljoin(url, "..")
        return Discovered(url, fetched, urljoin(home.rstrip("/") + "/", "comments/feed/"), guessed=True)
    return Discovered(url, fetched, comments)
