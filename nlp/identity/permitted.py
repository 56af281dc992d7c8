"""An author cut down before anything is read: to what a policy allows, and to lengths that bound the work. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from listener.core.brand import Evidence
from listener.core.mention import Author
from listener.core.people import MatchJob

MOST_LINKS = 20
"""Links of one profile that are read."""
LONGEST_NAME = 200
"""Characters of a display name, handle or place that are read."""
LONGEST_BIO = 1000
LONGEST_ADDRESS = 2000
"""Characters of one link or e-mail address; a longer one is none."""


def permitted(author: Author, allowed: Collection[Evidence]) -> Author:
    """The author without what a policy forbids to look at, and without what is too long to be a profile's."""
    links = [link for link in author.links[:MOST_LINKS] if len(link) <= LONGEST_ADDRESS]
    names = Evidence.HANDLE in allowed or Evidence.NAME in allowed
    pages = Evidence.HANDLE in allowed or Evidence.LINK in allowed
    return replace(
        author,
        email=_address(author.email) if Evidence.EMAIL in allowed else None,
        display_name=_cut(author.display_name, LONGEST_NAME) if Evidence.NAME in allowed else None,
        bio=_cut(author.bio, LONGEST_BIO) if Evidence.COMPANY in allowed else None,
        location=_cut(author.location, LONGEST_NAME) if Evidence.PLACE in allowed else None,
        handle=_cut(author.handle, LONGEST_NAME) if names else None,
        profile_url=_address(author.profile_url) if pages else None,
        links=tuple(links) if Evidence.LINK in allowed else (),
    )


def permitted_job(job: MatchJob) -> MatchJob:
    """A job with its author cut down. Where that hides who writes, the site is nobody's either: it may be a visitor's comment."""
    author = permitted(job.author, job.policy.evidence)
    hidden = bool(job.author.handle or job.author.profile_url) and not (author.handle or author.profile_url)
    return replace(job, author=author, origin="" if hidden else job.origin)


def _cut(text: str | None, most: int) -> str | None:
    return text[:most] if text else text


def _address(text: str | None) -> str | None:
    return text if text and len(text) <= LONGEST_ADDRESS else None
