"""Whether a query only reads: what the database's own read-only mode cannot be asked for is refused before it is sent. Pure.

Where a string or a comment ends is not the same in all databases, and a quotation mark that one of them takes for the end hides a
command from another. So a query is read in each of their ways, and must be in order in all of them.
"""

from __future__ import annotations

import re

_PLAIN = r"""'(?:[^']|'')*+(?:'|\Z) | "(?:[^"]|"")*+(?:"|\Z)"""
_BACKSLASH = r"""'(?:[^'\\]|''|\\.)*+(?:'|\\?\Z)"""
_DASHES, _BLOCK = r"--[^\n]*+", r"/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)"


def _tokens(comment: str, quoted: str) -> re.Pattern[str]:
    """What is not closed goes on to the end of the query."""
    return re.compile(
        rf"(?P<comment> {comment} ) | (?P<quoted> {quoted} ) | (?P<word> [^\W\d][\w$]*+ | \d\w*+ ) | (?P<other> \S )",
        re.DOTALL | re.VERBOSE,
    )


_READINGS = (
    _tokens(  # PostgreSQL, Oracle, Snowflake
        rf"{_DASHES} | {_BLOCK}",
        rf"[eE]{_BACKSLASH} | {_PLAIN} | \$(?P<tag>(?:[^\W\d]\w*+)?)\$.*?(?:\$(?P=tag)\$|\Z)",
    ),
    _tokens(rf"{_DASHES} | {_BLOCK}", rf"{_PLAIN} | `[^`]*+(?:`|\Z) | \[[^\]]*+(?:\]|\Z)"),  # SQLite, SQL Server
    _tokens(  # MySQL, MariaDB, BigQuery
        rf"--(?:[ \t\r][^\n]*+|(?=\n|\Z)) | \#[^\n]*+ | {_BLOCK}",
        rf"{_BACKSLASH} | {_BACKSLASH.replace(chr(39), chr(34))} | `[^`]*+(?:`|\Z)",
    ),
)
_COMMAND_IN_COMMENT = re.compile(r"/\*M?!")
"""MySQL carries out what stands in such a comment."""
_COMMENT_IN_COMMENT = re.compile(r"/\*(?:[^*/]|\*(?!/)|/(?!\*))*+/\*")
"""It ends in PostgreSQL where the outer one ends, elsewhere where the inner one does."""
_READING = {"select", "with"}
_WRITING = {
    *("insert", "update", "delete", "merge", "replace", "upsert", "truncate", "drop", "create", "alter", "grant", "revoke"),
    *("call", "exec", "execute", "attach", "detach", "pragma", "vacuum", "copy"),
}


def why_not_reading(query: str) -> str | None:
    """Why a query is refused, or ``None`` where it is one ``SELECT`` (which may begin with ``WITH``).

    A writing word is refused where a statement can begin, outside of quotation marks: a column may be called ``update``.
    """
    query = query.rstrip("; \t\r\n")
    if ";" in query:
        return "it has a ; before its end: one statement only, and in a text it is written CHR(59) or CHAR(59)"
    if _COMMAND_IN_COMMENT.search(query):
        return "it has a command in a comment (/*!)"
    if _COMMENT_IN_COMMENT.search(query):
        return "it has a comment in a comment"
    return next((why for reading in _READINGS if (why := _why_not(query, reading)) is not None), None)


def _why_not(query: str, reading: re.Pattern[str]) -> str | None:
    tokens = [found for found in reading.finditer(query) if not found["comment"]]
    if not tokens:
        return "it is empty"
    if (tokens[0]["word"] or "").casefold() not in _READING:
        return "it does not begin with SELECT or WITH"
    before = ""
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        word = (token["word"] or "").casefold()
        if word == "into":
            return "it would write what it finds somewhere (INTO)"
        # Inside brackets or after WITH … AS (…) a statement goes on with a word, a column does not.
        if word in _WRITING and before in {"(", ")"} and following is not None and (following["word"] or following["quoted"]):
            return f"it would change the database ({word.upper()})"
        before = token[0]
    return None
