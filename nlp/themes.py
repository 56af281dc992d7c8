"""Themes that nobody configured: phrases that recur in what several authors say about us.

Of every text its phrases of two or three words in a row are taken that could be the name of a thing: no common word in them
(``common_words.txt``: the background of plain English), no word of feeling (VADER's lexicon), no number, no name. A word by
itself says too little, unless it is a term: "SSO", "e-invoice". A phrase counts once a text, and needs so many authors; of
phrases that say the same only the longest is kept. Works on a window's texts at once and is a pure function of these.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files

from listener.core.analysis import Label
from listener.core.telling import Theme, Utterance

AUTHORS = 3
"""A phrase of fewer different authors is no theme."""
MOST = 5
LONGEST = 2_000
"""Characters that are read of each text."""
_MOST_OFTEN = 0.5
"""Who stands in more of the texts than that is what these are about anyway: background of this very set."""
_FEW = 20
"""Of fewer texts nothing is too frequent."""
_WORDS = 3
_ABBREVIATION = 6
"""Letters that an abbreviation has at most."""
_NOISE = re.compile(r"https?://\S{1,300}|www\.\S{1,300}|\S{1,64}@\S{1,200}|[@#]\w{1,100}")
_ENDS = ".!?\n:…"
_TOKEN = re.compile(r"[^\W\d_][\w'’-]{0,30}|[.!?;:,()\[\]\"“”…\n–—]|\S")


def recurring(
    texts: Sequence[Utterance], names: Iterable[str] = (), *, most: int = MOST, often: float = _MOST_OFTEN
) -> list[Theme]:
    """The themes of the texts, those of the most authors first; ``names`` are our own and our rivals', which are no themes.

    A phrase that stands in more of the texts than ``often`` (a share) is what they are about anyway.
    """
    own = _names(names)
    authors: dict[str, set[int]] = defaultdict(set)
    labels: dict[str, Counter[Label]] = defaultdict(Counter)
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    named: dict[str, Counter[bool]] = defaultdict(Counter)
    places: dict[str, list[int]] = defaultdict(list)
    for place, said in enumerate(texts):
        found = {}
        for key, surface, is_name in _phrases(said.text, own):
            found[key] = surface
            named[key][is_name] += 1
        for key, surface in found.items():
            authors[key].add(said.author_id)
            places[key].append(place)
            labels[key][said.label] += 1
            spelled[key][surface] += 1
    too_often = max(_FEW, often * len(texts))
    kept = [
        key
        for key, who in authors.items()
        if len(who) >= AUTHORS and labels[key].total() <= too_often and named[key][True] <= named[key][False]
    ]
    kept.sort(key=lambda key: (-len(authors[key]) * (2 + key.count(" ")), key))  # two words say more than one
    chosen: list[str] = []
    for key in kept:
        if not any(_says_the_same(key, other, authors) for other in (*chosen, *kept)):
            chosen.append(key)
    return [
        Theme(_usual(spelled[key]), len(authors[key]), dict(labels[key]), key=key, places=tuple(places[key]))
        for key in chosen[:most]
    ]


def _says_the_same(key: str, other: str, authors: dict[str, set[int]]) -> bool:
    """Whether a longer phrase around this one stands in nearly as many authors' words: then that one says it better."""
    if key == other or f" {key} " not in f" {other} ":
        return False
    return len(authors[other]) * 3 >= len(authors[key]) * 2


def _usual(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda each: (-spellings[each], each))


def _phrases(text: str, own: Collection[tuple[str, ...]]) -> Iterator[tuple[str, str, bool]]:
    """Every phrase as ``(key, as written, whether it is written like a name)``; keys are singular and in small letters."""
    run: list[tuple[str, str, bool]] = []
    first = True
    shouted = text[:LONGEST].isupper()
    for token in [*_TOKEN.findall(_NOISE.sub(" . ", text[:LONGEST])), "."]:
        is_word = token[0].isalpha()
        folded = token.casefold().replace("’", "'").removesuffix("'s").strip("'-")
        if is_word and len(folded) > 2 and folded not in common_words() and folded not in _feelings():
            run.append((_singular(folded), token, not first and token[0].isupper() and not token.isupper()))
        else:
            yield from _within(run, own, shouted)
            run = []
        first = token in _ENDS or (first and not is_word)
    yield from _within(run, own, shouted)


def _is_term(word: str, shouted: bool) -> bool:
    """Whether a word says something by itself: an abbreviation, a compound, a term with a capital inside; others need company."""
    inner = word[1:-1]
    return not shouted and ("-" in inner or (len(word) <= _ABBREVIATION if word.isupper() else word[1:] != word[1:].lower()))


def _within(
    run: Sequence[tuple[str, str, bool]], own: Collection[tuple[str, ...]], shouted: bool
) -> Iterator[tuple[str, str, bool]]:
    keys = [key for key, _, _ in run]
    ours = {i + j for name in own for i in range(len(keys)) if tuple(keys[i : i + len(name)]) == name for j in range(len(name))}
    for start in range(len(run)):
        for end in range(start + 1, min(start + _WORDS, len(run)) + 1):
            if ours & set(range(start, end)):
                break
            piece = run[start:end]
            if end - start == 1 and not _is_term(piece[0][1], shouted):
                continue
            surface = " ".join(word if word.isupper() else word.casefold() for _, word, _ in piece)
            yield " ".join(keys[start:end]), surface, any(is_name for _, _, is_name in piece)


def _names(names: Iterable[str]) -> set[tuple[str, ...]]:
    """Each name as its words, and each of its words by itself: "Quillon Flow" makes neither "quillon" nor "flow" a theme."""
    found: set[tuple[str, ...]] = set()
    for name in names:
        words = tuple(_singular(word.casefold()) for word in re.findall(r"[^\W\d_][\w'-]*", name))
        found |= {words, *((word,) for word in words), ("".join(words),)} - {()}
    return found


def _singular(word: str) -> str:
    """One key for both numbers of a noun; it is never shown."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


@cache
def common_words() -> frozenset[str]:
    """The background: words of plain English that name no theme."""
    return frozenset((files("nlp") / "common_words.txt").read_text(encoding="utf-8").split())


@cache
def _feelings() -> frozenset[str]:
    """Words of VADER's lexicon: they say what is felt, not about what."""
    lexicon = (files("vaderSentiment") / "vader_lexicon.txt").read_text(encoding="utf-8")
    return frozenset(line.partition("\t")[0] for line in lexicon.splitlines())
