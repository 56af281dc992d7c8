"""Who is told what, and when, as the configuration says it."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.loader import load
from config.settings import Settings
from listener.core.errors import ConfigError
from listener.core.recipients import Edition, Recipient

HEAD = """
[[brands]]
name = "Quillon"
[[brands]]
name = "Quillon Press"
[digest]
hour = 8
timezone = "Europe/Berlin"
weekday = "Tuesday"
[teams]
north = ["Ada Owner", "Bo Owner"]
[[notifiers]]
name = "mail"
kind = "email"
host = "mail.us.example"
from = "listener@us.example"
[[notifiers]]
name = "share"
kind = "file"
folder = "out"
[[notifiers]]
name = "all"
kind = "email"
host = "mail.us.example"
from = "listener@us.example"
to = ["a@us.example", "b@us.example"]
"""
EVERYTHING = frozenset({"promoter", "detractor", "turned", "spreading", "spike", "source"})


def settings(tmp_path: Path, *lines: str) -> Settings:
    path = tmp_path / "listener.toml"
    path.write_text("\n".join((HEAD, *lines)), encoding="utf-8")
    return load(path, {})


def recipients(tmp_path: Path, *lines: str) -> dict[str, Recipient]:
    return {one.key: one for one in settings(tmp_path, *lines).recipients()}


def problems(tmp_path: Path, *lines: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, *lines)
    return {problem.path: f"{problem.got}; {problem.allowed}" for problem in caught.value.problems}


def one(*lines: str, name: str = "north") -> str:
    return "\n".join(["[[recipients]]", f'name = "{name}"', *lines])


TO = 'notifier = "mail"\nto = ["kim@us.example"]'


def test_a_notifier_that_nobody_names_tells_its_own_addresses_everything(tmp_path: Path) -> None:
    found = recipients(tmp_path, one(TO))
    assert sorted(found) == ["all:a@us.example", "all:b@us.example", "mail:kim@us.example:north", "share:digest"]
    usual = found["share:digest"]
    assert (usual.hour, usual.weekday, usual.zone, usual.zone_name) == (8, 1, ZoneInfo("Europe/Berlin"), "Europe/Berlin")
    assert (usual.editions, usual.alerts, usual.brands, usual.segments) == (
        frozenset(Edition),
        EVERYTHING,
        frozenset(),
        frozenset(),
    )


def test_what_a_recipient_leaves_out_is_that_of_the_digest(tmp_path: Path) -> None:
    kim = recipients(tmp_path, one(TO))["mail:kim@us.example:north"]
    assert (kim.hour, kim.weekday, kim.zone_name, kim.editions) == (8, 1, "Europe/Berlin", frozenset(Edition))
    assert (kim.alerts, kim.escalations, kim.quiet) == (EVERYTHING, False, None)


def test_a_recipient_says_it_all(tmp_path: Path) -> None:
    lines = (
        TO,
        'digest = ["weekly"]\nhour = 0\nweekday = "FRIDAY"\ntimezone = "Asia/Tokyo"\nbrands = ["quillon press"]',
        'segments = ["Enterprise"]\nteams = ["north"]\nalerts = ["turned"]\nescalations = true\nquiet_hours = "19:00-07:30"',
    )
    kim = recipients(tmp_path, one(*lines))["mail:kim@us.example:north"]
    assert (kim.hour, kim.weekday, kim.zone, kim.editions) == (0, 4, ZoneInfo("Asia/Tokyo"), frozenset({Edition.WEEKLY}))
    assert (kim.segments, kim.owners) == (frozenset({"enterprise"}), frozenset({"ada owner", "bo owner"}))
    assert len(kim.brands) == 1
    assert (kim.alerts, kim.escalations) == (frozenset({"turned"}), True)
    assert kim.quiet is not None
    assert (kim.quiet.start, kim.quiet.end) == (time(19), time(7, 30))


def test_several_addresses_are_several_recipients_and_a_disabled_one_is_none(tmp_path: Path) -> None:
    both = 'notifier = "mail"\nto = ["kim@us.example", "lee@us.example"]'
    found = recipients(tmp_path, one(both), one(TO, "enabled = false", name="off"))
    assert [key for key in found if key.startswith("mail")] == ["mail:kim@us.example:north", "mail:lee@us.example:north"]


def test_a_notifier_that_is_switched_off_has_no_recipients(tmp_path: Path) -> None:
    off = '[[notifiers]]\nname = "off"\nkind = "file"\nfolder = "off"\nenabled = false'
    for lines in ((off,), (off, one('notifier = "off"', name="them"))):
        assert not any(key.startswith("off") for key in recipients(tmp_path, one(TO), *lines))


@pytest.mark.parametrize("name", ["folder", "Folder"])
def test_the_digests_own_folder_keeps_its_name(tmp_path: Path, name: str) -> None:
    found = problems(tmp_path, one(TO), f'[[notifiers]]\nname = "{name}"\nkind = "file"\nfolder = "x"')
    assert any("notifiers[3].name" in place and "another name" in words for place, words in found.items()), found


def test_a_team_of_nobody_is_refused_for_it_would_let_everybody_through(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(HEAD.replace('["Ada Owner", "Bo Owner"]', "[]") + one(TO), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert [(problem.path.partition(" ")[0], problem.got) for problem in caught.value.problems] == [("teams.north", "nobody")]


def test_a_folder_needs_no_address(tmp_path: Path) -> None:
    found = recipients(tmp_path, one('notifier = "share"'), one(TO, name="kim"))
    assert "share:digest:north" in found
    assert "share:digest" not in found


@pytest.mark.parametrize(
    ("lines", "path", "words"),
    [
        ('notifier = "nobody"', "notifier", "one of: all, mail, share"),
        ('notifier = "mail"', "to", "at least one address"),
        (f"{TO}\nhour = 24", "hour", "24"),
        (f'{TO}\nweekday = "someday"', "weekday", "monday"),
        (f'{TO}\ntimezone = "Mars/Olympus"', "timezone", "Mars"),
        (f'{TO}\nbrands = ["Nobody"]', "brands", "a configured brand"),
        (f'{TO}\nteams = ["south"]', "teams", "a team of the table [teams]"),
        (f'{TO}\ndigest = ["hourly"]', "digest", "daily"),
        (f'{TO}\nalerts = ["everything"]', "alerts", "promoter"),
        (f'{TO}\nquiet_hours = "19:00-19:00"', "quiet_hours", "19:00"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, lines: str, path: str, words: str) -> None:
    found = problems(tmp_path, one(lines))
    (where,) = [place for place in found if place.startswith("recipients") and path in place]
    assert words in found[where] or words in where


def test_names_are_unique(tmp_path: Path) -> None:
    assert any("second one" in words for words in problems(tmp_path, one(TO), one(TO)).values())


def test_whom_a_matter_concerns() -> None:
    everybody = Recipient("mail", "kim")
    assert everybody.wants("quillon", None, None)
    press = Recipient("mail", "kim", brands=frozenset({"press"}))
    assert [press.wants(brand, None, None) for brand in ("press", "quillon", None)] == [True, False, True]
    north = Recipient("mail", "kim", segments=frozenset({"gold"}), owners=frozenset({"kim"}))
    assert [north.wants("x", *who) for who in (("Gold", "KIM"), ("Gold", "Lee"), ("Silver", "Kim"), (None, None))] == [
        True,
        False,
        False,
        False,
    ]


def test_no_two_recipients_share_a_key() -> None:
    names = ("", "r", "r:weekly", "r|weekly", "weekly", "%3A", ":")
    everybody = [Recipient("mail", "kim", name=name) for name in names]
    keys = [one.edition_key(edition) for one in everybody for edition in Edition]
    assert len(set(keys)) == len(keys)
    assert keys[0] == "mail:kim"


BOSS = '[[recipients]]\nname = "boss"\nnotifier = "mail"\nto = ["a@b.example"]\n'


def test_a_mail_goes_to_mail_addresses_only(tmp_path: Path) -> None:
    for wrong in ("boss at norvek", "x@@y", r"a@b.example\nBcc: c@d.example", "a@b", r"a\u0007@b.example"):
        (words,) = problems(tmp_path, BOSS.replace("a@b.example", wrong)).values()
        assert words.endswith("team@quillon.example"), wrong
    assert recipients(tmp_path, BOSS, '[[recipients]]\nname = "x"\nnotifier = "share"\nto = ["no mail"]')


def test_a_webhook_is_told_for_whom_it_is(tmp_path: Path) -> None:
    hook = '[[notifiers]]\nname = "crm"\nkind = "webhook"\n'
    named = [f'[[recipients]]\nname = "{name}"\nnotifier = "crm"\n' for name in ("hook", "hook two")]
    found = settings(tmp_path, hook, BOSS, *named).recipients()
    assert [one.address for one in found if one.channel == "crm"] == ["hook", "hook two"]
    assert [one.address for one in settings(tmp_path, hook, BOSS).recipients() if one.channel == "crm"] == ["digest"]


def test_a_variable_for_a_table_that_is_not_there_says_so(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text('[[brands]]\nname = "Quillon"\n')
    with pytest.raises(ConfigError, match=r"no \[\[notifiers\]\] table in the file"):
        load(path, {"LISTENER_NOTIFIERS__X__URL": "https://x.example"})


def test_a_secret_has_characters(tmp_path: Path) -> None:
    (words,) = problems(tmp_path, BOSS, '[[notifiers]]\nname = "crm"\nkind = "webhook"\nsecret = "short"').values()
    assert words.endswith("at least 16 characters")
