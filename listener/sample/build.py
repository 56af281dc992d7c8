"""The sample as files: what the loopback server serves, and what the demo folder starts with."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from listener.core.errors import ListenerError
from listener.sample.content import Outlet, Person, Post, Sample, content_file, load

EXCERPT_WORDS = 30
"""How much of a post the blog's feed carries."""

HTML, RSS, ATOM, JSON = "text/html", "application/rss+xml", "application/atom+xml", "application/feed+json"

DEMO_MARK = "# The listener demo:"
"""How the demo's configuration begins; a file that begins otherwise is somebody's own."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One served file."""

    body: bytes
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class SampleSite:
    """Everything served, by path."""

    resources: Mapping[str, Resource]


def build(now: datetime, base_url: str) -> SampleSite:
    """All feeds and pages as of the day of ``now`` (aware); ``base_url`` (without a slash at its end) is where they are served.

    Only the blog is fetched page by page, so only its links point to ``base_url``; the other outlets keep their own
    addresses, which lead nowhere.
    """
    sample = load(now)
    blog = sample.outlets["blog"]
    copies = [sample.post(post_id) for post_id in sample.outlets["planet"].copies]
    pages = {post.id: f"{base_url}{blog.path}{post.slug}/" for post in sample.posts["blog"]}
    shown = {"blog": blog, "home": base_url + blog.path, "posts": sample.posts["blog"], "pages": pages}
    found = {
        sample.outlets["clause"].path: (RSS, _feed("feed.rss", sample.outlets["clause"], sample.posts["clause"], sample)),
        sample.outlets["planet"].path: (RSS, _feed("feed.rss", sample.outlets["planet"], copies, sample)),
        sample.outlets["forum"].path: (ATOM, _feed("feed.atom", sample.outlets["forum"], sample.posts["forum"], sample)),
        sample.outlets["notes"].path: (JSON, _json_feed(sample.outlets["notes"], sample.posts["notes"])),
        blog.path: (HTML, _render("blog_home.html", **shown)),
        f"{blog.path}feed.xml": (RSS, _render("blog_feed.rss", **shown)),
        f"{blog.path}comments.atom": (ATOM, _render("blog_comments.atom", comments=sample.posts["comments"], **shown)),
    }
    for post in sample.posts["blog"]:
        comments = sorted((c for c in sample.posts["comments"] if c.on == post.id), key=lambda c: c.published)
        found[f"{blog.path}{post.slug}/"] = (HTML, _render("blog_post.html", post=post, comments=comments, **shown))
    return SampleSite({path: _resource(kind, text) for path, (kind, text) in found.items()})


def mentions_jsonl(now: datetime) -> str:
    """The export: one mention a line in the format of ``listener preview --json``."""
    lines = (json.dumps(_mention(post), ensure_ascii=False) for post in load(now).posts["export"])
    return "\n".join(lines) + "\n"


def write_demo(folder: Path, base_url: str, now: datetime) -> Path:
    """Write ``customers.csv``, ``mentions.jsonl`` and ``listener.toml`` into ``folder`` (made if missing); the latter's path.

    Files of an earlier demo are replaced.

    Raises:
        ListenerError: the folder has a ``listener.toml`` that is not the demo's, or none beside files of the same names.
    """
    settings = folder / "listener.toml"
    if settings.exists() and not settings.read_text(encoding="utf-8", errors="replace").startswith(DEMO_MARK):
        raise ListenerError(f"{settings} is not the demo's: choose another folder, nothing was changed")
    taken = [name for name in ("customers.csv", "mentions.jsonl", "listener.db") if (folder / name).exists()]
    if taken and not settings.exists():
        raise ListenerError(f"{folder} holds {' and '.join(taken)} already: choose another folder, nothing was changed")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "customers.csv").write_bytes(content_file("customers.csv").read_bytes())
    (folder / "mentions.jsonl").write_text(mentions_jsonl(now), encoding="utf-8")
    settings.write_text(content_file("listener.toml").read_text(encoding="utf-8").replace("@BASE@", base_url), encoding="utf-8")
    return settings


# --------------------------------------------------------------------------------------------------------- rendering


def as_html(text: str) -> str:
    """Plain text as paragraphs; lines that begin with ``>`` become a quotation."""
    blocks = []
    for block in text.split("\n\n"):
        if block.startswith(">"):
            quoted = " ".join(line.removeprefix(">").strip() for line in block.splitlines())
            blocks.append(f"<blockquote><p>{html.escape(quoted, quote=False)}</p></blockquote>")
        else:
            blocks.append(f"<p>{html.escape(block, quote=False)}</p>")
    return "\n".join(blocks)


def excerpt(text: str) -> str:
    """The first words of a post, as a blog's feed gives them."""
    return " ".join(text.split()[:EXCERPT_WORDS]) + " […]"


def permalink(outlet: Outlet, post: Post) -> str:
    return f"{outlet.site}/posts/{post.id}"


def _environment() -> Environment:
    made = Environment(loader=PackageLoader("listener.sample"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters |= {
        "rfc822": format_datetime,
        "iso": datetime.isoformat,
        "html": as_html,
        "excerpt": excerpt,
    }
    return made


_TEMPLATES = _environment()


def _render(template: str, **facts: object) -> str:
    return _TEMPLATES.get_template(template).render(**facts)


def _feed(template: str, outlet: Outlet, posts: Sequence[Post], sample: Sample) -> str:
    """A feed with full texts; a copied post keeps the address at which it first appeared."""
    home = {post.id: sample.outlets[source] for source in ("clause", "forum", "notes") for post in sample.posts[source]}
    links = {post.id: permalink(home[post.id], post) for post in posts}
    return _render(template, outlet=outlet, posts=posts, links=links, copied=bool(outlet.copies))


def _json_feed(outlet: Outlet, posts: tuple[Post, ...]) -> str:
    items = [
        {
            "id": permalink(outlet, post),
            "url": permalink(outlet, post),
            "content_html": as_html(post.text),
            "date_published": post.published.isoformat(),
            "authors": [{"name": post.author.name, "url": post.author.url}],
            **({"language": post.language} if post.language else {}),
        }
        for post in posts
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": outlet.title, "home_page_url": outlet.site, "items": items}
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _mention(post: Post) -> dict[str, object]:
    platform = post.platform or ""
    handle, profile = _account(platform, post.author)
    return {
        "platform": platform,
        "external_id": post.id,
        "url": f"{profile}/{post.id}",
        "title": None,
        "text": post.text,
        "author": {
            "handle": handle,
            "display_name": post.author.shown_as or post.author.name,
            "profile_url": profile,
            "bio": post.author.bio,
            "links": list(post.author.links),
            "followers": post.author.followers,
        },
        "published_at": post.published.isoformat(),
        "language": post.language,
        **({"kind": "repost", "repost_of": post.repost_of} if post.repost_of else {}),
    }


def _account(platform: str, person: Person) -> tuple[str, str]:
    """A person's handle on a platform, and the address of the profile there."""
    if platform == "mastodon" and person.mastodon:
        user, instance = person.mastodon.split("@")
        return person.mastodon, f"https://{instance}/@{user}"
    if platform == "x" and person.x:
        return person.x, f"https://x.example/{person.x}"
    raise ValueError(f"{person.key} has no account on {platform!r}")


def _resource(content_type: str, text: str) -> Resource:
    body = text.encode()
    return Resource(body, f"{content_type}; charset=utf-8", f'"{hashlib.sha256(body).hexdigest()[:16]}"')
