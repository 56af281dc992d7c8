"""How long it takes to read: as many people are told about as fit into a minute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from listener.digest.model import REACH, Entry
from listener.digest.parts import ProposalLine, QuoteLine, WaitingLine

WORDS = 238
"""For everything above what was said in numbers, which is for looking up: a minute. Adults read 238 words of non-fiction silently
in one (Brysbaert, Journal of Memory and Language 109, 2019). The list of what to do today takes fifteen seconds."""
_FRAME = 20
"""The title, the headings that are always there, and the lines of what is not shown."""
_SECTION = 5
"""How a section is counted in the headline, and its heading."""
_WAITS = 7
"""How many cases of one kind still wait, and since when."""
_WORD = re.compile(r"\S*[^\W\d_]\S*")


def words(*texts: str | None) -> int:
    return sum(len(_WORD.findall(text)) for text in texts if text)


def reading_words(entries: Collection[Entry], beside: int) -> int:
    """The words that are read, with so many beside the people; commands and addresses are typed or followed, not read."""
    sections = len({entry.section for entry in entries})
    return _FRAME + _SECTION * sections + beside + sum(map(_of_entry, entries))


def beside_words(proposals: Iterable[ProposalLine], spikes: Iterable[str], waiting: Iterable[WaitingLine]) -> int:
    """The words of what is told beside people."""
    asked = sum(words(each.author, each.customer, each.evidence) + 1 for each in proposals)
    return asked + words(*spikes) + sum(_WAITS for _ in waiting)


def _of_entry(entry: Entry) -> int:
    quoted = sum(words(quote.text or "the terms of this source", _verdict(quote), quote.where) + 1 for quote in entry.quotes)
    todo = words(entry.todo, entry.name, entry.company, entry.todo_end, entry.todo_why) if entry.todo else 0
    said = words(entry.name, entry.step, *entry.also) + quoted + todo + (8 if entry.do_not_contact else 0)
    if entry.brief:
        return said + words(entry.place, entry.state, entry.known)
    return (
        said + words(entry.role, entry.standing, entry.evidence, entry.why) + (entry.reach is not None and entry.reach >= REACH)
    )


def _verdict(quote: QuoteLine) -> str:
    """Told where it says more than the words."""
    return "" if quote.verdict == quote.label else quote.verdict


def least_missed(entries: Sequence[Entry]) -> int | None:
    """Whose place is given up first, of people in the order of urgency: the last one who is not on the list of what to do today,
    and whose section has another."""
    of_section = Counter(entry.section for entry in entries)
    found = [place for place, entry in enumerate(entries) if not entry.todo and of_section[entry.section] > 1]
    return found[-1] if found else None
