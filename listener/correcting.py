"""What a person says of a mention or a phrase, checked against what there is to correct: pure rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from listener.core.analysis import Analysis, Intent, Label, Level
from listener.core.brand import Brand, Target
from listener.core.corrections import ADD, NONE, REMOVE, CorrectionKind, Named, Said
from listener.core.errors import ConfigError, Problem

LONGEST_PHRASE = 200
_WORD = re.compile(r"[^\W_]+")
LEVELS = (*(level.value for level in Level), NONE)

Places = Callable[[str, str], Sequence[object]]
"""Where a text names what bears a name."""


class Feeling(StrEnum):
    """What a person can say of a sentiment."""

    POSITIVE = Label.POSITIVE.value
    NEUTRAL = Label.NEUTRAL.value
    NEGATIVE = Label.NEGATIVE.value
    MIXED = Label.MIXED.value


class Meaning(StrEnum):
    """What a person can say of a phrase."""

    POSITIVE = Label.POSITIVE.value
    NEUTRAL = Label.NEUTRAL.value
    NEGATIVE = Label.NEGATIVE.value


def on_sentiment(mention_id: int, label: Label, target: str | None, analysis: Analysis) -> Said:
    """The sentiment toward one of the mention's targets; which one must be said only where there are several.

    Raises:
        ConfigError: the mention is about none, about several, or not about that one.
    """
    known = {one.target: Named(one.target, one.kind, one.brand) for one in analysis.targets}
    if not known:
        got = f"mention {mention_id} is about none of your targets"
        raise ConfigError([Problem("ID", got, "first say which it is about: listener correct target ID KEY")])
    if target is None and len(known) > 1:
        raise ConfigError([Problem("--target", f"mention {mention_id} is about several targets", _one_of(known))])
    if target is not None and target not in known:
        raise ConfigError([Problem("--target", f'mention {mention_id} is not about "{target}"', _one_of(known))])
    named = known[target] if target is not None else next(iter(known.values()))
    return Said(CorrectionKind.SENTIMENT, label.value, mention_id, (named,))


def on_relevance(
    mention_id: int, level: str, target: str | None, analysis: Analysis, brands: Sequence[Brand], text: str, places: Places
) -> Said:
    """How relevant a mention is. Names that are also common words learn from it.

    What is about us teaches the targets that it is known to be about, else the one whose name stands in it: another common word
    in it means what it always means. What is not about us teaches every such name in it.

    Raises:
        ConfigError: there is no such target, or none is named where nothing tells which one is meant.
    """
    targets = _targets(brands)
    if target is not None:
        named = [_named(_configured(targets, target, "--target"))]
    else:
        there = {one.target for one in analysis.targets}
        named = [_named(one) for one in targets if one.key in there]
        if level == NONE or not there:
            common = [one for one in targets if one.ambiguous and one.key not in there and _stands_in(one, text, places)]
            if level != NONE and len(common) > 1:
                got = f"several of your names stand in mention {mention_id}"
                raise ConfigError([Problem("--target", got, _one_of([one.key for one in common]))])
            named += map(_named, common)
    if level != NONE and not named and not analysis.targets:
        got = f"nothing in mention {mention_id} tells which of your targets it is about"
        raise ConfigError([Problem("--target", got, _one_of([one.key for one in targets]))])
    return Said(CorrectionKind.RELEVANCE, level, mention_id, tuple(named))


def on_target(mention_id: int, key: str, add: bool, analysis: Analysis, brands: Sequence[Brand]) -> Said:
    """That a mention is about a target, or that it is not.

    Raises:
        ConfigError: there is no such target, or the mention is (not) about it anyway.
    """
    there = {one.target: Named(one.target, one.kind, one.brand) for one in analysis.targets}
    if not add and not there:
        raise ConfigError([Problem("KEY", f"mention {mention_id} is about none of your targets", "nothing to remove")])
    if not add and key not in there:
        raise ConfigError([Problem("KEY", f'mention {mention_id} is not about "{key}"', _one_of(there))])
    targets = _targets(brands)
    known = {one.key for one in targets}
    named = there[key] if key in there and key not in known else _named(_configured(targets, key, "KEY"))
    return Said(CorrectionKind.TARGET, ADD if add else REMOVE, mention_id, (named,))


def on_intents(mention_id: int, add: Sequence[Intent], remove: Sequence[Intent]) -> Said:
    """Which intents a mention has, and which not.

    Raises:
        ConfigError: none is named, or one both ways.
    """
    if not add and not remove:
        raise ConfigError([Problem("--add", "no intent is named", _one_of(Intent))])
    if both := sorted(set(add) & set(remove)):
        raise ConfigError([Problem("--remove", f"{both[0]} is to be added too", "either of the two")])
    value = " ".join([*(f"+{one}" for one in Intent if one in add), *(f"-{one}" for one in Intent if one in remove)])
    return Said(CorrectionKind.INTENT, value, mention_id)


def on_phrase(phrase: str, label: Label, brand: str | None, brands: Sequence[Brand]) -> Said:
    """What a phrase means in all mentions of a brand, or of all of them.

    Raises:
        ConfigError: the phrase has no letters, is too long or is a target's name, or there is no such brand.
    """
    plain = " ".join(phrase.casefold().split())
    keys = [one.key for one in brands]
    problems = []
    if not any(character.isalnum() for character in plain):
        problems.append(Problem("PHRASE", "it has no letters", "a word, or a few"))
    if len(plain) > LONGEST_PHRASE:
        problems.append(Problem("PHRASE", f"it has {len(plain)} characters", f"at most {LONGEST_PHRASE}"))
    if brand is not None and brand not in keys:
        problems.append(Problem("--brand", f'there is no brand "{brand}"', _one_of(keys)))
    if name := _name_with(plain, [target for one in brands if brand in {None, one.key} for target in one.rule.targets]):
        problems.append(Problem("PHRASE", f'it belongs to the name "{name}", and names are never touched', "another phrase"))
    if problems:
        raise ConfigError(problems)
    return Said(CorrectionKind.PHRASE, label.value, phrase=plain, brand=brand)


def _targets(brands: Sequence[Brand]) -> list[Target]:
    return [target for brand in brands for target in brand.rule.targets]


def _configured(targets: Sequence[Target], key: str, place: str) -> Target:
    for target in targets:
        if target.key == key:
            return target
    raise ConfigError([Problem(place, f'there is no target "{key}"', _one_of([one.key for one in targets]))])


def _named(target: Target) -> Named:
    return Named(target.key, target.kind, target.brand, target.ambiguous)


def _name_with(phrase: str, targets: Sequence[Target]) -> str | None:
    """The first of the targets' names that has the phrase among its words, or that stands in it and is no common word."""
    words = _words(phrase)
    for target in targets if words.strip() else ():
        for name in (target.name, *target.aliases):
            its = _words(name)
            if its.strip() and (words in its or (its in words and not target.ambiguous)):
                return name
    return None


def _words(text: str) -> str:
    return " " + " ".join(_WORD.findall(text.casefold())) + " "


def _stands_in(target: Target, text: str, places: Places) -> bool:
    return any(places(text, name) for name in (target.name, *target.aliases))


def _one_of(values: object) -> str:
    return f"one of: {', '.join(map(str, values))}"  # type: ignore[call-overload]  # any iterable of keys
