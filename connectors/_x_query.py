"""Queries for X's recent search: clauses for names and accounts, packed into as few queries as their length allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from connectors._terms import phrase
from listener.core.brand import Brand, Target, TargetKind
from listener.core.mention import normal_handle, normal_text

LONGEST = 512
"""Characters of a query that X takes from apps that pay by use."""
_TAIL = 200
"""Characters at most for what a query leaves out: the rest is for what it looks for."""
_OURS = frozenset({TargetKind.BRAND, TargetKind.PRODUCT})
_ACCOUNT = re.compile(r"[A-Za-z0-9_]{1,15}")
_WORDS = re.compile(r"[\s-]+")
NO_REPOSTS = "-is:retweet"


def account(handle: str) -> str | None:
    """A handle as X writes it in queries, without ``@``; ``None`` where it cannot be one of X's."""
    name = normal_handle(handle)
    return name if _ACCOUNT.fullmatch(name) else None


def accounts(handles: Iterable[str]) -> tuple[str, ...]:
    """The handles that can be X's, each once."""
    return tuple(dict.fromkeys(name for handle in handles if (name := account(handle)) is not None))


def name_clauses(brands: Sequence[Brand], room: int = LONGEST) -> tuple[str, ...]:
    """A clause of at most ``room`` characters for each name and alias of our brands and products, each once.

    An ambiguous name counts only beside a word of its context, or beside another name that has a clause of its own: so it is
    asked for together with its context, and one without context not at all.
    """
    found: dict[str, None] = {}
    for brand in brands:
        for target in brand.rule.targets:
            if target.kind in _OURS:
                for name in (target.name, *target.aliases):
                    found.update(dict.fromkeys(_clauses(target, name, room)))
    return tuple(found)


def mention_clauses(handles: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"@{handle}" for handle in handles)


def author_clauses(handles: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"from:{handle}" for handle in handles)


def tail(mentioned: Sequence[str], own: Sequence[str]) -> str:
    """What a search leaves out: reposts, what the ``mentioned`` accounts' own streams bring anyway, and what our ``own``
    accounts write. What does not fit is heard twice, which costs money and loses nothing."""
    text = NO_REPOSTS
    for clause in (*(f"-@{handle}" for handle in mentioned), *(f"-from:{handle}" for handle in own)):
        if len(text) + 1 + len(clause) <= _TAIL:
            text = f"{text} {clause}"
    return text


def room(tail: str) -> int:
    """The longest clause that a query with this tail has room for."""
    return LONGEST - len(tail) - 3  # parentheses and a space


def packed(clauses: Sequence[str], tail: str) -> tuple[tuple[str, ...], ...]:
    """The clauses in groups each of which makes a query of at most ``LONGEST`` characters; first fit, in their order."""
    groups: list[list[str]] = []
    for clause in clauses:
        for group in groups:
            if len(query([*group, clause], tail)) <= LONGEST:
                group.append(clause)
                break
        else:
            groups.append([clause])
    return tuple(map(tuple, groups))


def query(clauses: Sequence[str], tail: str) -> str:
    """Any of the clauses, without what the tail leaves out."""
    some = clauses[0] if len(clauses) == 1 else f"({' OR '.join(clauses)})"
    return f"{some} {tail}".strip()


def _clauses(target: Target, name: str, room: int) -> Iterator[str]:
    if not any(char.isalnum() for char in name):
        return
    if not target.ambiguous or len(_WORDS.split(name)) > len(_WORDS.split(target.name)):
        yield _cut(name, room)
        return
    with_context = {normal_text(word): _cut(word, room // 3) for word in target.context if any(map(str.isalnum, word))}
    named = _cut(name, room // 3)
    group: list[str] = []
    for word in with_context.values():
        if group and len(_beside(named, [*group, word])) > room:
            yield _beside(named, group)
            group = []
        group.append(word)
    if group:
        yield _beside(named, group)


def _beside(named: str, words: Sequence[str]) -> str:
    return f"({named} ({' OR '.join(words)}))" if len(words) > 1 else f"({named} {words[0]})"


def _cut(name: str, room: int) -> str:
    """The name as a phrase; of one that is too long only its first words, which find at least as much."""
    whole = phrase(name)
    if len(whole) <= room:
        return whole
    words = whole.strip('"').split()
    while len(words) > 1 and len(phrase(" ".join(words))) > room:
        words.pop()
    return phrase(" ".join(words)[: room - 2])
