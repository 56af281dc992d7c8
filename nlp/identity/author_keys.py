"""Under which keys an author is looked for: the clues, and what the display name, the handle and the bio may mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from listener.core.brand import Evidence
from listener.core.mention import Author, normal_handle
from nlp.identity.bios import phrases
from nlp.identity.clues import Clue, author_clues, may_use
from nlp.identity.company_names import slug
from nlp.identity.keys import MOST_LETTERS, MOST_NAMES, bare_handle, place_key
from nlp.identity.lists import PARTICLES
from nlp.identity.names import canonical, forms, shown_words, words
from nlp.identity.permitted import permitted
from nlp.identity.profiles import platform_name
from nlp.identity.signs import organisation_slug

ALL_EVIDENCE = frozenset(Evidence)
MOST_KEYS = 40
"""Keys of one author: the strongest first, so that what a long profile adds is left out."""
MOST_COMPANIES = 10
MOST_PAIRED = 4


def author_keys(
    author: Author,
    platform: str,
    origin: str,
    *,
    allowed: frozenset[Evidence] = ALL_EVIDENCE,
    clues: Sequence[Clue] | None = None,
) -> frozenset[str]:
    """Every key that could find the author, or the author's company, among the customers; at most ``MOST_KEYS``."""
    author = permitted(author, allowed)
    known = author_clues(author, platform, origin) if clues is None else clues
    keys = [clue.key for clue in known if may_use(clue, allowed)]
    blog = platform_name(platform) == "blog"
    handle = normal_handle(author.handle or "")[:MOST_LETTERS]
    local = handle.partition("@")[0]
    if handle and Evidence.HANDLE in allowed and not (blog and "." in handle):
        keys.append(f"a:{bare_handle(handle)}")
    companies = company_slugs(author, platform) if Evidence.COMPANY in allowed else ()
    keys += [f"c:{company}" for company in companies[:MOST_COMPANIES]]
    if Evidence.NAME in allowed:
        shown = shown_words(author.display_name or "")
        names = tuple(word for word in shown if len(word) == 1 or word not in PARTICLES)[:MOST_NAMES]
        keys += _shown_keys(names, shown)
        letters = "".join(word for word in words(local.replace("_", " ")) if not word.isdigit()).strip("0123456789")
        if letters and not (blog and "." in handle) and len(letters) > 2:
            keys.append(f"w:{letters}")
        pieces = () if blog and "." in handle else words(local.replace("_", " "))[:MOST_NAMES]
        if len(pieces) > 1:
            keys += [f"w:{''.join(part)}" for part in (pieces[:-1], pieces[1:]) if len("".join(part)) > 3]
        if Evidence.PLACE in allowed and len(names) > 1 and (city := place_key((author.location or "").split(",")[0])):
            keys += [f"p:{canonical(names[0])} {names[-1]} {city}", f"p:{canonical(names[-1])} {names[0]} {city}"]
        if Evidence.COMPANY in allowed:
            domains = [key[2:] for key in keys if key.startswith("d:")]
            places = [*domains[:2], *companies[:MOST_PAIRED]]
            ends = dict.fromkeys(word for word in (*names[:1], *names[-1:]) if len(word) > 1)
            if len(names) < 2:
                ends |= dict.fromkeys(word for word in (pieces[:1] + pieces[-2:] if len(pieces) > 1 else ()) if len(word) > 2)
            keys += [f"k:{form} {place}" for name in ends for form in dict.fromkeys((name, canonical(name))) for place in places]
    return frozenset(list(dict.fromkeys(key for key in keys if not key.endswith((":", " "))))[:MOST_KEYS])


def person_keys(keys: Iterable[str]) -> set[str]:
    """Those of an author's keys that can find a person."""
    return {key for key in keys if key[:2] not in {"c:", "d:"} and key[:1] != "#"}


def company_slugs(author: Author, platform: str) -> tuple[str, ...]:
    """What may be a company's name in the bio, the handle and the display name, likeliest first."""
    found: list[str] = []
    for phrase in phrases(author.bio or ""):
        found += phrase.slugs[:4] if phrase.strength else phrase.slugs[:2]
    handle = normal_handle(author.handle or "")[:MOST_LETTERS]
    if handle and not (platform_name(platform) == "blog" and "." in handle):
        shown = shown_words(author.display_name or "")
        pieces = words(handle.partition("@")[0].replace("_", " "))
        rest = "".join(pieces)
        for word in sorted(shown, key=len, reverse=True):
            rest = rest.replace(word, "", 1) if len(word) > 2 else rest
        found += [piece for piece in (*pieces[-1:], *pieces[:1]) if len(pieces) > 1 and piece not in shown] + [rest]
    brand = organisation_slug(author.display_name or "")
    found += [brand, slug((author.display_name or "")[:MOST_LETTERS])]
    return tuple(dict.fromkeys(each for each in found if len(each) > 2 and not each.isdigit()))


def _shown_keys(names: Sequence[str], shown: Sequence[str]) -> list[str]:
    """The keys of a display name, read in every order that is usual."""
    if not names:
        return []
    if len(names) == 1:
        return [f"w:{names[0]}"]
    pairs = dict.fromkeys(((names[0], names[-1]), (names[-1], names[0])))
    if len(names) > 2:
        pairs |= dict.fromkeys(((names[0], names[1]), (names[1], names[0]), (names[0], names[-2]), (names[-1], names[1])))
        pairs |= dict.fromkeys(((names[0] + names[1], names[-1]), (names[1] + names[2], names[0])))
    keys = [f"n:{form} {last}" for first, last in pairs if len(first) > 1 and len(last) > 1 for form in forms(first)]
    if any(len(name) == 1 for name in names):
        keys += [f"w:{first}{last}" for first, last in pairs]
    if len(shown) <= 3:
        keys.append(f"w:{''.join(shown)}")
    return keys
