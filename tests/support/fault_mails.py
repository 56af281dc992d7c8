"""What the mails of a run tell whom, however they are put together: news that is heard in parts comes in several mails.

A fact is one customer's turn (became a promoter, complains or may leave), or the digest of a day, told to one recipient.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from email.message import EmailMessage

Fact = tuple[str, str]
"""Recipient, and what is told."""

_SENTENCE = re.compile(r"(\([^()]+\)) (became a promoter|may leave|complains|perhaps complains)")
_DIGEST = re.compile(r"\w+ · \d{4}-\d\d-\d\d")
_PRAISE = "became a promoter"


def promised(mails: Iterable[EmailMessage]) -> frozenset[Fact]:
    """All facts of these mails: who complains and may leave is one fact, since that may be learnt in one step or in two."""
    return frozenset((to, _fact(sentence)) for to, sentence in _sentences(mails))


def told_again(mails: Iterable[EmailMessage]) -> int:
    """How many sentences came once more in another mail to the same recipient; copies under one Message-ID are one mail."""
    return sum(count - 1 for count in Counter(_sentences(mails)).values())


def repeats(mails: Iterable[EmailMessage]) -> Counter[str]:
    """How often the mail of each Message-ID came after its first time."""
    copies = Counter(str(mail["Message-ID"]) for mail in mails)
    return Counter({key: count - 1 for key, count in copies.items()})


def _sentences(mails: Iterable[EmailMessage]) -> Iterator[Fact]:
    for mail in {str(mail["Message-ID"]): mail for mail in mails}.values():
        body = mail.get_body(("plain",))
        words = " ".join(str(body.get_content()).split()) if body else ""
        found = {f"{who} {does}" for who, does in _SENTENCE.findall(words)}
        if digest := _DIGEST.match(words):
            found = {f"digest of {digest[0]}"}
        yield from ((str(mail["To"]), sentence) for sentence in sorted(found))


def _fact(sentence: str) -> str:
    who, closed, does = sentence.partition(") ")
    return sentence if not closed or does == _PRAISE else f"{who}) complains"
