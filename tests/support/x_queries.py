"""What a query of X's recent search means, for the fake of its API: phrases, handles, ``from:``, ``is:retweet``, OR, not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol


class Words(Protocol):
    """A post as far as a query looks at it."""

    text: str
    author: Any
    more: Any


_WORD = r"\w+"
_TOKEN = re.compile(r'-?\(|\)|OR\b|-?"[^"]*"|[^\s()]+')
Match = Callable[[Words], bool]


def parse(query: str) -> Match:
    """What a query means: blanks bind closer than OR, ``-`` is not."""
    tokens = _TOKEN.findall(query)
    found = _any(tokens)
    assert not tokens, f"not a query: {query}"
    return found


def _any(tokens: list[str]) -> Match:
    parts = [_all(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        parts.append(_all(tokens))
    return lambda post: any(part(post) for part in parts)


def _all(tokens: list[str]) -> Match:
    parts = []
    while tokens and tokens[0] not in {"OR", ")"}:
        parts.append(_one(tokens))
    assert parts, "an empty clause"
    return lambda post: all(part(post) for part in parts)


def _one(tokens: list[str]) -> Match:
    token = tokens.pop(0)
    negated, word = token.startswith("-"), token.removeprefix("-")
    if word == "(":
        inner = _any(tokens)
        assert tokens.pop(0) == ")", "an open parenthesis"
    else:
        inner = _word(word)
    return (lambda post: not inner(post)) if negated else inner


def _word(word: str) -> Match:
    if word == "is:retweet":
        return lambda post: any(one["type"] == "retweeted" for one in post.more.get("referenced_tweets", ()))
    if word.startswith("from:"):
        return lambda post: post.author.username.casefold() == word[5:].casefold()
    if word.startswith("@"):
        return lambda post: re.search(rf"{word}\b", post.text, re.IGNORECASE) is not None
    words = re.findall(r"\w+", word.casefold())
    phrase = f" {' '.join(words)} "
    return lambda post: phrase in f" {' '.join(re.findall(_WORD, post.text.casefold()))} "
