"""Outgoing messages: what one says in each form, and what became of an attempt to deliver it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class MessageKind(StrEnum):
    DIGEST = "digest"
    WEEKLY = "weekly"
    ALERT = "alert"
    BUNDLE = "bundle"
    """Several messages that could not go out for a while, told in one."""
    TEST = "test"


class MessageState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"
    """Failed for a day, or its address is nobody's any more; ``retry`` makes it wait again."""
    REFUSED = "refused"
    """Trying again cannot help: the recipient does not exist."""
    WITHDRAWN = "withdrawn"
    """Had not gone out, and never will: it told of an erased person, somebody dropped it, or it had failed for weeks."""
    BUNDLED = "bundled"
    """Told in another message, with others that waited."""


@dataclass(frozen=True, slots=True)
class CardItem:
    """One matter on a card. All text is plain, on one line, and of strangers in part: whoever puts it into a format
    escapes it."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    """Label and value; the label is empty where the value needs none."""
    quotes: tuple[str, ...] = ()
    step: str = ""
    command: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A message in the form that chats have in common: a title, a lead, matters with labelled facts, a foot."""

    title: str
    lead: str = ""
    items: tuple[CardItem, ...] = ()
    foot: str = ""
    tone: str = "changed"
    """``urgent``, ``chance``, ``heard`` or ``changed``: what it asks of the reader."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, data: str) -> Card:
        """What ``to_json`` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            raw = json.loads(data)
            return cls(**{**raw, "items": tuple(_item(item) for item in raw["items"])})
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError("the stored card lacks something, or has something unknown") from problem


def _item(raw: dict[str, object]) -> CardItem:
    facts = tuple((str(label), str(value)) for label, value in raw["facts"])  # type: ignore[attr-defined]  # a list of pairs
    return CardItem(**{**raw, "facts": facts, "quotes": tuple(raw["quotes"])})  # type: ignore[arg-type]  # as to_json wrote it


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that belongs to a message's HTML, which shows it as ``cid:name``."""

    name: str
    """Letters, digits and hyphens."""
    alt: str
    """What it shows, in words: the whole of its content for whoever does not see it."""
    png: bytes = field(repr=False)


def pictures_to_json(pictures: Sequence[Picture]) -> list[dict[str, str]]:
    """Pictures as a JSON column keeps them."""
    return [{"name": each.name, "alt": each.alt, "png": b64encode(each.png).decode("ascii")} for each in pictures]


def pictures_from_json(raw: Sequence[dict[str, str]] | None) -> tuple[Picture, ...]:
    """What ``pictures_to_json`` made."""
    return tuple(Picture(each["name"], each["alt"], b64decode(each["png"])) for each in raw or ())


@dataclass(frozen=True, slots=True)
class Message:
    """One outgoing message to one recipient. ``dedup_key`` makes its effect happen once: it is the idempotency key."""

    dedup_key: str
    channel: str
    """The notifier's name in the configuration."""
    recipient: str
    """What the notifier understands as an address; its own name where it has one recipient only."""
    subject: str
    text: str
    html: str | None = None
    created_at: datetime | None = None
    attempts: int = 0
    kind: MessageKind = MessageKind.DIGEST
    card: Card | None = None
    """For chats; ``text`` stands in where there is none."""
    pictures: tuple[Picture, ...] = ()
    not_before: datetime | None = None
    """It waits until then: quiet hours."""
    alert_keys: tuple[str, ...] = ()
    """Of the alerts that it tells of: so that what is taken out of these can be taken out of it as well."""


PROCESS_ENDED = "the process ended while it was being sent"
"""What is known of such a message: it may have arrived."""
CONFIGURATION = timedelta(hours=1)
"""The pause where a person must first mend something: the messages wait, none is lost."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one attempt."""

    ok: bool
    detail: str
    permanent: bool = False
    """Trying again cannot help."""
    retry_after: timedelta | None = None
    """The pause that the channel asks for; once the rule has decided (``listener.outbox``), the pause before the next attempt."""
    down: bool = False
    """The channel itself failed: no other message of it would fare better now."""
    unsure: bool = False
    """It may have arrived all the same: the connection was lost before the answer."""
    parked: bool = False
    """The rule decided that it is not tried again by itself."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits, without what it says."""

    dedup_key: str
    channel: str
    recipient: str
    kind: MessageKind
    created_at: datetime
    next_attempt_at: datetime
    attempts: int = 0
    """Since it was put in, or was asked to be tried again."""
    not_before: datetime | None = None
    down: bool = False
    """Its last attempt failed because of its channel."""

    @property
    def first_due(self) -> datetime:
        return max(self.created_at, self.not_before or self.created_at)
