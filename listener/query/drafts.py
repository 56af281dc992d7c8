"""From a query's text to a draft of its tree, by a grammar; every slip becomes a ``QueryError`` at its character.

The parser is Lark's LALR(1): no backtracking and no recursion, so that no query, however hostile, is slow or too deep for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from listener.query.errors import QueryError
from listener.query.fields import FIELDS

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedToken

LONGEST = 10_000
"""Characters of a query."""
DEEPEST = 50
"""Brackets, NOTs and sets within each other."""

_GRAMMAR = r"""
start: either
?either: both (OR both)*                   -> either
?both: unary (AND? unary)*                 -> both
?unary: near | NOT unary -> negated | MINUS unary -> negated
?near: atom (NEAR atom)*                   -> near
?atom: value | FIELD value                 -> field
?value: WORD -> word | PHRASE -> phrase | SET -> named | "(" either ")" -> group

OR.3: /OR(?=[\s()"“”„]|$)/
AND.3: /AND(?=[\s()"“”„]|$)/
NOT.3: /NOT(?=[\s()"“”„]|$)/
NEAR.3: /NEAR(\/[^\s()"“”„]*)?(?=[\s()"“”„]|$)/
FIELD.3: /[^\W\d_]{1,30}:/
SET.3: /@[^\s()"“”„]*/
MINUS.3: /-(?=\S)/
PHRASE.3: /["“”„][^"“”„]*["“”„]/
WORD.1: /[^\s()"“”„]+/
%ignore /\s+/
"""

_NAMES = ", ".join(f"{name}:" for name in FIELDS)
OPERAND = f'a word, a "phrase", a group in brackets, a field ({_NAMES}) or the @name of an exclusion set'


@dataclass(frozen=True, slots=True)
class Draft:
    """A part of a query as it was written: what it is, where it begins, its text, and its parts."""

    kind: str
    at: int
    text: str = ""
    parts: tuple[Draft, ...] = ()
    depth: int = 0


class Slip(Exception):
    """Something wrong at a character, found while the draft is made."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def draft(text: str) -> Draft:
    """The draft of a query.

    Raises:
        QueryError: it is no query.
    """
    from lark import UnexpectedCharacters, UnexpectedToken

    if len(text) > LONGEST:
        raise QueryError(f"a query may be {LONGEST:,} characters long, not {len(text):,}", LONGEST, text)
    if not text.strip():
        raise QueryError(f"the query is empty; expected {OPERAND}", 0, text)
    try:
        made: Draft = _parser().parse(text)  # type: ignore[assignment] # the builder below makes drafts, not trees
    except Slip as slip:
        raise QueryError(slip.message, slip.at, text) from None
    except UnexpectedToken as problem:
        raise _explained(problem, text) from None
    except UnexpectedCharacters as problem:  # everything but a lone quote is some token
        wrong = 'the quote that begins here is not closed; expected another " further on'
        raise QueryError(wrong, problem.pos_in_stream or 0, text) from None
    return made


class _Builder:
    """Makes drafts as the parser goes; called by Lark with the parts of each rule."""

    def start(self, parts: list[Draft]) -> Draft:
        return parts[0]

    def either(self, parts: list[Any]) -> Draft:
        return _joined("or", [part for part in parts if isinstance(part, Draft)])

    def both(self, parts: list[Any]) -> Draft:
        return _joined("and", [part for part in parts if isinstance(part, Draft)])

    def negated(self, parts: list[Any]) -> Draft:
        sign, part = parts
        return _deeper("not", sign.start_pos, "", (part,))

    def near(self, parts: list[Any]) -> Draft:
        if len(parts) == 1:
            return parts[0]  # type: ignore[no-any-return] # a draft
        steps = ",".join(str(_distance(sign)) for sign in parts[1::2])
        return _deeper("near", parts[0].at, steps, tuple(parts[::2]))

    def field(self, parts: list[Any]) -> Draft:
        name, value = parts
        field = name[:-1].lower()
        if field not in FIELDS:
            hint = f"there is no field {name!s}; expected one of: {', '.join(FIELDS)}; to search for the text, put it in quotes"
            raise Slip(hint, name.start_pos)
        return _deeper("field", name.start_pos, field, (value,))

    def word(self, parts: list[Token]) -> Draft:
        return Draft("word", parts[0].start_pos or 0, str(parts[0]))

    def phrase(self, parts: list[Token]) -> Draft:
        return Draft("phrase", parts[0].start_pos or 0, str(parts[0])[1:-1])

    def named(self, parts: list[Token]) -> Draft:
        return Draft("named", parts[0].start_pos or 0, str(parts[0]))

    def group(self, parts: list[Any]) -> Draft:
        (part,) = parts
        return _deeper("group", part.at, "", (part,))


def _joined(kind: str, parts: list[Draft]) -> Draft:
    if len(parts) == 1:
        return parts[0]
    return Draft(kind, parts[0].at, "", tuple(parts), max(part.depth for part in parts))


def _deeper(kind: str, at: int, text: str, parts: tuple[Draft, ...]) -> Draft:
    depth = 1 + max(part.depth for part in parts)
    if depth > DEEPEST:
        raise Slip(f"more than {DEEPEST} brackets or NOTs within each other", at)
    return Draft(kind, at, text, parts, depth)


def _distance(sign: Token) -> int:
    found = re.fullmatch(r"NEAR/([0-9]{1,3})", sign)
    if not found or not 1 <= int(found[1]) <= 100:
        raise Slip("expected NEAR/n with a number of words from 1 to 100, such as NEAR/5", sign.start_pos or 0)
    return int(found[1])


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder(), maybe_placeholders=False, keep_all_tokens=False)


# ------------------------------------------------------------------------------------------------ what went wrong


def _explained(problem: UnexpectedToken, text: str) -> QueryError:
    token, expected = problem.token, problem.accepts or problem.expected
    at = len(text.rstrip()) if token.type == "$END" else token.start_pos or 0
    if token.type == "$END" and "RPAR" in expected:
        return QueryError("the bracket that begins here is not closed; expected a ) further on", _unclosed(text), text)
    if token.type == "RPAR" and _closes_nothing(text, at):
        return QueryError("this ) closes nothing; expected the end of the query or another word", at, text)
    before = text[:at].rstrip()
    after = re.search(r"[^\s()\"“”„]+$|[()]$", before)
    place = f" after {after[0].removesuffix(':')}" if after and len(after[0]) <= 40 else ""
    if before.endswith(":") and "FIELD" not in expected:
        return QueryError(f'expected a value{place}: a word, a "phrase" or a group in brackets', at, text)
    if "FIELD" not in expected:
        return QueryError("expected AND, OR, NEAR/n or the end of the query", at, text)
    return QueryError(f"expected {OPERAND}{place}", at, text)


def _open(text: str) -> tuple[list[int], int | None]:
    """The places of brackets that are open at the end, and of the first one that closes nothing; phrases are passed over."""
    opened: list[int] = []
    for found in re.finditer(r"[\"“”„][^\"“”„]*[\"“”„]|[()]", text):
        if found[0] == "(":
            opened.append(found.start())
        elif found[0] == ")":
            if not opened:
                return opened, found.start()
            opened.pop()
    return opened, None


def _unclosed(text: str) -> int:
    opened, _ = _open(text)
    return opened[-1] if opened else len(text)


def _closes_nothing(text: str, at: int) -> bool:
    return _open(text[: at + 1])[1] == at
