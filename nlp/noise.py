"""Posts that name us and are nobody's opinion: job ads, giveaways, spam, bots, press releases.

Every kind has signs (``nlp.noise_signs``), each with a weight; two is enough. Who speaks of their own experience, or rates us,
must show three: to hide a complaint because it mentions a job or a prize would be worse than to show ten advertisements.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from listener.core.analysis import AnalysisJob, Noise
from nlp.noise_signs import SIGNS, VOICE
from nlp.sentences import straight
from nlp.targets import Hit

ENOUGH = 2
_AUTHOR_BOT = re.compile(
    r"(?:^|[_\-. ])bot\d{0,4}$|(?<!ab)(?<!tal)(?<!ca)(?<!tur)bot\d{0,4}$"
    r"|(?:feed|alerts|notifier|ticker|watch|monitor|scrobbler|checkins|updates|rss|weatherstation)\d{0,3}$",
    re.IGNORECASE,
)
"""Not Abbot, Talbot and Cabot."""
_HEAD, _TAIL = 6_000, 2_000
"""Characters that are looked at: noise shows itself at the beginning, and releases at their end."""
_LINK = re.compile(r"https?://\S{1,200}")
_HASHTAG = re.compile(r"#\w{2,60}")
_WORD = re.compile(r"\w+")

NAMES = {
    Noise.JOB_AD: "a job ad",
    Noise.GIVEAWAY: "a giveaway or advertisement with a code",
    Noise.SPAM: "spam",
    Noise.BOT: "posted by a program",
    Noise.PRESS_RELEASE: "a press release",
}


class NoiseFound(NamedTuple):
    """What sort of noise a post is, and why in words for people."""

    noise: Noise
    reason: str


class _Seen(NamedTuple):
    noise: Noise
    weight: int
    words: str


def find_noise(text: str, job: AnalysisJob, hits: Sequence[Hit]) -> NoiseFound | None:
    """``text`` is the author's own words with the title; ``hits`` are the targets named in it."""
    looked_at = text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"
    folded = straight(looked_at.casefold())
    seen: dict[Noise, list[_Seen]] = defaultdict(list)
    for one in (*_by_signs(folded), *_by_shape(folded, hits, len(text)), *_by_author(job)):
        seen[one.noise].append(one)
    if not seen:
        return None
    needed = ENOUGH + (job.rating is not None or VOICE.search(_HASHTAG.sub(" ", folded)) is not None)
    weighed = {noise: sum(one.weight for one in found) for noise, found in seen.items()}
    noise = max(weighed, key=lambda each: weighed[each])  # of equal weight the first of the table
    if weighed[noise] < needed:
        return None
    words = dict.fromkeys(one.words for one in sorted(seen[noise], key=lambda one: -one.weight))
    return NoiseFound(noise, f"{NAMES[noise]}: {', '.join(list(words)[:3])}")


def _by_signs(folded: str) -> Iterator[_Seen]:
    for sign in SIGNS:
        if sign.pattern.search(folded):
            yield _Seen(sign.noise, sign.weight, sign.words)


def _by_shape(folded: str, hits: Sequence[Hit], length: int) -> Iterator[_Seen]:
    """Text that is written for search engines: names, links or hashtags and hardly anything else."""
    links = len(_LINK.findall(folded))
    without = _LINK.sub(" ", folded)
    tags = len(_HASHTAG.findall(without))
    words = max(1, len(_WORD.findall(without)))
    named = len({hit.start for hit in hits if hit.start < _HEAD or hit.start >= length - _TAIL})
    if named >= 4 and named * 4 >= words:
        yield _Seen(Noise.SPAM, 2, "the name again and again, as for a search engine")
    if links >= 4 and words < links * 8:
        yield _Seen(Noise.SPAM, 2, "hardly anything but links")
    if tags >= 8 and tags * 5 >= words * 3:
        yield _Seen(Noise.SPAM, 2, "hardly anything but hashtags")


def _by_author(job: AnalysisJob) -> Iterator[_Seen]:
    author = job.author or job.author_name
    if author and _AUTHOR_BOT.search(author[-80:]):
        yield _Seen(Noise.BOT, 1, "an author whose name says that it is a program")
