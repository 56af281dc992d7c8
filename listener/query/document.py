"""What a query is asked about: one post with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from listener.core.mention import Mention
from listener.query.words import Words, fold, fold_words


@dataclass(frozen=True, slots=True)
class Document:
    """A post as queries see it. What is not known (``None``) matches no condition on it."""

    text: str = ""
    title: str | None = None
    source: str | None = None
    """The name of its source in the configuration."""
    handle: str | None = None
    name: str | None = None
    """The author's display name."""
    language: str | None = None
    url: str | None = None
    type: str | None = None
    """post, comment or repost."""
    followers: int | None = None


def document_of(mention: Mention, source: str, language: str | None = None) -> Document:
    """A mention of a source; its language is the one given, else what the source states."""
    author = mention.author
    return Document(
        text=mention.text,
        title=mention.title,
        source=source,
        handle=author.handle,
        name=author.display_name,
        language=language or mention.language,
        url=mention.url,
        type=mention.kind.value,
        followers=author.followers,
    )


class Reading:
    """A document while it is asked: each of its parts is folded and cut at most once, and only if a query asks for it."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @cached_property
    def folded_title(self) -> str:
        return fold_words(self.document.title or "")

    @cached_property
    def words(self) -> Words:
        """Of the title and the text."""
        text = fold_words(self.document.text)
        return Words(self.folded_title, text) if self.document.title else Words(text)

    @cached_property
    def title_words(self) -> Words:
        return Words(self.folded_title)

    @cached_property
    def name_words(self) -> Words:
        return Words(fold(self.document.name or ""))

    @cached_property
    def handles(self) -> tuple[str, ...]:
        """The author's handle, and what stands before its server's name."""
        handle = fold(self.document.handle or "").lstrip("@")
        return tuple(dict.fromkeys(form for form in (handle, handle.partition("@")[0]) if form))

    @cached_property
    def source(self) -> str:
        return fold(self.document.source or "")

    @cached_property
    def language(self) -> str:
        return fold(self.document.language or "").replace("_", "-")

    @cached_property
    def type(self) -> str:
        return fold(self.document.type or "")

    @cached_property
    def host(self) -> str:
        try:
            return host_of(urlsplit(self.document.url or "").hostname or "")
        except ValueError:  # an address that is none
            return ""


def host_of(name: str) -> str:
    """A host's name as it is compared: in its own letters, whichever way it is written."""
    folded = fold(name).strip(".")
    if "xn--" not in folded:
        return folded
    try:
        return folded.encode("ascii").decode("idna")
    except UnicodeError:
        return folded
