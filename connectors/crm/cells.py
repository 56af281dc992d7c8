"""What stands in the cells of an export, as exports write it: names, dates, accounts, addresses and lists. Pure.

Anything is taken, and what cannot be understood gives nothing: a cell never makes a row unusable.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

from listener.core.mention import normal_handle
from listener.core.plain import visible


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


# -------------------------------------------------------------------------------------------------------- any text

_NOTHING = frozenset(
    {"-", "--", "—", ".", "?", "n/a", "#n/a", "#ref!", "#value!", "#null!", "#name?", "[not provided]", "[unknown]"}
)
"""How exports write that they know nothing."""
_NO_WORD_FOR_IT = _NOTHING | {"na", "none", "null", "nil", "nan", "not provided", "unknown", "undefined", "tbd", "xxx"}
"""The same where it cannot be somebody's name."""


def cleaned(text: str, *, several_lines: bool) -> str:
    """The cell without control, direction-changing and other invisible characters, and without blanks around it."""
    if text.isascii() and text.isprintable():
        return text.strip()
    if several_lines and "\n" in text:
        return "\n".join(visible(line).strip() for line in text.splitlines()).strip()
    return visible(text).strip()


def known(text: str) -> str:
    """The cell, empty where it only says that nothing is known."""
    return "" if text.casefold() in _NO_WORD_FOR_IT else text


def named(text: str) -> str:
    """The same for a name: there are people called Na and Null."""
    return "" if text.casefold() in _NOTHING else text


# ----------------------------------------------------------------------------------------------------------- names

_HONORIFICS = _listed("mr mrs ms mx miss dr prof herr frau hr fr mme mlle m sr sra dhr mevr dott sig")
_AFTER_NAMES = _listed("jr sr ii iii iv phd md mba msc bsc ma ba llm esq cpa dds rn pe")
_PARTICLES = _listed("al bin da das de del della den der di do dos du el la le los st ten ter van vd von y zu")
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def split_name(text: str) -> tuple[str, str]:
    """First and last name of a full name: ``Jane Doe``, ``Doe, Jane``, ``DOE Jane``, ``Jane van der Doe``; titles are left out.

    A single word is taken as the last name. Names in Chinese, Japanese and Korean writing begin with the family's.
    """
    before, comma, after = text.partition(",")
    if comma and before.split() and after.split() and not all(_bare(word) in _AFTER_NAMES for word in after.split()):
        return _untitled(after), _untitled(before)
    words = _untitled(before).split()
    if len(words) < 2:
        return "", " ".join(words)
    if all(unicodedata.name(word[0], "").startswith(_EAST_ASIAN) for word in words):
        return " ".join(words[1:]), words[0]
    capitals = [_shouted(word) for word in words]
    if any(capitals) and not all(capitals):  # "DOE Jane", "Jane VAN DOE"
        first = [word for word, loud in zip(words, capitals, strict=True) if not loud]
        last = [word for word, loud in zip(words, capitals, strict=True) if loud]
        return " ".join(first), " ".join(last)
    cut = next((at for at, word in enumerate(words[1:-1], start=1) if word.casefold() in _PARTICLES), len(words) - 1)
    return " ".join(words[:cut]), " ".join(words[cut:])


def _untitled(text: str) -> str:
    words = text.replace(",", " ").split()
    first, last = 0, len(words) - 1
    while first < last and _bare(words[first]) in _HONORIFICS:
        first += 1
    while first < last and _bare(words[last]) in _AFTER_NAMES:
        last -= 1
    return " ".join(words[first : last + 1])


def _bare(word: str) -> str:
    return word.casefold().replace(".", "")


def _shouted(word: str) -> bool:
    return len(word.strip(".")) > 2 and word.isupper()


# ----------------------------------------------------------------------------------------------------------- dates

_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?(?:[T ].*)?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_GERMAN = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:[T ].*)?")
_SLASHES = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:[,T ].*)?")
_WORDED = re.compile(r"(?:(\d{1,2})[ .-]+)?([A-Za-z]{3,9})\.?[ -]+(?:(\d{1,2})(?:st|nd|rd|th)?,?[ ]+)?(\d{4})(?:[,T ].*)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MILLISECONDS = re.compile(r"1\d{12}")


def iso_date(text: str, *, day_first: bool | None = None) -> str | None:
    """A date as exports write it (``2021-03-01``, ``1.3.2021``, ``1 Mar 2021``, ``03/25/2021``, …) as ISO 8601; else ``None``.

    Of ``03/04/2021`` day and month cannot be told apart: it is read only where ``day_first`` says how the column is written.
    """
    try:
        return _date(text, day_first)
    except (ValueError, OverflowError):
        return None


def _date(text: str, day_first: bool | None) -> str | None:
    found = None
    if (parts := _PACKED.fullmatch(text) or _ISO.fullmatch(text)) is not None:
        found = date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1))
    elif (parts := _GERMAN.fullmatch(text)) is not None:
        found = date(int(parts[3]), int(parts[2]), int(parts[1]))
    elif (parts := _SLASHES.fullmatch(text)) is not None:
        order = slash_order(text)
        first = day_first if order is None else order
        if first is not None or parts[1] == parts[2]:
            day, month = (parts[1], parts[2]) if first else (parts[2], parts[1])
            found = date(int(parts[3]), int(month), int(day))
    elif (parts := _WORDED.fullmatch(text)) is not None and parts[2][:3].lower() in _MONTHS:
        found = date(int(parts[4]), _MONTHS.index(parts[2][:3].lower()) + 1, int(parts[1] or parts[3] or 1))
    elif _MILLISECONDS.fullmatch(text) is not None:
        found = datetime.fromtimestamp(int(text) / 1000, UTC).date()
    return found.isoformat() if found else None


def slash_order(text: str) -> bool | None:
    """Whether a date with slashes begins with its day; ``None`` where it is none, or could be read either way."""
    found = _SLASHES.fullmatch(text)
    if found is None:
        return None
    one, other = int(found[1]), int(found[2])
    return True if one > 12 else False if other > 12 else None


# ---------------------------------------------------------------------------------------- accounts, addresses, lists

SITES = frozenset({"blog", "website", "rss", "feed"})
"""Platforms whose handles are addresses."""
_SPACE = re.compile(r"\s")
_SEVERAL = re.compile(r"[;|\n,]+|\s(?=@)")
_BEFORE_NAMES = _listed("u user users in pub c channel profile people intent")
"""Parts of a path before the one that names the account."""
_NO_PEOPLE = _listed("company school showcase groups events pages hashtag search home share")
_EMAIL = re.compile(r"(?<![^@\s<>\",;])[^@\s<>\",;]++@[^@\s<>\",;]++")
"""It begins where a part of the cell begins: to try each of its characters would take as long as the square of the cell."""
_LONGEST_EMAIL = 320
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,61}")
_YES = frozenset({"true", "yes", "y", "1", "x", "ja", "oui", "si", "sí", "wahr", "vrai", "on"})
_NO = frozenset({"", "false", "no", "n", "0", "nein", "non", "falsch", "faux", "off"})


def clean_handles(platform: str, text: str) -> list[str]:
    """The accounts in a cell, each once."""
    parts = [] if not known(text) else _SEVERAL.split(text)
    return list(dict.fromkeys(handle for part in parts if (handle := clean_handle(platform, part))))


def clean_handle(platform: str, text: str) -> str:
    """A handle as exports write it (bare, ``@handle``, an address, in capitals) as a normal one; empty if there is none.

    Of an address it is the part of the path that names the account, whatever comes behind; on Mastodon ``name@instance``.
    A site (a blog, a feed) is its address without scheme, ``www.`` and the slash at the end.
    """
    handle = known(text.strip())
    if not handle:
        return ""
    is_address = "://" in handle or handle.casefold().startswith("www.")
    if not is_address and platform not in SITES and "/" not in handle:
        return "" if _SPACE.search(handle) else normal_handle(handle)
    try:
        url = urlsplit(handle if "://" in handle else f"//{handle}")
        host = url.netloc.rpartition("@")[2].casefold().removeprefix("www.")
        if platform in SITES:
            site = f"{host}/{url.path.strip('/')}".rstrip("/").casefold()
            return "" if _SPACE.search(site) else site
        name = normal_handle(_account(url.path, url.query))
    except ValueError:
        return ""
    handle = f"{name}@{host}" if platform == "mastodon" and "@" not in name else name
    return "" if not name or _SPACE.search(handle) else handle


def _account(path: str, query: str) -> str:
    parts = [part for part in path.split("/") if part]
    if parts and parts[0].casefold() in _NO_PEOPLE:
        return ""
    if parts and (parts[-1].casefold() in _BEFORE_NAMES or parts[-1].casefold() == "profile.php"):
        given = parse_qs(query, max_num_fields=20)
        return next((given[name][0] for name in ("id", "screen_name") if name in given), "")
    return next((part for part in parts if part.casefold() not in _BEFORE_NAMES), "")


def clean_emails(text: str) -> list[str]:
    """The addresses in a cell, in their order."""
    found = _EMAIL.findall(text.removeprefix("mailto:")) if "@" in text else []
    return [email for email in found if len(email) <= _LONGEST_EMAIL]


def clean_domains(text: str) -> tuple[str, ...]:
    """The domains in a cell, whether bare or in addresses, each once."""
    found = []
    for part in re.split(r"[;|,\s]+", text.casefold()):
        try:
            host = urlsplit(part if "://" in part else f"//{part}").netloc.rpartition("@")[2].partition(":")[0]
        except ValueError:
            continue
        host = host.rstrip(".").removeprefix("www.")
        if len(host) <= 253 and _DOMAIN.fullmatch(host):
            found.append(host)
    return tuple(dict.fromkeys(found))


def listed(text: str) -> tuple[str, ...]:
    """The items of a cell, separated by semicolons or lines, each once."""
    return tuple(dict.fromkeys(item for part in re.split(r"[;\n]+", text) if (item := part.strip())))


def left_alone(text: str) -> bool:
    """Whether the customer must be left alone. What is neither yes nor no (a date, a remark) means yes: the safe side."""
    word = text.casefold()
    return word in _YES or word not in _NO
