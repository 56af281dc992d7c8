"""Messages as signed JSON, to any address.

The body of a message is the same whenever it is sent, and so is its id, which ``Idempotency-Key`` repeats: a receiver that keeps
the ids it has seen does nothing twice. ``Listener-Signature`` proves that the body is ours and when it was sent::

    Listener-Signature: t=1763884800,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd

``t`` is the moment in seconds since 1970; ``v1`` the HMAC-SHA256, in hexadecimal digits, of ``t``, a full stop and the raw body,
by the secret that both sides know. docs/notifiers.md shows how a receiver checks it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from listener.core.connector import Answer
from listener.core.messages import Card, Delivery, Message
from listener.core.plain import one_line
from listener.notify._cards import block_of, fitted
from listener.notify._posting import Outcome, Place, Posted, by_status, post_all, taken

VERSION = 1
LIMIT = 200_000
"""Bytes of a body: what every common receiver takes."""
TEXT = 40_000
"""Characters of the plain text."""
ITEMS = 500
"""On a card: a program reads more of them than a person in a chat."""


@dataclass(frozen=True, slots=True)
class WebhookNotifier:
    """Posts signed JSON. 2xx means taken; so does 409, the answer of a receiver that has the id already."""

    place: Place
    clock: Callable[[], datetime]
    secret: str = field(repr=False)

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        """One outcome for each message, in order."""
        return post_all(self.place, messages, self._write, self._judge)

    def _write(self, message: Message) -> Posted:
        body = webhook_body(message)
        headers = {
            "listener-signature": signature(self.secret, body, self.clock()),
            "idempotency-key": message_id(message),
        }
        return Posted(body, headers)

    def _judge(self, answer: Answer) -> Outcome:
        if answer.status == 409:
            return taken(f"{self.place.name} has it already")
        return by_status(answer, self.place, self.clock())


def message_id(message: Message) -> str:
    """32 hexadecimal digits, the same whenever the message is sent; the key itself stays with us."""
    return hashlib.sha256(message.dedup_key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def signature(secret: str, body: bytes, now: datetime) -> str:
    """The value of ``Listener-Signature``."""
    moment = int(now.timestamp())
    digest = hmac.new(secret.encode("utf-8", "surrogatepass"), b"%d.%s" % (moment, body), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def webhook_body(message: Message) -> bytes:
    """The request's body: equal messages give equal bytes, whenever and however often they are sent."""
    text = block_of(message.text, TEXT)
    if message.card is None:
        return _body(message, text, None)
    return fitted(message.card, lambda card: _body(message, text, card), lambda body: len(body) <= LIMIT, ITEMS)


def _body(message: Message, text: str, card: Card | None) -> bytes:
    content = {
        "version": VERSION,
        "id": message_id(message),
        "kind": message.kind.value,
        "recipient": one_line(message.recipient, 200),
        "created_at": message.created_at.astimezone(UTC).isoformat() if message.created_at else None,
        "subject": one_line(message.subject, 500),
        "text": text,
        "card": asdict(card) if card is not None else None,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=list).encode("utf-8", "replace")
