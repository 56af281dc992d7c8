"""Sketches of texts (MinHash), by which near-duplicates are found without comparing all with all.

    texts ──folded, joined──> bytes ──> words ──> pairs of neighbours ──> hashes ──> the lowest 256 of each text
                                                                               └──> lowest of 48 bins ──> 16 bands

Pairs of words are the features: a changed word costs two of them, a moved paragraph next to none. The numbers of a text count
several times, since templates (release notes, reports of a bot) differ in little else. A whole batch of texts is hashed at once
with numpy, byte by byte: a loop over words in Python would cost three times as much.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from html import unescape
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from listener.core.marks import stream_safe
from listener.core.sketch import BANDS, SIZE, VERSION

MIN_WORDS = 20
"""Of fewer words two people may well choose nearly the same; then only exactly the same words are a copy."""
MAX_LENGTH = 200_000
"""Characters that are looked at: as many as are kept of a text."""
_AT_ONCE = 500_000
"""Bytes hashed together: enough for numpy to be fast, few enough to need some megabytes only."""

_TAG = re.compile(r"</?[a-z][^<>]{0,300}>", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_CJK = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTERS = rf"[^\W_{_CJK}]+"
_WORD = re.compile(rf"[{_CJK}]|{_LETTERS}(?:(?<=[0-9])[.:,](?=[0-9]){_LETTERS})*")
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{40,4000})[\"”“»]")
_COMMENT = 6
"""Words beside a quotation that make it a comment on it."""
_EXACT = 8
"""How often a version, a time or a share ("4.2.1") counts beside the pairs that it is part of: templates differ in these."""
_WHOLE = 3
"""The same for a whole number, which a copy may write in words."""

_ROWS = 3
"""Bins whose lowest hashes make a band. Texts of likeness ``s`` share one of 16 bands with a probability of 1 - (1 - s³)¹⁶:
0.997 at 0.67, 0.0001 at 0.02."""
_BINS = BANDS * _ROWS

_U64 = np.uint64
_Hashes = npt.NDArray[np.uint64]
_Places = npt.NDArray[np.int64]
_LOW = _U64(0xFFFFFFFF)
_FACTORS = [_U64(factor) for factor in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)]
_FOLDED = bytes(byte if byte > 127 or chr(byte).isalnum() else 32 for byte in bytes(range(256)).lower())
_FIRST = np.array([(1 << 8 * length) - 1 for length in range(9)], _U64)
"""Masks of the first bytes of eight."""
_DIGITS, _ZERO = np.uint8(10), np.uint8(48)


class _Words(NamedTuple):
    """The words of a batch: of which text each is, its hash, and how often it counts as a number."""

    of_text: _Places
    hashes: _Hashes
    weights: _Places


def sketches(texts: Sequence[str]) -> list[bytes | None]:
    """The sketch of each text, in order; ``None`` where it has too few words to tell.

    Where most of a text is quoted in quotation marks, the sketch is that of what the author adds.
    """
    found: list[bytes | None] = []
    waiting: list[bytes] = []
    size = 0
    for text in texts:
        waiting.append(_plain(text))
        size += len(waiting[-1])
        if size >= _AT_ONCE:
            found += _sketched(waiting)
            waiting, size = [], 0
    return [*found, *_sketched(waiting)] if waiting else found


def _plain(text: str) -> bytes:
    """The text's own words as bytes, with nothing between them but what is no letter in ASCII."""
    text = text[:MAX_LENGTH]
    if "&" in text:
        text = unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    text = _without_quotations(text)
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", stream_safe(_HIDDEN.sub("", text))).casefold()
        text = " ".join(_WORD.findall(folded))
    return text.encode("utf-8", "replace")


def _without_quotations(text: str) -> str:
    """What stands beside the quotations where these are most of the text, and something is said of them."""
    if '"' not in text and (text.isascii() or not any(mark in text for mark in "“„«")):
        return text
    own = _QUOTED.sub(" ", text)
    return own if _COMMENT <= len(own.split()) < len(text.split()) / 2 else text


def _sketched(texts: Sequence[bytes]) -> Iterator[bytes | None]:
    words = _words(texts)
    counts = np.bincount(words.of_text, minlength=len(texts))
    neighbours = words.of_text[1:] == words.of_text[:-1]
    pairs = _mixed(words.hashes[:-1] * _FACTORS[0] + words.hashes[1:] * _FACTORS[1])[neighbours]
    weighty = np.flatnonzero(words.weights)
    times = words.weights[weighty]
    places = np.repeat(weighty, times)
    turns = np.arange(len(places)) - np.repeat(np.cumsum(times) - times, times)
    numbers = _mixed((words.hashes[places] + (turns + 1).astype(_U64)) * _FACTORS[2])
    # The text above, the hash below: sorted, each text's hashes lie together, the lowest first.
    owners = np.concatenate([words.of_text[1:][neighbours], words.of_text[places]]).astype(_U64)
    keys = (owners << _U64(32)) | np.concatenate([pairs, numbers])
    keys.sort(kind="stable")  # it makes use of the texts' standing in order already
    keys = keys[np.concatenate([np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]])]
    starts = np.searchsorted(keys, np.arange(len(texts) + 1, dtype=_U64) << _U64(32)).tolist()
    bands = _bands(keys, len(texts)).tobytes()
    lowest = (keys & _LOW).astype("<u4").tobytes()
    version, width = bytes((VERSION,)), 8 * BANDS
    for number, count in enumerate(counts.tolist()):
        if count < MIN_WORDS:
            yield None
            continue
        start, end = starts[number], min(starts[number + 1], starts[number] + SIZE)
        yield version + bands[number * width : (number + 1) * width] + lowest[4 * start : 4 * end]


def _words(texts: Sequence[bytes]) -> _Words:
    """All words of the texts. A word is known by its first and last eight bytes and its length."""
    joined = b"\n".join([b"", *texts, b" " * 8])
    data = joined.translate(_FOLDED)
    raw = np.frombuffer(joined, np.uint8)
    digit = (raw - _ZERO) < _DIGITS
    point = np.zeros(len(raw), bool)
    between = (raw[1:-1] == ord(".")) | (raw[1:-1] == ord(":")) | (raw[1:-1] == ord(","))
    point[1:-1] = between & digit[:-2] & digit[2:]
    inside = (np.frombuffer(data, np.uint8) != ord(" ")) | point
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    begins, ends = edges[::2], edges[1::2]
    lengths = ends - begins
    eight = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))
    last = np.where(lengths > 8, eight[np.maximum(ends - 8, 0)], _U64(0))
    hashes = (eight[begins] & _FIRST[np.minimum(lengths, 8)]) * _FACTORS[2] + (last + lengths.astype(_U64)) * _FACTORS[3]
    weights = np.where(digit[begins] & digit[ends - 1], _WHOLE, 0)
    weights[np.searchsorted(begins, np.flatnonzero(point), "right") - 1] = _EXACT
    limits = np.cumsum([1, *(len(text) + 1 for text in texts)])
    of_text = np.repeat(np.arange(len(texts)), np.diff(np.searchsorted(begins, limits)))
    return _Words(of_text, hashes ^ (hashes >> _U64(32)), weights)


def _bands(keys: _Hashes, texts: int) -> npt.NDArray[np.int64]:
    """The keys of each text's bands; 0 for a band of empty bins, which says nothing (one-permutation MinHash)."""
    values = keys & _LOW
    bins = (keys >> _U64(32)) * _U64(_BINS) + values % _U64(_BINS)
    lowest = np.zeros(texts * _BINS, _U64)
    lowest[bins[::-1].astype(np.int64)] = values[::-1]  # the last one written stays: the lowest
    rows = lowest.reshape(texts, _ROWS, BANDS)
    marked = sum((rows[:, row] * _FACTORS[row] for row in range(_ROWS)), np.arange(1, BANDS + 1, dtype=_U64) * _FACTORS[3])
    keys_of = np.where(rows.any(axis=1), marked ^ (marked >> _U64(29)), _U64(0))
    return keys_of.astype("<u8").view("<i8")


def _mixed(hashes: _Hashes) -> _Hashes:
    """32 well mixed bits of each (the finish of MurmurHash3)."""
    hashes = (hashes ^ (hashes >> _U64(33))) * _U64(0xFF51AFD7ED558CCD)
    hashes = (hashes ^ (hashes >> _U64(33))) * _U64(0xC4CEB9FE1A85EC53)
    return hashes >> _U64(32)
