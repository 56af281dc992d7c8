"""What the terms of each platform allow us to do with posts and their authors: data, in one place.

A connector's ``SPEC.policy`` is one of these; the configuration can change one for a source, and the change is named. Each match
records the name of the policy that it was made under. ``basis`` says what a policy rests on, for whoever must answer for it; none
of this is legal advice.
"""

from __future__ import annotations

from listener.core.brand import OPEN_WEB, Evidence, MatchingPolicy, Provenance

__all__ = [
    "BLUESKY",
    "BY_NAME",
    "BY_PLATFORM",
    "DEV",
    "DISCOURSE",
    "GITHUB",
    "HACKER_NEWS",
    "LOBSTERS",
    "MAIL",
    "MASTODON",
    "OPEN_WEB",
    "REDDIT",
    "STACK_EXCHANGE",
    "YOUTUBE",
    "X",
    "of_platform",
    "platform_name",
]

_NOT_BOUGHT = frozenset({Provenance.GIVEN, Provenance.PUBLIC, Provenance.UNKNOWN})
_GIVEN_OR_PUBLIC = frozenset({Provenance.GIVEN, Provenance.PUBLIC})

X = MatchingPolicy(
    "x",
    provenance=_GIVEN_OR_PUBLIC,
    keep_days=30,
    honour_deletion=True,
    basis="X developer terms, off-X matching: only what the person gave us directly and public data may connect an account with "
    "a person; deleted and protected posts must go within 24 hours",
)
REDDIT = MatchingPolicy(
    "reddit",
    evidence=frozenset(),
    provenance=frozenset(),
    may_quote=False,
    keep_days=2,
    honour_deletion=True,
    counts_only=True,
    basis="Reddit Responsible Builder Policy: no matching of Redditors with identifiers from outside; no author is kept, only "
    "counts per brand, day and label",
)
YOUTUBE = MatchingPolicy(
    "youtube",
    provenance=_GIVEN_OR_PUBLIC,
    keep_days=30,
    honour_deletion=False,
    basis="YouTube API Services developer policies III.E.4: data of comments is refreshed or deleted after 30 days",
)
MASTODON = MatchingPolicy(
    "mastodon",
    provenance=_NOT_BOUGHT,
    basis="public posts of accounts that let themselves be searched; the rules of each instance apply",
)
BLUESKY = MatchingPolicy(
    "bluesky", provenance=_NOT_BOUGHT, basis="public records of an open protocol; deletions are honoured by retention"
)
HACKER_NEWS = MatchingPolicy("hacker-news", provenance=_NOT_BOUGHT, basis="a public forum with a public search")
STACK_EXCHANGE = MatchingPolicy(
    "stack-exchange", provenance=_NOT_BOUGHT, basis="CC BY-SA contributions: who quotes names the author and links to the post"
)
GITHUB = MatchingPolicy(
    "github",
    evidence=frozenset(Evidence) - {Evidence.EMAIL},
    provenance=_NOT_BOUGHT,
    basis="GitHub acceptable use, information usage: no e-mail addresses taken from profiles, no bulk contact",
)
DISCOURSE = MatchingPolicy("discourse", provenance=_NOT_BOUGHT, basis="a public forum; the rules of each forum apply")
LOBSTERS = MatchingPolicy("lobsters", provenance=_NOT_BOUGHT, basis="a public forum with public lists in JSON")
DEV = MatchingPolicy("dev", provenance=_NOT_BOUGHT, basis="articles published for everybody; public API")
MAIL = MatchingPolicy(
    "mail",
    evidence=frozenset(),
    provenance=frozenset(),
    basis="newsletters and alerts sent to us: the sender of a mail is a service, not the author of what it reports",
)

BY_NAME = {
    policy.name: policy
    for policy in (
        *(OPEN_WEB, X, REDDIT, YOUTUBE, MASTODON, BLUESKY, HACKER_NEWS, STACK_EXCHANGE),
        *(GITHUB, DISCOURSE, LOBSTERS, DEV, MAIL),
    )
}
"""Every policy that comes with the program."""

BY_PLATFORM = {
    "x": X,
    "reddit": REDDIT,
    "youtube": YOUTUBE,
    "mastodon": MASTODON,
    "bluesky": BLUESKY,
    "hackernews": HACKER_NEWS,
    "stackexchange": STACK_EXCHANGE,
    "github": GITHUB,
    "discourse": DISCOURSE,
    "lobsters": LOBSTERS,
    "devto": DEV,
    "mail": MAIL,
}
"""The policy of each platform that has terms of its own: an export of its posts, read from a file, is under them too."""

_OTHER_NAMES = {"twitter": "x", "x.com": "x", "hacker news": "hackernews", "hacker-news": "hackernews", "hn": "hackernews"}


def platform_name(name: str) -> str:
    """A platform as this program writes it: people and exports write ``Reddit`` and ``Twitter``."""
    plain = name.strip().casefold()
    return _OTHER_NAMES.get(plain, plain)


def of_platform(name: str, default: MatchingPolicy) -> MatchingPolicy:
    """The policy of a platform that has terms of its own, else ``default``."""
    return BY_PLATFORM.get(platform_name(name), default)
