"""Messages in a Slack channel, by an incoming webhook or by a bot's token.

Blocks are built with slack_sdk's own models, whose checks know Slack's limits. They are sent through the guarded door and not by
slack_sdk's clients: these open their own connections with ``urllib``, take a proxy from the environment, follow redirects, log
whole addresses and bodies, and have no seam at which an address could be checked before it is connected to.

All words stand in rich text or plain text, where Slack reads no mark-up: text of strangers can format, link and mention nothing.
Only the line for notifications is mark-up, and is escaped.

Slack knows no idempotency key, for either way: a message whose answer was lost is sent again, and may stand there twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    RichTextQuoteElement,
    RichTextSectionElement,
)

from listener.core.connector import Answer
from listener.core.messages import Card, CardItem, Delivery, Message
from listener.core.plain import one_line
from listener.notify._cards import block_of, fitted
from listener.notify._posting import (
    Outcome,
    Place,
    Posted,
    by_status,
    error_word,
    later,
    not_there,
    post_all,
    refused,
    taken,
    to_be_mended,
)

API = "https://slack.com/api/chat.postMessage"
BLOCKS, CHARACTERS = 50, 12_000
"""Slack's limit of blocks, and of the characters in all of them (it gives no figure: it refuses from about 13,000 on)."""
PLAIN = 3_000

_Text = RichTextElementParts.Text
_Style = RichTextElementParts.TextStyle


@dataclass(frozen=True, slots=True)
class SlackNotifier:
    """Posts by a webhook; with ``token`` and ``channel`` as a bot, and then ``place.url`` is ``API``.

    A recipient that is written like a channel (``#name``, ``C0123…``) is told there instead, which only a bot can do.
    """

    place: Place
    clock: Callable[[], datetime]
    token: str | None = field(default=None, repr=False)
    channel: str | None = None

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        """One outcome for each message, in order."""
        return post_all(self.place, messages, self._write, self._judge)

    def _write(self, message: Message) -> Posted:
        body: dict[str, Any] = {
            "text": escaped(one_line(message.subject, 300)) or "listener",
            "blocks": slack_blocks(message),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        headers = {}
        if self.token is not None:
            body["channel"] = message.recipient if _is_channel(message.recipient) else self.channel
            headers["authorization"] = f"Bearer {self.token}"
        return Posted(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), headers)

    def _judge(self, answer: Answer) -> Outcome:
        if 200 <= answer.status < 300:
            word = _api_error(answer) if self.token is not None else _webhook_error(answer)
            if word is None:
                return taken("accepted by Slack")
            found = _of_word(word) or not_there(answer, self.place) or to_be_mended(_WRONG_PLACE)
            if word in _OF_THE_CHANNEL:  # a bot has several: what is wrong with one leaves the others alone
                return replace(found, delivery=replace(found.delivery, down=self.token is None))
            return found
        text = answer.body[:100].decode("ascii", "replace")
        word = error_word(text)
        known = word in _KNOWN and answer.status < 500
        told = _of_word(word) if known else not_there(answer, self.place)
        if told is not None:
            return told
        if answer.status == 400:  # what Slack does not like of a message it says with a word that we know
            return to_be_mended(f"Slack answered 400 ({word or 'without a word'}): is the url right?")
        return by_status(answer, self.place, self.clock(), word)


def _is_channel(recipient: str) -> bool:
    return recipient.startswith("#") or (
        recipient[:1] in "CGD" and len(recipient) >= 9 and recipient.isalnum() and recipient.isupper()
    )


def escaped(text: str) -> str:
    """For Slack's mark-up: nothing in the text links or mentions anybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ------------------------------------------------------------------------------------------------------------- answers

_WRONG_PLACE = "what answered is not Slack: is the url right?"


def _webhook_error(answer: Answer) -> str | None:
    """The word of an answer with status 200; ``None`` for the ``ok`` that means taken."""
    text = answer.body[:100].decode("ascii", "replace").strip()
    return None if text == "ok" else error_word(text)


def _api_error(answer: Answer) -> str | None:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    return None if said.get("ok") is True else error_word(str(said.get("error", "")))


def _of_word(word: str) -> Outcome | None:
    """What a word of Slack's means; ``None`` for no word. One that is not known is a matter of the configuration, as most are."""
    if not word:
        return None
    if word in _TOO_BUSY:
        return later(f"Slack is busy ({word})")
    if word in _OF_THE_MESSAGE:
        return refused(f"Slack does not take the message ({word})")
    return to_be_mended(f"Slack refuses ({word}): {_MEND.get(word, 'look at its url, token and channel')}")


_TOO_BUSY = {
    "ratelimited",
    "rate_limited",
    "message_limit_exceeded",
    "rollup_error",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
}
_OF_THE_MESSAGE = {
    "no_text",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_payload",
    "invalid_json",
    "json_not_object",
    "msg_too_long",
    "msg_blocks_too_long",
    "too_many_attachments",
}
_NEW_URL = "the webhook is gone or switched off; make a new one and set its url"
_NEW_TOKEN = "the token is not valid any more; set a new one"  # noqa: S105 - words about a token
_MEND = {
    "no_service": _NEW_URL,
    "no_service_id": _NEW_URL,
    "no_active_hooks": _NEW_URL,
    "no_team": _NEW_URL,
    "team_disabled": _NEW_URL,
    "invalid_token": _NEW_URL,
    "invalid_auth": _NEW_TOKEN,
    "not_authed": _NEW_TOKEN,
    "token_revoked": _NEW_TOKEN,
    "token_expired": _NEW_TOKEN,
    "account_inactive": _NEW_TOKEN,
    "missing_scope": "give the bot the scope chat:write",
    "channel_not_found": "there is no such channel, or it is private and the bot is not in it",
    "not_in_channel": "invite the bot into the channel",
    "is_archived": "the channel is archived; choose another one",
    "channel_is_archived": "the channel is archived; choose another one",
    "action_prohibited": "an administrator forbids it",
    "restricted_action": "an administrator forbids posting in this channel",
    "posting_to_general_channel_denied": "an administrator forbids posting in this channel",
}
_OF_THE_CHANNEL = {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "posting_to_general_channel_denied"}
_KNOWN = {*_TOO_BUSY, *_OF_THE_MESSAGE, *_MEND} - {"ratelimited", "rate_limited"}  # these come with a pause of their own


# -------------------------------------------------------------------------------------------------------------- blocks


def slack_blocks(message: Message) -> list[dict[str, Any]]:
    """The message as Block Kit blocks, as full as fits."""
    if message.card is None:
        title = one_line(message.subject, HeaderBlock.text_max_length) or "listener"
        text = RichTextPreformattedElement(elements=[_Text(text=block_of(message.text, PLAIN))])
        return _dicts([_header(title), RichTextBlock(elements=[text])])
    return fitted(message.card, lambda card: _dicts(_blocks(card)), _fits)


def _dicts(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    return [block.to_dict() for block in blocks]


def _fits(blocks: list[dict[str, Any]]) -> bool:
    return (
        len(blocks) <= BLOCKS
        and len(json.dumps(blocks, ensure_ascii=False)) <= 2 * CHARACTERS
        and _characters(blocks) <= CHARACTERS
    )


def _characters(part: object) -> int:
    """Of all texts in the blocks."""
    if isinstance(part, dict):
        return sum(_characters(value) for key, value in part.items() if key != "type")
    if isinstance(part, list):
        return sum(map(_characters, part))
    return len(part) if isinstance(part, str) else 0


def _blocks(card: Card) -> list[Block]:
    blocks: list[Block] = [_header(card.title)]
    if card.lead:
        blocks.append(ContextBlock(elements=[_plain(card.lead)]))
    for item in card.items:
        blocks += [DividerBlock(), _item(item)]
    if card.foot:
        blocks += [DividerBlock(), ContextBlock(elements=[_plain(card.foot)])]
    return blocks


def _header(title: str) -> HeaderBlock:
    return HeaderBlock(text=_plain(title))


def _plain(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)


def _item(item: CardItem) -> RichTextBlock:
    """Title and facts, a line each; the quotes as quotes; the next step, and the command that records it."""
    head = [_Text(text=item.title, style=_Style(bold=True))]
    for label, value in item.facts:
        head += [_Text(text=f"\n{label}  ", style=_Style(italic=True))] if label else [_Text(text="\n")]
        head.append(_Text(text=value))
    parts: list[Any] = [RichTextSectionElement(elements=head)]
    for number, quote in enumerate(item.quotes):
        words: list[Any] = [_Text(text=quote)]
        if item.url and number == 0:
            words += [_Text(text="  "), RichTextElementParts.Link(url=item.url, text="open")]
        parts.append(RichTextQuoteElement(elements=words))
    tail: list[Any] = []
    if item.step:
        tail += [_Text(text="Next  ", style=_Style(bold=True)), _Text(text=item.step)]
    if item.url and not item.quotes:
        tail += [_Text(text="  " if tail else ""), RichTextElementParts.Link(url=item.url, text="open")]
    if item.command:
        tail += [_Text(text="  " if tail else ""), _Text(text=item.command, style=_Style(code=True))]
    if tail:
        parts.append(RichTextSectionElement(elements=[piece for piece in tail if getattr(piece, "text", None) != ""]))
    return RichTextBlock(elements=parts)
