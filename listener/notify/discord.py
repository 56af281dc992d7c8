"""Messages in a Discord channel, by its webhook.

A message is one embed with a field for each matter. Discord reads Markdown in it, so text of strangers is escaped; and no message
may mention anybody (``allowed_mentions``).

``wait`` makes Discord answer when the message stands in the channel, and not before. Its webhooks know no idempotency key: a
message whose answer was lost is sent again, and may stand there twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import httpx

from listener.core.connector import Answer
from listener.core.messages import Card, CardItem, Delivery, Message
from listener.core.plain import one_line
from listener.notify._cards import block_of, fitted, inline_code, markdown_link, no_markdown
from listener.notify._posting import Outcome, Place, Posted, by_status, later, not_there, post_all, seconds, taken, to_be_mended

TITLE, DESCRIPTION, FIELDS, NAME, VALUE, FOOTER, ALL = 256, 4096, 25, 256, 1024, 2048, 6000
"""Discord's limits of an embed, in characters, and of fields."""
PLAIN = 1_800
_COLOURS = {"urgent": 0xA3301D, "chance": 0x2A683B, "heard": 0x255287, "changed": 0x715310}
"""Those of the mails, by what the card asks of the reader."""


@dataclass(frozen=True, slots=True)
class DiscordNotifier:
    """Posts to the address of a channel's webhook."""

    place: Place
    clock: Callable[[], datetime]

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        """One outcome for each message, in order."""
        return post_all(_waiting(self.place), messages, lambda message: Posted(discord_body(message)), self._judge)

    def _judge(self, answer: Answer) -> Outcome:
        said = _said(answer)
        if answer.status == 204 or (200 <= answer.status < 300 and "id" in said):
            return taken("accepted by Discord")
        page = not_there(answer, self.place)
        if page is not None or 200 <= answer.status < 300:
            return page or to_be_mended("what answered is not Discord: is the url right?")
        if answer.status in {401, 403, 404}:
            return to_be_mended(f"Discord answered {answer.status}: the webhook is gone; make a new one and set its url")
        if answer.status == 429 and (pause := seconds(said.get("retry_after"))) is not None:
            return later("Discord answered 429 Too Many Requests", pause)
        code = said.get("code")
        word = f"code {code}" if type(code) is int and 0 < code < 10**7 else ""
        if answer.status == 400 and code not in _OF_THE_MESSAGE:  # a forum channel without a thread, and the like
            return to_be_mended(f"Discord answered 400 ({word or 'without a word'}): look at its webhook and channel")
        return by_status(answer, self.place, self.clock(), word)


_OF_THE_MESSAGE = {50006, 50035, 50109}
"""Discord's codes for an empty message, for a part that is not as it should be, and for JSON that it cannot read."""


def _waiting(place: Place) -> Place:
    """The address with ``wait``; one that is none is left for the door to refuse."""
    try:
        return replace(place, url=str(httpx.URL(place.url).copy_set_param("wait", "true")))
    except httpx.InvalidURL:
        return place


def _said(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


# --------------------------------------------------------------------------------------------------------------- embeds


def discord_body(message: Message) -> bytes:
    """The request's body, as full as fits."""
    if message.card is None:
        title = no_markdown(one_line(message.subject, TITLE // 2) or "listener")
        text = no_markdown_lines(block_of(message.text, PLAIN))
        return _body({"title": title, "description": text})
    return _body(fitted(message.card, _embed, _fits))


def _body(embed: dict[str, Any]) -> bytes:
    message = {"embeds": [embed], "allowed_mentions": {"parse": []}}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def no_markdown_lines(text: str) -> str:
    return "\n".join(map(no_markdown, text.split("\n")))


def _embed(card: Card) -> dict[str, Any]:
    embed: dict[str, Any] = {"title": no_markdown(one_line(card.title, TITLE // 2)), "color": _COLOURS.get(card.tone, 0)}
    if card.lead:
        embed["description"] = no_markdown(card.lead)
    if card.items:
        embed["fields"] = [_field(item) for item in card.items]
    if card.foot:
        embed["footer"] = {"text": card.foot}  # Discord reads no Markdown in a footer
    return embed


def _field(item: CardItem) -> dict[str, Any]:
    """Facts, a line each; the quotes as quotes; the next step, and the command that records it."""
    lines = [(f"**{no_markdown(label)}** " if label else "") + no_markdown(value) for label, value in item.facts]
    for number, quote in enumerate(item.quotes):
        link = f" {markdown_link('open', item.url)}" if item.url and number == 0 else ""
        lines.append(f"> {no_markdown(quote)}{link}")
    tail = [f"**Next** {no_markdown(item.step)}"] if item.step else []
    tail += [markdown_link("open", item.url)] if item.url and not item.quotes else []
    tail += [inline_code(item.command)] if item.command else []
    lines += ["  ".join(tail)] if tail else []
    return {"name": no_markdown(one_line(item.title, NAME // 2)), "value": "\n".join(lines) or "—"}


def _fits(embed: dict[str, Any]) -> bool:
    fields = embed.get("fields", [])
    texts = [embed["title"], embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    texts += [part for field in fields for part in (field["name"], field["value"])]
    return len(fields) <= FIELDS and sum(map(_units, texts)) <= ALL and all(_units(field["value"]) <= VALUE for field in fields)


def _units(text: str) -> int:
    """Characters as Discord may count them: an emoji beyond the basic plane as two."""
    return len(text.encode("utf-16-le", "replace")) // 2
