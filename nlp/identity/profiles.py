"""Profile links: which account on which platform an address points to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

from listener.core.mention import normal_handle
from nlp.identity.domains import host_of, is_shared, split_address
from nlp.identity.lists import INSTANCES, NOT_PEOPLE


class Profile(NamedTuple):
    """An account. On Mastodon the handle is ``name@instance``; on ``blog`` it is a host, or ``host/name`` on a shared one."""

    platform: str
    handle: str


_PATHS: dict[str, tuple[str, re.Pattern[str]]] = {
    host: (platform, re.compile(pattern))
    for hosts, platform, pattern in (
        ("x.com twitter.com mobile.twitter.com", "x", r"/@?(\w+)/?"),
        ("github.com", "github", r"/([\w-]+)/?"),
        ("gitlab.com", "gitlab", r"/([\w.-]+)/?"),
        ("codeberg.org", "codeberg", r"/([\w.-]+)/?"),
        ("reddit.com old.reddit.com new.reddit.com", "reddit", r"/(?:user|u)/([\w-]+)/?"),
        ("youtube.com m.youtube.com", "youtube", r"/(?:@|c/|user/)([\w.-]+)/?"),
        ("producthunt.com", "producthunt", r"/@([\w.-]+)/?"),
        ("trustpilot.com", "trustpilot", r"/users/([\w.-]+)/?"),
        ("bsky.app", "bluesky", r"/profile/([\w.:-]+)/?"),
        ("linkedin.com", "linkedin", r"/in/([^/]+)/?"),
        ("instagram.com", "instagram", r"/([\w.]+)/?"),
        ("threads.net", "threads", r"/@([\w.]+)/?"),
        ("tiktok.com", "tiktok", r"/@([\w.]+)/?"),
        ("facebook.com", "facebook", r"/([\w.]+)/?"),
        ("stackoverflow.com", "stackoverflow", r"/users/(\d+)(?:/[^/]*)?/?"),
        ("g2.com", "g2", r"/users/([\w-]+)/?"),
    )
    for host in hosts.split()
}
_FEDIVERSE = re.compile(r"/(?:@|users/)([\w.-]+)(?:@([\w.-]+))?/?")
"""Mastodon and its relatives: the same paths on any host."""
_SHARED_PATH = re.compile(r"/@?([\w.-]+)/?")

ALIASES = {
    "twitter": "x",
    "hn": "hackernews",
    "fediverse": "mastodon",
    "rss": "blog",
    "feed": "blog",
    "web": "blog",
    "website": "blog",
    "site": "blog",
}


@lru_cache(maxsize=256)
def platform_name(platform: str) -> str:
    """One name for each platform; feeds and sites are all ``blog``."""
    name = platform.strip().casefold()
    return ALIASES.get(name, name)


@lru_cache(maxsize=16384)
def profile_of(address: str) -> Profile | None:
    """The account that an address points to; ``None`` where it is no profile page, or of no platform known here."""
    host = host_of(address)
    if host is None:
        return None
    url = split_address(address)
    path = unquote(url.path)
    if host == "news.ycombinator.com":
        user = parse_qs(url.query).get("id", [""])[0]
        return Profile("hackernews", normal_handle(user)) if path.rstrip("/") == "/user" and user else None
    if host in _PATHS:
        platform, pattern = _PATHS[host]
        found = pattern.fullmatch(path)
        name = normal_handle(found[1]) if found else ""
        return Profile(platform, name) if name and name not in NOT_PEOPLE else None
    return _blog_on_shared_host(host, path) or _fediverse(host, path)


def _fediverse(host: str, path: str) -> Profile | None:
    found = _FEDIVERSE.fullmatch(path)
    return Profile("mastodon", f"{normal_handle(found[1])}@{found[2] or host}".lower()) if found else None


def _blog_on_shared_host(host: str, path: str) -> Profile | None:
    """``name.host`` or ``host/@name`` on a host of many people's blogs."""
    if not is_shared(host) or (_FEDIVERSE.fullmatch(path) and host in INSTANCES):
        return None
    if len(host.split(".")) > 2 and host not in _ONE_SITE:
        return Profile("blog", host)
    found = _SHARED_PATH.fullmatch(path)
    return Profile("blog", f"{host}/{normal_handle(found[1])}") if found else None


_ONE_SITE = frozenset({"sites.google.com"})


def mastodon_names(handle: str, host: str | None) -> tuple[str, ...]:
    """The spellings under which an account may stand in a CRM: in full, and bare."""
    name, _, instance = handle.partition("@")
    instance = instance or host or ""
    return (f"{name}@{instance}", name) if instance else (name,)


def is_common_instance(handle: str) -> bool:
    return handle.partition("@")[2] in INSTANCES
