"""`listener check`: what each source's terms allow, what it may cost, and files that are missing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from listener.cli.policies import policy_facts, policy_words
from listener.core import terms
from listener.core.brand import OPEN_WEB, Evidence, MatchingPolicy, Provenance
from nlp import encoder
from nlp.engines import load_engine

CONFIG = """
[[brands]]
name = "Quillon"
[[sources]]
name = "trade-press"
kind = "rss"
url = "https://press.example/feed"
[[sources]]
name = "print-forum"
kind = "rss"
url = "https://forum.example/feed"
[sources.policy]
keep_days = 5
evidence = []
[[sources]]
name = "x-search"
kind = "twitter"
token = "not-a-real-token"
monthly_cap_usd = 20
daily_reads = 300
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "listener.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def add_file(folder: Path, path: str) -> None:
    with (folder / "listener.toml").open("a") as toml:
        toml.write(f'[[sources]]\nname = "export"\nkind = "file"\npath = "{path}"\n')


def source(run, name: str) -> dict[str, object]:
    return next(part for part in run("check", "--json").lines if part["name"] == name)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (OPEN_WEB, "matched by any evidence; any CRM handle; may be quoted to our own people; kept as long as any post"),
        (
            terms.X,
            (
                "matched by any evidence; CRM handles given by the person or public; may be quoted to our own people; "
                "kept 30 days; deletions honoured within a day"
            ),
        ),
        (terms.REDDIT, "nobody is matched, nothing is quoted; only counts are kept, by day, brand and label"),
        (
            terms.GITHUB,
            (
                "matched by any evidence but e-mail; CRM handles of any origin but bought in; "
                "may be quoted to our own people; kept as long as any post"
            ),
        ),
        (terms.MAIL, "nobody is matched with a customer; may be quoted to our own people; kept as long as any post"),
        (
            MatchingPolicy("a", frozenset({Evidence.HANDLE, Evidence.LINK}), frozenset(), may_quote=False),
            "matched by handle or link; no CRM handle is used; never quoted; kept as long as any post",
        ),
        (
            MatchingPolicy("a", frozenset({Evidence.NAME}), frozenset({Provenance.GIVEN}), keep_days=1),
            "matched by name; may be quoted to our own people; kept 1 day",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, MatchingPolicy) else "",
)
def test_a_policy_is_one_readable_line(policy: MatchingPolicy, words: str) -> None:
    assert policy_words(policy) == words


def test_every_policy_can_be_told_and_has_a_basis() -> None:
    for policy in terms.BY_NAME.values():
        facts = policy_facts(policy)
        assert facts["words"]
        assert facts["basis"] == policy.basis != ""
        assert set(facts) == {*replace(policy).__dataclass_fields__, "words"}


def test_check_shows_the_terms_of_every_source_once(run, folder: Path) -> None:
    said = " ".join(run("check").out.split())
    assert f"open-web: trade-press {policy_words(OPEN_WEB)} because: {OPEN_WEB.basis}" in said
    assert "changed for print-forum: print-forum nobody is matched with a customer; may be quoted" in said
    assert f"x: x-search {policy_words(terms.X)} because: {terms.X.basis}" in said


def test_programs_get_the_whole_policy_and_the_allowances(run, folder: Path) -> None:
    changed = source(run, "print-forum")["policy"]
    assert isinstance(changed, dict)
    assert (changed["evidence"], changed["keep_days"], changed["counts_only"]) == ([], 5, False)
    paid = source(run, "x-search")
    assert paid["policy"] == policy_facts(terms.X)
    money, reads = paid["allowances"]  # type: ignore[misc]  # two objects
    assert (money["words"], reads["words"]) == ("at most USD 20.00 a month", "at most 300 posts read a day")
    assert (source(run, "Quillon")["policy"], source(run, "Quillon")["allowances"]) == (None, [])


def test_what_a_source_may_cost_is_told_and_its_token_is_not(run, folder: Path) -> None:
    ended = run("check")
    (line,) = [line for line in ended.out.splitlines() if "x-search" in line and "ready" in line]
    assert "ready; at most USD 20.00 a month; a run costs at most USD " in line
    assert "at most 300 posts read a day" in line
    assert "not-a-real-token" not in ended.out + ended.err + run("check", "--json").out


def test_a_file_that_is_not_there_fails_the_check(run, folder: Path) -> None:
    add_file(folder, "exports/mentions.jsonl")
    ended = run("check")
    assert ended.status == 1
    assert "not ready, because exports/mentions.jsonl: there is no such file" in ended.out
    found = source(run, "export")
    assert (found["ready"], found["reason"]) == (False, "exports/mentions.jsonl: there is no such file")
    (folder / "exports").mkdir()
    (folder / "exports" / "mentions.jsonl").write_text("")
    assert run("check").status == 0


def test_a_pattern_may_match_nothing_yet(run, folder: Path) -> None:
    add_file(folder, "exports/*.csv")
    assert run("check").status == 0
    found = source(run, "export")
    assert (found["ready"], found["remark"]) == (True, "no file matches exports/*.csv yet")
    (folder / "exports").mkdir()
    (folder / "exports" / "a.csv").write_text("")
    assert source(run, "export")["remark"] is None


def test_a_file_whose_name_looks_like_a_pattern_is_found(run, folder: Path) -> None:
    (folder / "export[1].csv").write_text("")
    add_file(folder, "export[1].csv")
    assert source(run, "export")["remark"] is None


def test_a_disabled_source_shows_its_terms_all_the_same(run, folder: Path) -> None:
    path = folder / "listener.toml"
    path.write_text(path.read_text().replace('token = "not-a-real-token"\n', ""))
    found = source(run, "x-search")
    assert found["ready"] is False
    assert found["policy"] == policy_facts(terms.X)
    assert run("check").status == 0


def engine(run) -> dict[str, object]:
    return next(part for part in run("check", "--json").lines if part["part"] == "engine")


def choose(folder: Path, words: str) -> None:
    with (folder / "listener.toml").open("a") as toml:
        toml.write(f"[nlp]\n{words}\n")


def test_the_engine_is_loaded_and_its_version_told(run, folder: Path) -> None:
    choose(folder, 'engine = "target"')
    found = engine(run)
    assert (found["name"], found["ready"], found["remark"]) == ("target", True, None)
    assert found["kind"] == f"sentiment {load_engine('target').version}"


def test_an_engine_that_cannot_be_loaded_is_replaced_and_says_so(run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "MODEL", folder / "no model")
    choose(folder, 'engine = "target"')
    found = engine(run)
    assert found["ready"] is True
    assert found["kind"] == f"sentiment {load_engine('vader').version}"
    assert str(found["remark"]).startswith('replaced by vader because the model of the engine "target" in ')
    ended = run("check")
    assert ended.status == 0
    assert "replaced by vader because" in " ".join(ended.out.split())


def test_a_model_of_ones_own_is_found_beside_the_configuration(run, folder: Path) -> None:
    choose(folder, 'model = "own"\nfallback = false')
    found = engine(run)
    assert f"{folder / 'own'}: settings.json cannot be read" in str(found["reason"])
    assert "mend the folder that [nlp] model names" in str(found["reason"])
    shutil.copytree(encoder.MODEL, folder / "own")
    settings = folder / "own" / "settings.json"
    settings.write_text(settings.read_text().replace('"version": "', '"version": "quorvane-'))
    found = engine(run)
    assert found["ready"] is True
    assert str(found["kind"]).startswith("sentiment quorvane-")
    assert found["kind"] == f"sentiment {load_engine('target', model=folder / 'own').version}"


def test_without_leave_to_replace_it_the_check_fails(run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "MODEL", folder / "no model")
    choose(folder, 'engine = "target"\nfallback = false')
    found = engine(run)
    assert found["ready"] is False
    assert "settings.json cannot be read" in str(found["reason"])
    assert run("check").status == 1


TOLD = """
[customers]
file = "customers.csv"
[alerts]
key_segments = ["Gold", "Platinum"]
[teams]
north = ["Kim", "Nobody Here"]
[[notifiers]]
name = "mail"
kind = "email"
host = "m.quillon.example"
from = "a@quillon.example"
[[notifiers]]
name = "hook"
kind = "webhook"
[[recipients]]
name = "boss"
notifier = "mail"
to = ["boss@quillon.example"]
teams = ["north"]
alerts = ["turned"]
quiet_hours = "19:00-07:30"
[[recipients]]
name = "crm"
notifier = "hook"
digest = []
"""


def test_the_invented_customers_of_init_are_told_of(run, folder: Path) -> None:
    (folder / "listener.toml").unlink()
    assert run("init", "--brand", "Quillon").status == 0
    said = "Warning: customers.csv holds the invented customers of `listener init`: put your CRM's export in its place"
    checked = run("check")
    assert said in checked.err
    assert checked.status == 0
    own = "contact_id,first_name,last_name,email\n1,Ada,Lind,ada@lind.example\n"
    (folder / "customers.csv").write_text(own)
    assert "invented" not in run("check").err
    (folder / "customers.csv").write_text(f"{own}2,Tomas,Quell,t.quell@brightmoor.example\n")
    assert said in run("check", "--json").err


def test_who_is_told_what_and_why_not(run, folder: Path) -> None:
    with (folder / "listener.toml").open("a") as toml:
        toml.write(TOLD)
    (folder / "customers.csv").write_text("contact_id,first_name,last_name,segment,owner\n1,Ada,Lind,gold,Kim\n")
    ended = run("check", "--json")
    boss, crm = (part for part in ended.lines if part["part"] == "recipient")
    assert boss["remark"] == (
        "digest daily and weekly on Monday at 07:00 UTC; alerts: turned (not 19:00-07:30); only teams north"
    )
    assert boss["kind"] == "mail: boss@quillon.example"
    assert crm["reason"].startswith("its notifier hook is not ready: it has no secret")
    assert 'Warning: alerts.key_segments: "Platinum": no customer is of it' in ended.err
    assert 'Warning: teams.north: "Nobody Here": the owner of no customer' in ended.err
    (folder / "customers.csv").unlink()
    assert "Platinum" not in run("check", "--json").err, "nobody knows"
