"""docs/notifiers.md names every kind and setting, and what it shows is accepted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from config.loader import load
from config.notifiers import AnyNotifier
from config.recipients import RecipientSettings
from listener.core.messages import MessageKind
from listener.notifiers import missing
from listener.notify.webhook import webhook_body
from tests.support.notifying import CARD, message

DOCS = Path(__file__).parents[2] / "docs" / "notifiers.md"
TEXT = DOCS.read_text(encoding="utf-8")
MODELS = get_args(get_args(AnyNotifier)[0])


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_kind_and_setting_is_named(model: Any) -> None:
    fields = {field.alias or name for name, field in model.model_fields.items()}
    for word in {get_args(model.model_fields["kind"].annotation)[0], *fields}:
        assert f"`{word}`" in TEXT


def test_every_setting_of_recipients_is_shown() -> None:
    shown = "\n".join(blocks("toml"))
    for name in set(RecipientSettings.model_fields) - {"enabled"}:
        assert re.search(rf"(?m)^{name} = ", shown), name


def test_what_is_shown_is_accepted(tmp_path: Path) -> None:
    short, recipients = blocks("toml")
    mail = '[[notifiers]]\nname = "team-mail"\nkind = "email"\nhost = "smtp.a.example"\nfrom = "a@a.example"\n'
    path = tmp_path / "listener.toml"
    path.write_text(f'[[brands]]\nname = "Quillon"\n{short}{mail}{recipients}', encoding="utf-8")
    variable = re.findall(r"LISTENER_NOTIFIERS__\w+", short)[0]
    made = load(path, {variable: "https://hooks.slack.com/services/x"})
    assert [missing(one) for one in made.notifiers] == [None, None]
    assert "reference team" in {one.name for one in made.recipients()}


def test_the_json_that_is_shown_is_what_is_sent() -> None:
    (shown,) = (json.loads(block) for block in blocks("json"))
    sent = json.loads(webhook_body(message(card=CARD)))
    assert shown.keys() == sent.keys()
    assert shown["card"].keys() == sent["card"].keys()
    assert shown["card"]["items"][0].keys() == sent["card"]["items"][0].keys()
    for kind in MessageKind:
        assert f"`{kind}`" in TEXT
