"""HTML to plain text, and the author's own words within a text.

``to_text`` runs once, before a mention is stored. ``own_words`` runs before every analysis: what is quoted, forwarded or
boilerplate is not the author's opinion. It only ever removes, so each line that it leaves is a verbatim piece of its input.
"""

from __future__ import annotations

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser, LexborNode

from listener.core.marks import stream_safe
from listener.core.mention import Markup

MAX_MARKUP = 2_000_000
"""Characters of mark-up that are looked at; more is cut off before parsing."""
MAX_TEXT = 200_000
"""Characters of plain text that are kept: a book chapter, far beyond any post."""

_DROPPED = frozenset(
    (
        *("script", "style", "template", "noscript", "head", "title", "svg", "math", "iframe", "object", "embed"),
        *("audio", "video", "canvas", "button", "select", "textarea"),
    )
)
_SPACED_BLOCKS = frozenset(["p", "blockquote", "pre", "ul", "ol", "table", "hr", "h1", "h2", "h3", "h4", "h5", "h6"])
_BLOCKS = _SPACED_BLOCKS.union(
    ["address", "article", "aside", "body", "caption", "dd", "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption"],
    ["figure", "footer", "form", "header", "html", "li", "main", "nav", "section", "summary", "tbody", "tfoot", "thead", "tr"],
)
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_SELF_CLOSED = frozenset(["dd", "dt", "li", "option", "p", "tbody", "td", "tfoot", "th", "thead", "tr"])
_TAG = re.compile(r"<(/?)([a-z][^\s/>]{0,30})[^>]*>?", re.IGNORECASE)
_HARMLESS = 20_000  # characters; less mark-up than this cannot be made slow
_LONGEST_TAG = 5_000
_DEEPEST = 500
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_NEWLINES = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Control characters, bidi marks and overrides, soft hyphen, zero-width space and joiner, tag characters, lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# The (non-)joiner is part of emoji and of several scripts; beside an ASCII character it only hides a word from a search.
# A run is looked at once and as a whole, or a long one would cost the square of its length.
_LOOSE_JOINER = re.compile("(?<![\u0080-\U0010ffff])[\u200c\u200d]++|(?<![\u200c\u200d])[\u200c\u200d]++(?![\u0080-\U0010ffff])")
_SPACES = re.compile(r"[^\S\n]+")
_ANY_SPACE = re.compile(r"\s+")
_AROUND_NEWLINE = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")


def to_text(text: str, markup: Markup) -> str:
    """Plain text in Unicode NFC: one line a block, quoted blocks as lines that begin with ``"> "``, at most ``MAX_TEXT`` long."""
    if markup is Markup.HTML:
        text = _rendered(text[:MAX_MARKUP])
    return _tidy(text[: 2 * MAX_TEXT])[:MAX_TEXT].rstrip()


def _tidy(text: str) -> str:
    text = _INVISIBLE.sub("", _NEWLINES.sub("\n", text))
    text = unicodedata.normalize("NFC", stream_safe(_LOOSE_JOINER.sub("", text)))
    text = _AROUND_NEWLINE.sub("\n", _SPACES.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip()


def _rendered(markup: str) -> str:
    """The text that a browser would show, walked without recursion: mark-up may be nested 100,000 deep."""
    # A lone surrogate cannot be encoded for the parser; it would be dropped later anyway.
    body = LexborHTMLParser(_flat(markup.encode("utf-8", "replace").decode("utf-8"))).body
    writer = _Writer()
    node: LexborNode | None = body
    while node is not None:
        entered = writer.enter(node)
        following = node.child if entered else None
        if following is None:
            if entered:
                writer.leave(node)
            following = _next_after(node, writer)
        node = following
    return writer.text()


def _flat(markup: str) -> str:
    """The mark-up without what makes a parser slow: tags nested deeper than ``_DEEPEST``, and attributes by the thousand.

    HTML's parsing rules are quadratic in both: 100,000 nested ``div`` took 15 s, 100,000 attributes of one tag 17 s.
    """
    if len(markup) <= _HARMLESS:
        return markup
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        name = tag[2].lower()
        if name not in _VOID and name not in _SELF_CLOSED:
            depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth + bool(tag[1]) > _DEEPEST:
            return "<br>"
        return tag[0] if len(tag[0]) <= _LONGEST_TAG else f"<{tag[1]}{name}>"

    return _TAG.sub(keep, markup)


def _next_after(node: LexborNode, writer: _Writer) -> LexborNode | None:
    """The node that follows the whole of ``node`` in reading order; parents that end on the way are left."""
    current: LexborNode | None = node
    while current is not None and current.tag not in {"body", "html"}:
        if current.next is not None:
            return current.next
        current = current.parent
        if current is not None:
            writer.leave(current)
    return None


class _Writer:
    """Collects what the walk meets into lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._pre = 0

    def enter(self, node: LexborNode) -> bool:
        """Take what the node itself says; false where its children are not shown."""
        tag = node.tag or ""
        if tag == "-text":
            self._write(node.text_content or "")
            return False
        if not node.is_element_node or tag in _DROPPED or _is_hidden(node):
            return False
        if tag in _BLOCKS:
            self._break(blank=tag in _SPACED_BLOCKS)
        self._quotes += tag == "blockquote"
        self._pre += tag == "pre"
        if tag == "br":
            self._break()
        elif tag in {"td", "th"}:
            self._line.append(" ")
        elif tag == "img":
            self._line.append(_emoji_of(node))
        return True

    def leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _BLOCKS:
            self._break(blank=tag in _SPACED_BLOCKS)
        self._quotes -= tag == "blockquote"
        self._pre -= tag == "pre"

    def _write(self, text: str) -> None:
        if not self._pre:
            self._line.append(_ANY_SPACE.sub(" ", text))
            return
        first, *others = text.split("\n")
        self._line.append(first)
        for line in others:
            self._break()
            self._line.append(line)

    def _break(self, *, blank: bool = False) -> None:
        line = _ANY_SPACE.sub(" ", "".join(self._line)).strip()
        self._line.clear()
        if line:
            self._lines.append("> " + line if self._quotes else line)
        if blank and self._lines and self._lines[-1]:
            self._lines.append("")

    def text(self) -> str:
        self._break()
        return "\n".join(self._lines)


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return bool(attributes) and ("hidden" in attributes or _HIDDEN.search(attributes.get("style") or "") is not None)


def _emoji_of(node: LexborNode) -> str:
    """Blog engines replace emoji by pictures, with the emoji in ``alt``. Any other description is not the author's text."""
    alt = node.attributes.get("alt") or ""
    return alt if len(alt) <= 8 and alt and not any(c.isalnum() or c.isspace() for c in alt) and not alt.isascii() else ""


# ------------------------------------------------------------------------------------------------ the author's own words

_QUOTED_LINE = re.compile(r" ?>+(?:\s|$|[^\W_]|[\"“«@#*\[(])")  # but not the emoticons ">:(" and ">_<"
_ATTRIBUTION = re.compile(
    r"\s*(?:on\b.{4,250}\bwrote|am\b.{4,250}\bschrieb\b.{0,100}|le\b.{4,250}\ba écrit|el\b.{4,250}\bescribió"
    r"|il\b.{4,250}\bha scritto)\s?:",
    re.IGNORECASE | re.DOTALL,
)
_REST_IS_NOT_OURS = re.compile(
    r"(?:-{2,}\s?(?:original message|forwarded message|ursprüngliche nachricht|message d'origine)\b"
    r"|begin forwarded message:|-- ?$|_{20,}$)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\*?(?:from|sent|to|cc|date|subject|von|gesendet|an|betreff|de|envoyé|objet)\s?:", re.IGNORECASE)
_BOILERPLATE_LINE = re.compile(
    r"""\W{0,4}(?:
      (?:read|learn|see|show|view)\ (?:more|on|the\ (?:full|whole|rest|original).{0,60})
      | continue\ reading.{0,200} | keep\ reading | click\ here.{0,80}
      | permalink | comments?(?:\ \(\d+\))? | \d+\ comments? | leave\ a\ (?:comment|reply)
      | (?:share|tweet|pin|like|email|print|save)(?:\ (?:this|it))?(?:\ (?:post|article|story|page))?
      | (?:share|tweet|pin|email|print)\ (?:(?:this|it)\ )?(?:on|via|to|by)\ [\w.]{1,20} | like\ this:.{0,40}
      | related(?:\ (?:posts?|articles?))?\ ?:?
      | (?:follow\ us|like\ us\ on).{0,120}
      | the\ post\b(?:(?!\bthe\ post\b).){1,300}\b(?:appeared\ first\ on|first\ appeared\ on)\b.{1,200}
      | (?:this\ (?:post|article|story)\ )(?:(?:was\ )?(?:originally\ |first\ )+(?:published|appeared|posted))\b.{0,200}
      | sent\ from\ my\b.{1,60} | get\ outlook\ for\b.{1,40} | sent\ via\b.{1,60} | von\ meinem\ \w+\ gesendet
      | (?!.{0,300}\b(?:I|me|my)\b).{0,120}\bunsubscribe\b.{0,200} | (?:view|read)\ this\ (?:e-?mail|message|newsletter)\b.{0,80}
      | you(?:['’]re|\ are)\ receiving\ this\b.{0,300} | manage\ (?:your\ )?(?:e-?mail\ )?(?:preferences|subscriptions?)\b.{0,100}
      | submitted\ by\ /?u/\S{1,60}.{0,120} | \[(?:link|comments)\](?:\ \[(?:link|comments)\])? | \[?(?:…|\.\.\.)\]?
    )\W{0,6}""",
    re.IGNORECASE | re.VERBOSE,
)
_BOILERPLATE_END = re.compile(
    r"\s*(?:\[?(?:…|\.\.\.)\]?\s?(?:read|learn|see) more|\[(?:…|\.\.\.|&hellip;)\]"
    r"|(?:…|\.\.\.)?\s?continue reading\b[^.!?]{0,120}"
    r"|(?<![^.!?…\"”')\]\s])\s*(?-i:The post)\b(?:(?!(?-i:The post)\b).){1,300}\bappeared first on\b.{1,200})\W{0,4}$",
    re.IGNORECASE,
)
_REPOST = re.compile(r"(?:^|(?<=\s)|(?<=[\"“(|]))[RM]T:?\s?@\w+\s?:?")
_QUOTED_POST = re.compile(r"[\"“]@\w{1,40}:[^\"“”\n]{1,600}[\"”]")
_QUOTE_TAG = re.compile(r"\[(/?)quote\b[^\]\n]{0,200}\]", re.IGNORECASE)
_MAX_LINE = 700  # a boilerplate line or an attribution is never longer


def own_words(text: str) -> str:
    """What the author says themself; quoted text and boilerplate is cut off, a blank line left in its place."""
    text = _without_quote_tags(text)
    if repost := _REPOST.search(text):
        text = text[: repost.start()].rstrip(' "“(|:-–—')
    lines = _QUOTED_POST.sub("\n\n", text).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(_own_lines(lines))).strip()


def is_repost(text: str) -> bool:
    """Whether the text is nothing but another author's post, marked in the old way (``RT @name: …``)."""
    found = _REPOST.search(text)
    return found is not None and not text[: found.start()].strip(' "“(|')


def _without_quote_tags(text: str) -> str:
    """Forum mark-up ``[quote]…[/quote]`` removed, nested ones too; an unclosed one quotes nothing."""
    opened: list[int] = []
    quoted: list[tuple[int, int]] = []
    for tag in _QUOTE_TAG.finditer(text):
        if not tag[1]:
            opened.append(tag.start())
        elif opened:
            start = opened.pop()
            while quoted and quoted[-1][0] > start:
                quoted.pop()
            quoted.append((start, tag.end()))
    kept, at = [], 0
    for start, end in quoted:
        kept.append(text[at:start])
        at = end
    return "\n\n".join([*kept, text[at:]]) if quoted else text


def _own_lines(lines: list[str]) -> list[str]:
    last_quoted = max((i for i, line in enumerate(lines) if _QUOTED_LINE.match(line)), default=-1)
    own: list[str] = []
    skip = 0
    for i, line in enumerate(lines):
        if skip:
            skip -= 1
        elif _QUOTED_LINE.match(line):
            own.append("")
        elif len(line) <= _MAX_LINE and (header := _attribution_lines(lines, i)):
            if last_quoted < i:
                break  # nothing is marked as quoted below: all the rest is
            own.append("")
            skip = header - 1
        elif _REST_IS_NOT_OURS.match(line) or _is_mail_header(lines, i):
            break
        elif len(line) <= _MAX_LINE and _BOILERPLATE_LINE.fullmatch(line):
            own.append("")
        else:
            own.append(line[: _end_of_own(line)])
    return own


def _attribution_lines(lines: list[str], i: int) -> int:
    """How many lines "On …, … wrote:" takes up at line ``i``: 0, 1 or 2 (mail programs wrap it)."""
    if _ATTRIBUTION.fullmatch(lines[i]):
        return 1
    two = "\n".join(lines[i : i + 2])
    return 2 if len(two) <= _MAX_LINE and two.endswith(":") and _ATTRIBUTION.fullmatch(two) else 0


def _is_mail_header(lines: list[str], i: int) -> bool:
    """A block of header lines (From, Sent, To, Subject) opens a message that is answered or forwarded."""
    return all(_HEADER.match(line) for line in lines[i : i + 3]) and len(lines) >= i + 3


def _end_of_own(line: str) -> int:
    """Where a line's own text ends before "… Read more" and the like; looked for near its end only."""
    start = max(0, len(line) - _MAX_LINE)
    found = _BOILERPLATE_END.search(line, start)
    return found.start() if found else len(line)
