"""Export, erasure and retention reach every column that tells something about a person, and what was erased stays away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, LargeBinary, String, Table, func, select, update

from listener.alerts.model import Alert
from listener.core.alerting import AlertPlan, AlertRule, AlertState
from listener.core.analysis import Analysis, AspectSentiment, Relevance
from listener.core.brand import OPEN_WEB, Evidence, TargetKind
from listener.core.cases import CaseState
from listener.core.corrections import CorrectionKind, Named, Said
from listener.core.identities import Merge, MergeWork
from listener.core.mention import Author, Kind
from listener.core.messages import Card, Delivery, Message, MessageKind, MessageState, Picture, pictures_to_json
from listener.core.people import Outcome, Reason, RunnerUp
from listener.core.ports import Saved
from storage.identity_tables import author_keys, customer_pairs, employments, identity_decisions, merge_queue, merges
from storage.metadata import metadata
from storage.store import Erased, Pruned, Retention, Selector, Store
from storage.tables import authors, cases, customers, matches, staged_customers
from storage.telling_tables import alert_quotes, alerts, digests, outbox
from storage.told import ToldDigest
from tests.support.alerts import alert_about
from tests.support.heard import (
    BRAND,
    DAY,
    MATCHER,
    NOBODY,
    NOW,
    OFF_TARGET,
    PRAISE,
    about,
    customer,
    hear,
    identify,
    import_customers,
    judge,
    linked,
    mention,
    opened,
    pending,
    understand,
)
from tests.support.outbox import due, entries

ADA = Selector(contact_id="C1")
FAR = NOW + 3000 * DAY


def _columns() -> list[Column[Any]]:
    """Every column that can hold words."""
    return [column for table in metadata.sorted_tables for column in table.c if _holds_words(column)]


def _holds_words(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON | LargeBinary) or _is_text(column)


def _is_text(column: Column[Any]) -> bool:
    return isinstance(getattr(column.type, "impl_instance", column.type), String)


def _personal() -> list[Column[Any]]:
    return [column for column in _columns() if column.info["personal"] in {"author", "customer"}]


def test_every_column_that_can_hold_words_says_whom_it_is_about() -> None:
    assert len(_columns()) > 100
    assert {column.info.get("personal") for column in _columns()} == {"author", "customer", "staff", "nobody"}


def _everything(store: Store) -> None:
    """One person of whom everything is kept that can be kept."""
    import_customers(store, customer(1, email="ada@firm.example"))
    author = Author(service_id="77", handle="ada", display_name="Ada", email="ada@firm.example", bio="b", links=("l",))
    hear(store, mention(1, "Before.", author=author), mention(2, by="else"))
    hear(store, mention(1, PRAISE, author=author), mention(3, by="ada3", platform="x"))
    topic = AspectSentiment("support", BRAND, "support", about().targets[0].sentiment)
    understand(store, replace(about(), note="a note", aspects=(topic,), sketch=b"a sketch"))
    identify(store, {"ada": linked("C1", account="Firm", runner_up=RunnerUp("C2", 0.1), keys=("e:ada",))})
    _who(store)
    said = Said(CorrectionKind.SENTIMENT, "negative", 1, (Named(BRAND, TargetKind.BRAND, BRAND),))
    store.corrections.correct(said, actor="kim", note="a note", now=NOW)
    judge(store)
    person = pending(store, fingerprint="other")[-1].person_id
    data = json.dumps({"people": [{"person_id": person, "name": "Ada"}, {"person_id": 999, "name": "Bob"}]})
    mail = Message("d1", "mail", "kim", "About Ada", "Ada", "<p>Ada", NOW)
    store.digests.save_digest("kim", date(2026, 3, 10), NOW - DAY, NOW, data, [mail], NOW)
    store.customers.save_customers([(customer(1, company="New"), [])], "unfinished", NOW)
    _told_at_once(store, person)


def _told_at_once(store: Store, person: int) -> None:
    """An alert about the person, of which a message waits."""
    draft = alert_about(person, 1, key="a1", segment="Gold")
    picture = Picture("chart", "Ada's month", b"png")
    message = Message("alert:a1:mail:kim", "mail", "kim", "About Ada", "Ada", "<p>Ada", NOW, kind=MessageKind.ALERT)
    message = replace(message, card=Card("Ada"), pictures=(picture,), alert_keys=("a1",))
    store.alerts.save(AlertPlan(((draft, AlertState.OPEN),), (), (message,)), NOW, seen=0)


def _who(store: Store) -> None:
    """Ada has another account, worked elsewhere before, and may be in the CRM twice; people said something about all of it."""
    reason = Reason("the same e-mail address", 18.0, Evidence.EMAIL)
    store.merging.save_merges(MergeWork((1,)), [Merge(1, 3, 0.99, True, -14.0, (reason,), "merging", "1")], NOW)
    store.merging.merge(1, 3, actor="kim", note="both hers", now=NOW)
    store.identities.link(1, "C1", actor="kim", note="met her", now=NOW)
    with store._database.write() as connection:
        store._database.add(connection, merge_queue, [{"author_id": 1}])
        job = {"customer_id": 1, "company": "Before", "title": "Clerk", "website": "before.example", "until": NOW}
        store._database.add(connection, employments, [job])
        pair = {"customer_id": 1, "other_customer_id": 1, "probability": 0.9, "evidence": ["e"], "state": "proposed"}
        store._database.add(connection, customer_pairs, [{**pair, "found_at": NOW}])


def _mark(store: Store) -> dict[str, str]:
    """Write a mark of its own into every personal column; marks by column."""
    marks = {}
    with store._database.write() as connection:
        for column in _personal():
            mark = f"MARK {column.table.name}.{column.name} ENDS"
            value: Any = [mark] if isinstance(column.type, JSON) else mark
            if column is alerts.c.words:
                value = json.dumps({"items": [{"title": mark}]})
            if column is outbox.c.card:
                value = Card(mark).to_json()
            if column is outbox.c.pictures:
                value = pictures_to_json([Picture("chart", mark, b"png")])
            if column is digests.c.data:
                data = json.loads(connection.scalars(select(digests.c.data)).one())
                data["people"][0]["name"] = mark
                value = json.dumps(data)
            if isinstance(column.type, LargeBinary):
                mark, value = mark.encode().hex(), mark.encode()  # exported as hexadecimal digits
            assert connection.execute(update(column.table).values({column.name: value})).rowcount, f"nothing is kept in {column}"
            marks[str(column)] = mark
    return marks


def _kept(store: Store) -> str:
    with store._database.read() as connection:
        rows = [repr(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
    return "\n".join(rows)


def test_an_export_holds_every_personal_column(any_store: Store) -> None:
    _everything(any_store)
    marks = _mark(any_store)
    exported = json.dumps(any_store.privacy.export_person(ADA))
    missing = {column for column, mark in marks.items() if mark not in exported}
    # A message tells of several people; the person's own part of it is the digest entry.
    assert missing == {"outbox.subject", "outbox.text", "outbox.html", "outbox.card", "outbox.pictures"}
    assert "Bob" not in exported


_ABOUT_WHO = {
    "identity_decisions": 2,
    "merges": 1,
    "merge_queue": 2,
    "author_keys": 1,
    "employments": 1,
    "customer_pairs": 1,
}


@pytest.mark.parametrize("selector", [ADA, Selector(author_id=1), Selector(platform="rss", handle="@ADA")])
def test_an_erasure_reaches_every_personal_column(any_store: Store, selector: Selector) -> None:
    _everything(any_store)
    any_store.privacy.erase_person(Selector(author_id=2), NOW)  # somebody else, of whom marks would remain
    _mark(any_store)
    erased = any_store.privacy.erase_person(selector, NOW)
    assert erased.rows["mentions"] == 2
    assert erased.rows["customers"] == 1
    assert {name: erased.rows[name] for name in _ABOUT_WHO} == _ABOUT_WHO
    assert (erased.digest_entries, erased.messages_withdrawn, erased.rows["alerts"]) == (1, 2, 1)
    assert "MARK" not in _kept(any_store)
    assert any_store.digests.saved_digest("kim", date(2026, 3, 10)) == '{"people": [{"person_id": 999, "name": "Bob"}]}'
    assert entries(any_store)[0].state == MessageState.WITHDRAWN
    assert any_store.privacy.export_person(selector) == {}
    assert not any_store.privacy.erase_person(selector, NOW)


def test_the_bytes_of_what_was_erased_are_gone_from_the_file(sqlite_store: Store, sqlite_file: Path) -> None:
    _everything(sqlite_store)
    _mark(sqlite_store)
    assert b"MARK authors.bio" in _bytes(sqlite_file)
    sqlite_store.privacy.erase_person(ADA, NOW)
    sqlite_store.privacy.erase_person(Selector(author_id=2), NOW)
    assert b"MARK" not in _bytes(sqlite_file)


def _bytes(file: Path) -> bytes:
    return b"".join(part.read_bytes() for part in sorted(file.parent.glob(file.name + "*")))


def test_an_erased_person_does_not_come_back(any_store: Store) -> None:
    _everything(any_store)
    any_store.privacy.erase_person(ADA, NOW)
    by_id = Author(service_id="77", handle="newname")
    by_handle = Author(handle="ada")
    new_posts = (mention(5, author=by_id), mention(6, author=by_handle), mention(1, author=Author(display_name="Someone")))
    assert hear(any_store, *new_posts) == Saved(duplicates=3)
    assert len(any_store.mentions.find()) == 1
    again, _ = import_customers(any_store, customer(1), customer(7, email="ADA@firm.example"), customer(8), import_id="i9")
    assert again == Saved(new=1, duplicates=2)
    assert [one.contact_id for one in any_store.customers.find()] == ["C8"]


def test_an_erasure_leaves_everybody_else_alone(any_store: Store) -> None:
    _everything(any_store)
    before = any_store.privacy.export_person(Selector(author_id=2))
    any_store.privacy.erase_person(ADA, NOW)
    assert any_store.privacy.export_person(Selector(author_id=2)) == before
    any_store.outbox.put([Message("other", "mail", "kim", "S", "T", None, NOW)])
    any_store.outbox.record([(due(any_store, NOW)[0], Delivery(True, "ok"))], NOW)
    any_store.privacy.erase_person(Selector(author_id=2), NOW)
    assert entries(any_store)[0].state == MessageState.SENT


def test_an_erasure_leaves_waiting_messages_about_nobody_alone(any_store: Store) -> None:
    _everything(any_store)
    source = replace(alert_about(1), key="a2", person_id=None, mention_ids=(), rule=AlertRule.SOURCE, subject="source:forum")
    kept = Message("alert:a2:mail:kim", "mail", "kim", "S", "T", None, NOW, kind=MessageKind.ALERT, alert_keys=("a2",))
    any_store.alerts.save(AlertPlan(((source, AlertState.OPEN),), (), (kept,)), NOW)
    former = replace(kept, dedup_key="alert:of an earlier version", alert_keys=())
    unknown = Message("other", "mail", "kim", "S", "T", None, NOW)
    any_store.outbox.put([former, unknown, replace(unknown, dedup_key="test", kind=MessageKind.TEST)])
    assert any_store.privacy.erase_person(ADA, NOW).messages_withdrawn == 3
    waiting = sorted(message.dedup_key for message in due(any_store, NOW))
    assert waiting == ["alert:a2:mail:kim", "alert:of an earlier version", "test"]


# ------------------------------------------------------------------------------------------------------------ alerts


def _two_told_together(store: Store) -> tuple[int, int]:
    """Ada and Bob, of whom one message tells at once; Bob's alert quotes Ada, too."""
    hear(store, mention(1, by="ada"), mention(2, by="bob"))
    understand(store)
    ada, bob = (job.person_id for job in pending(store))
    drafts = [alert_about(ada, 1, key="of ada"), alert_about(bob, 2, 1, key="of bob")]
    both = ("of ada", "of bob")
    mail = Message("alert:both:mail:kim", "mail", "kim", "S", "T", None, NOW, kind=MessageKind.ALERT, alert_keys=both)
    chat = replace(mail, dedup_key="alert:of bob:chat:kim", channel="chat", alert_keys=both[1:])
    store.alerts.save(AlertPlan(tuple((draft, AlertState.OPEN) for draft in drafts), (), (mail, chat)), NOW)
    return ada, bob


def test_an_erasure_withdraws_what_tells_of_several_and_the_others_are_told_anew(any_store: Store) -> None:
    _two_told_together(any_store)
    erased = any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW)
    assert (erased.rows["alerts"], erased.messages_withdrawn) == (1, 2)
    assert {one.state for one in entries(any_store)} == {MessageState.WITHDRAWN}
    assert "T" not in {message.text for message in due(any_store, NOW)}
    (left,) = any_store.alerts.waiting(NOW)
    assert (left.key, left.state, left.actor, left.snoozed_until) == ("of bob", AlertState.SNOOZED, "listener", NOW)
    assert [quote.mention_id for quote in Alert.from_json(left.words).items[0].quotes] == [2]
    assert left.told == frozenset()
    assert [row["mention_id"] for row in _rows(any_store, alert_quotes)] == [2]


def test_whoever_was_told_already_is_not_told_anew(any_store: Store) -> None:
    _two_told_together(any_store)
    (chat,) = (message for message in due(any_store, NOW) if message.channel == "chat")
    any_store.outbox.record([(chat, Delivery(True, "ok"))], NOW)
    any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW)
    (left,) = any_store.alerts.waiting(NOW)
    assert left.told == {("chat", "kim")}


def test_quotes_of_posts_that_are_removed_leave_the_alerts(any_store: Store) -> None:
    _two_told_together(any_store)
    hear(any_store, mention(3, by="bob"))
    any_store.rechecks.save_rechecked([], [2], NOW)
    of_bob, of_ada = any_store.alerts.find()
    assert [[quote.mention_id for quote in Alert.from_json(one.words).items[0].quotes] for one in (of_ada, of_bob)] == [[1], [1]]
    assert [row["mention_id"] for row in _rows(any_store, alert_quotes)] == [1, 1]
    assert {one.state for one in entries(any_store)} == {MessageState.WITHDRAWN}
    assert {of_ada.state, of_bob.state} == {AlertState.SNOOZED}


def test_what_is_left_of_an_alerts_message_is_kept_as_long_as_the_alert_and_then_recalled(any_store: Store) -> None:
    _two_told_together(any_store)
    any_store.outbox.record([(message, Delivery(True, "ok")) for message in due(any_store, NOW)], NOW)
    any_store.privacy.prune(NOW + 100 * DAY, Retention(unmatched_days=9999, off_target_days=9999))
    assert (len(entries(any_store)), any_store.alerts.recalled()) == (2, {})
    any_store.privacy.prune(NOW + 731 * DAY, Retention())
    keys = [message.dedup_key for message in any_store.alerts.recalled()]
    assert keys == ["alert:both:mail:kim", "alert:of bob:chat:kim"]
    any_store.privacy.prune(NOW + 732 * DAY, Retention())
    assert len(entries(any_store)) == 2, "their files are not removed so far"
    any_store.alerts.taken_back(keys)
    any_store.privacy.prune(NOW + 733 * DAY, Retention())
    assert (any_store.alerts.recalled(), entries(any_store)) == ({}, [])


def test_retention_takes_old_alerts_and_quotes_of_blanked_posts(any_store: Store) -> None:
    _two_told_together(any_store)
    any_store.privacy.prune(NOW + 10 * DAY, Retention(policy_days={OPEN_WEB.name: 7}))
    assert _rows(any_store, alert_quotes) == []
    assert len(_rows(any_store, alerts)) == 2
    any_store.privacy.prune(NOW + 731 * DAY, Retention())
    assert _rows(any_store, alerts) == []


def test_others_who_may_have_been_the_erased_customer_are_matched_again(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, mention(1), mention(2), mention(3))
    understand(any_store)
    maybe = linked("C1", outcome=Outcome.REVIEW)
    identify(any_store, {"writer1": linked("C1"), "writer2": maybe, "writer3": linked("C9", runner_up=RunnerUp("C1", 0.2))})
    any_store.privacy.erase_person(ADA, NOW)
    assert len(any_store.matches.pending_matches(MATCHER, 9, {})) == 2
    assert "C1" not in _kept(any_store).replace("C1'", "C1") or "'C1'" not in _kept(any_store)


def test_copies_of_an_erased_persons_words_lose_their_text(any_store: Store) -> None:
    hear(any_store, mention(1, PRAISE, by="ada"))
    hear(any_store, mention(2, PRAISE, by="bob", kind=Kind.REPOST), mention(3, "Bob's own.", by="bob"))
    understand(any_store, about(), about(), OFF_TARGET)
    erased = any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW)
    assert erased.copies_blanked == 1
    assert [found.text for found in any_store.mentions.find()] == ["Bob's own.", ""]
    assert PRAISE not in _kept(any_store)
    assert any_store.analyses.pending_analyses("another", 9)[0].mention_id == 3


def test_a_customer_who_never_spoke_can_be_exported_and_erased(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    exported: Any = any_store.privacy.export_person(ADA)
    assert exported["customers"][0]["email"] == "ada1@firm1.example"
    assert any_store.privacy.erase_person(ADA, NOW).rows["customers"] == 1
    assert any_store.customers.count() == 0


def test_nobody_is_erased_by_an_unknown_name(any_store: Store) -> None:
    _everything(any_store)
    before = _kept(any_store)
    for selector in (Selector(contact_id="C9"), Selector(author_id=99), Selector(platform="x", handle="ada")):
        assert any_store.privacy.erase_person(selector, NOW) == Erased()
        assert any_store.privacy.export_person(selector) == {}
    assert _kept(any_store) == before


@pytest.mark.parametrize("names", [{}, {"contact_id": "C1", "author_id": 1}, {"platform": "rss"}, {"handle": "ada"}])
def test_a_selector_names_a_person_in_exactly_one_way(names: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"person|account"):
        Selector(**names)


# --------------------------------------------------------------------------------------------------------- retention


def test_retention_reaches_every_personal_column(any_store: Store) -> None:
    _everything(any_store)
    with any_store._database.write() as connection:
        connection.execute(update(customers).values(retired_at=NOW))
        connection.execute(update(matches).values(outcome="none"))
        connection.execute(update(cases).values(state="resolved"))
        connection.execute(update(outbox).values(state="parked", ended_at=NOW))
    _mark(any_store)
    any_store.privacy.prune(FAR, Retention())
    assert "MARK" not in _kept(any_store)


def test_what_is_pruned_is_not_new_when_it_is_heard_again(any_store: Store) -> None:
    hear(any_store, mention(1), mention(2))
    understand(any_store, OFF_TARGET)
    assert any_store.privacy.prune(NOW + 31 * DAY, Retention()).mentions_blanked == 2
    assert {(found.text, found.title, found.url) for found in any_store.mentions.find()} == {("", None, None)}
    assert hear(any_store, mention(1, rating=2.0), mention(2)) == Saved(duplicates=2)
    assert any_store.analyses.pending_analyses("another", 9) == []
    assert any_store.privacy.prune(NOW + 31 * DAY, Retention()) == Pruned()


def test_a_pruned_mention_that_is_edited_is_heard_again(any_store: Store) -> None:
    hear(any_store, mention(1))
    understand(any_store, OFF_TARGET)
    any_store.privacy.prune(NOW + 31 * DAY, Retention())
    assert hear(any_store, mention(1, "Now about Quillon.")) == Saved(changed=1)
    (job,) = any_store.analyses.pending_analyses("analyzer 1", 9)
    assert (job.text, job.revision) == ("Now about Quillon.", 2)
    assert any_store.admin.status().rows["mention_revisions"] == 0


def test_nothing_is_pruned_before_its_time(any_store: Store) -> None:
    _everything(any_store)
    before = _kept(any_store)
    pruned = any_store.privacy.prune(NOW + 29 * DAY, Retention())
    assert pruned == Pruned()
    unfinished = _staged_line(before)
    assert [line for line in before.splitlines() if line not in unfinished] == _kept(any_store).splitlines()


def _staged_line(kept: str) -> list[str]:
    """An import that was not finished is thrown away at once."""
    return [line for line in kept.splitlines() if "'unfinished'" in line]


def test_the_terms_of_a_source_can_demand_less_time(any_store: Store) -> None:
    hear(any_store, mention(1))
    hear(any_store, mention(2), policy="strict")
    understand(any_store)
    pruned = any_store.privacy.prune(NOW + 8 * DAY, Retention(policy_days={"strict": 7}))
    assert pruned == Pruned(mentions_blanked=1)
    (job,) = [job for job in pending(any_store) if job.opinions[0].mention_id == 2]
    assert job.opinions[0].sentiment.evidence == ()
    assert job.opinions[0].sentiment.score == 0.8


def test_known_customers_and_people_with_open_cases_keep_their_names(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, mention(1), mention(2), mention(3))
    understand(any_store)
    identify(any_store, {"writer1": linked("C1")})
    person = next(job.person_id for job in pending(any_store) if [one.mention_id for one in job.opinions] == [2])
    any_store.cases.apply(opened(person))
    pruned = any_store.privacy.prune(NOW + 31 * DAY, Retention())
    assert pruned.authors_pseudonymised == 1
    third, second, first = any_store.mentions.find()
    assert (first.author.handle, second.author.handle, third.author.handle) == ("writer1", "writer2", None)
    assert third.url is None
    assert third.text
    hear(any_store, mention(4, by="writer3"))
    assert any_store.mentions.find(limit=1)[0].author_id == third.author_id
    assert any_store.mentions.find(limit=1)[0].author.handle == "writer3"


def test_retired_customers_go_unless_a_case_is_open(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    hear(any_store, mention(1))
    understand(any_store)
    identify(any_store, {"writer1": linked("C1")})
    judge(any_store)
    import_customers(any_store, customer(3), import_id="i2", allow_shrink=True)
    assert any_store.privacy.prune(NOW + 91 * DAY, Retention(mention_days=999)).customers == 1
    (case,) = any_store.cases.find()
    any_store.cases.apply(opened(case.person_id, state=CaseState.RESOLVED))
    assert any_store.privacy.prune(NOW + 91 * DAY, Retention(mention_days=999)).customers == 1
    assert "Lind1" not in _kept(any_store)
    assert import_customers(any_store, customer(1), customer(3), import_id="i3")[0] == Saved(new=1, duplicates=1)
    assert any_store.customers.get("C1") == customer(1)


def test_old_standings_messages_runs_and_digests_go(any_store: Store) -> None:
    hear(any_store, mention(1))
    understand(any_store)
    judge(any_store)
    for days in (1, 800):
        jobs = any_store.standings.pending_standings(NOW + days * DAY, f"later judge {days}", 9)
        done = [(job, replace(job.previous, mentions=days), []) for job in jobs if job.previous]
        any_store.standings.save_standings(done, f"later judge {days}", NOW + days * DAY)
        any_store.runs.begin_run(NOW + days * DAY)
        message = Message(f"m{days}", "mail", "kim", "S", "T", None, NOW + days * DAY)
        until = NOW + days * DAY
        any_store.digests.save_digest("kim", until.date(), until - DAY, until, '{"people": []}', [message], until)
        any_store.outbox.record([(message, Delivery(True, "ok"))], until)
    pruned = any_store.privacy.prune(NOW + 801 * DAY, Retention())
    assert (pruned.standings, pruned.messages, pruned.runs, pruned.digests) == (2, 1, 1, 1)
    assert any_store.digests.told_until("kim") == NOW + 800 * DAY
    assert any_store.cases.facts([(1, BRAND)], NOW, FAR)[0].standing is not None


def test_the_unfinished_import_of_an_erased_customer_goes_too(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    any_store.customers.save_customers([(customer(1, company="New"), [])], "i2", NOW)
    any_store.privacy.erase_person(ADA, NOW)
    with any_store._database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(staged_customers)) == 0


def test_a_note_that_quotes_is_blanked_with_its_mention(any_store: Store) -> None:
    hear(any_store, mention(1))
    understand(any_store, Analysis(Relevance.EXCLUDED, "en", note="the phrase was found"))
    any_store.privacy.prune(NOW + timedelta(days=31), Retention())
    shown = any_store.mentions.show(1)
    assert shown is not None
    assert shown.analysis is not None
    assert (shown.analysis.relevance, shown.analysis.note) == (Relevance.EXCLUDED, None)


# ------------------------------------------------------------------------------------------- words, copies and digests

LONG = "Something else altogether, which nobody wrote before her."


def test_only_copies_of_the_erased_persons_own_words_lose_their_text(any_store: Store) -> None:
    address = "https://blog.example/post-1"
    others = {"published_at": NOW, "origin": "https://planet.example/feed", "url": address}
    hear(any_store, mention(1, PRAISE, by="ada"))
    hear(any_store, mention(2, LONG, by="bob", **others), mention(3, PRAISE, by="bob", **others))
    hear(any_store, mention(4, LONG, by="carol", **{**others, "origin": "https://third.example/feed"}))
    assert len({found.story_id for found in any_store.mentions.find()}) == 1
    assert any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW).copies_blanked == 1
    assert [(found.author.handle, found.text) for found in any_store.mentions.find()] == [
        ("carol", LONG),
        ("bob", ""),
        ("bob", LONG),
    ]


def test_the_words_of_an_erased_person_come_back_in_nobodys_post(any_store: Store) -> None:
    ada = mention(1, f"{PRAISE} So far.", by="ada")
    hear(any_store, ada)
    copy = mention(2, PRAISE, by="bob", published_at=NOW)
    hear(any_store, replace(ada, text=PRAISE), copy)
    any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW)
    again = (
        replace(copy, title="Another title"),
        mention(3, PRAISE, by="eve"),
        mention(4, ada.text, by="eve"),
        mention(5, "RT", by="eve", kind=Kind.REPOST, repost_of="post-1"),
    )
    assert hear(any_store, *again) == Saved(duplicates=4)
    assert PRAISE not in _kept(any_store)
    assert hear(any_store, replace(copy, text=LONG)) == Saved(changed=1)
    assert [(found.text, found.own_words) for found in any_store.mentions.find()] == [(LONG, True)]


def test_an_erased_copyist_takes_nobodys_words_away(any_store: Store) -> None:
    hear(any_store, mention(1, PRAISE, by="ada"), mention(2, PRAISE, by="bob", published_at=NOW))
    assert any_store.privacy.erase_person(Selector(platform="rss", handle="bob"), NOW).copies_blanked == 0
    assert hear(any_store, mention(3, PRAISE, by="eve", published_at=NOW)) == Saved(new=1)
    assert [(found.text, found.own_words) for found in any_store.mentions.find()] == [(PRAISE, False), (PRAISE, True)]


def _digest_of(store: Store, day: int, people: list[dict[str, Any]], *, sent: bool) -> None:
    until = NOW + day * DAY
    mail = Message(f"d{day}", "mail", "kim", "S", "T", None, until)
    data = json.dumps({"day": day, "people": people})
    store.digests.save_digest("mail:kim", until.date(), until - DAY, until, data, [mail], until)
    if sent:
        store.outbox.record([(mail, Delivery(True, "ok"))], until)


def _people_told(store: Store, day: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(store.digests.saved_digest("mail:kim", (NOW + day * DAY).date()) or "")["people"]
    return found


def test_an_erasure_says_which_digests_it_changed(any_store: Store) -> None:
    hear(any_store, mention(1, PRAISE, by="ada"), mention(2, PRAISE, by="bob", published_at=NOW), mention(3, by="bob"))
    understand(any_store)
    ada, bob = (job.person_id for job in pending(any_store))
    quotes = [{"mention_id": 2, "text": PRAISE}, {"mention_id": 3, "text": "mine"}]
    _digest_of(any_store, 0, [{"person_id": ada, "quotes": []}, {"person_id": bob}], sent=True)
    _digest_of(any_store, 1, [{"person_id": bob, "quotes": quotes}], sent=False)
    _digest_of(any_store, 2, [{"person_id": bob, "quotes": quotes[1:]}], sent=False)
    erased = any_store.privacy.erase_person(Selector(platform="rss", handle="ada"), NOW)
    assert erased.digests == (
        ToldDigest("mail:kim", NOW.date(), delivered=True),
        ToldDigest("mail:kim", (NOW + DAY).date(), delivered=False),
    )
    assert (erased.digest_entries, erased.messages_withdrawn) == (1, 1)
    assert [_people_told(any_store, day) for day in (0, 1, 2)] == [
        [{"person_id": bob}],
        [{"person_id": bob, "quotes": quotes[1:]}],
        [{"person_id": bob, "quotes": quotes[1:]}],
    ]


def test_who_loses_their_name_loses_their_entries_in_digests_too(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    hear(any_store, mention(1), mention(2), mention(3))
    hear(any_store, mention(5, by="writer1"), policy="strict")
    understand(any_store)
    identify(any_store, {"writer1": linked("C1"), "writer2": linked("C2")})
    judge(any_store)
    persons = {name: any_store.mentions.show(number) for number, name in ((1, "first"), (2, "second"), (3, "third"))}
    first, second, third = (shown.person_id for shown in persons.values() if shown is not None)
    import_customers(any_store, customer(1), import_id="i2")
    for case in any_store.cases.find():
        if case.person_id != first:
            any_store.cases.apply(opened(case.person_id, state=CaseState.RESOLVED))
    quotes = [{"mention_id": 1}, {"mention_id": 4}]
    people = [{"person_id": first, "quotes": quotes}, {"person_id": second}, {"person_id": third}]
    _digest_of(any_store, 1, people, sent=True)
    _digest_of(any_store, 2, people[:1], sent=False)
    _digest_of(any_store, 91, [{"person_id": first}], sent=False)
    pruned = any_store.privacy.prune(NOW + 91 * DAY, Retention(policy_days={"strict": 7}))
    assert (pruned.customers, pruned.digests) == (1, 0)
    assert _people_told(any_store, 1) == _people_told(any_store, 2) == [{"person_id": first, "quotes": quotes[:1]}]
    told = [(NOW + DAY).date(), (NOW + 2 * DAY).date()]
    assert [one.day for one in pruned.told] == told
    assert [one.delivered for one in pruned.told] == [True, False]
    states = {entry.dedup_key: entry.state for entry in entries(any_store)}
    assert (states["d2"], states["d91"]) == (MessageState.WITHDRAWN, MessageState.WAITING)
    assert any_store.privacy.prune(NOW + 91 * DAY, Retention(policy_days={"strict": 7})).told == ()


# ------------------------------------------------------------------------------------------------------ who people are


def _rows(store: Store, table: Table) -> list[dict[str, Any]]:
    with store._database.read() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def _two_pairs(store: Store) -> None:
    """Authors 1 and 2 were merged by the evidence, 1 and 3 by a person; 1 is not author 4, and not Ada either."""
    import_customers(store, customer(1))
    hear(store, *(mention(number, platform=f"platform {number}") for number in (1, 2, 3, 4)))
    understand(store)
    identify(store, {"writer1": replace(NOBODY, keys=("n:ada",))})
    store.merging.save_merges(MergeWork((1,)), [Merge(1, 2, 0.99, True, -14.0, (), "merging", "1")], NOW)
    store.merging.merge(1, 3, actor="kim", note="a friend says so", now=NOW)
    store.merging.split(4, 1, actor="kim", note="that one is taller", now=NOW)
    store.identities.refuse(1, "C1", actor="kim", note="I asked", now=NOW)


def test_who_loses_their_name_is_nobodys_second_account_and_only_the_no_is_remembered(any_store: Store) -> None:
    _two_pairs(any_store)
    assert len({row["person_id"] for row in _rows(any_store, authors)}) == 2
    any_store.privacy.prune(NOW + 31 * DAY, Retention())
    assert [row["person_id"] == row["own_person_id"] for row in _rows(any_store, authors)] == [True] * 4
    assert [_rows(any_store, table) for table in (merges, author_keys, merge_queue)] == [[], [], []]
    left = [(row["kind"], row["contact_id"], row["note"]) for row in _rows(any_store, identity_decisions)]
    assert left == [("split", None, ""), ("refuse", None, "")]
    hear(any_store, mention(5, by="writer1", platform="platform 1"))
    (job,) = [job for job in any_store.matches.pending_matches("another", 9, {}) if job.author_id == 1]
    assert job.refused == {"C1"}


def test_every_account_of_a_known_customer_keeps_its_name(any_store: Store) -> None:
    import_customers(any_store, customer(1))
    hear(any_store, mention(1), mention(2, platform="x"), mention(3, platform="x"))
    understand(any_store)
    identify(any_store, {"writer1": linked("C1")})
    any_store.merging.merge(1, 2, actor="kim", now=NOW)
    assert any_store.privacy.prune(NOW + 31 * DAY, Retention()).authors_pseudonymised == 1
    assert [row["handle"] for row in _rows(any_store, authors)] == ["writer1", "writer2", None]


def test_decisions_about_a_customer_who_is_blanked_lose_their_id_and_words(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    hear(any_store, mention(1))
    understand(any_store)
    identify(any_store, {"writer1": linked("C2")})
    any_store.identities.refuse(1, "C1", actor="kim", note="Ada told me", now=NOW)
    import_customers(any_store, customer(2), import_id="i2")
    any_store.privacy.prune(NOW + 91 * DAY, Retention())
    (decision,) = _rows(any_store, identity_decisions)
    assert (decision["contact_id"], decision["note"], decision["kind"]) == (None, "", "refuse")
    import_customers(any_store, customer(1), customer(2), import_id="i3")
    (job,) = any_store.matches.pending_matches("another", 9, {})
    assert job.refused == {"C1"}, "the no is remembered when they are back"


def test_decisions_that_ended_and_former_companies_go_with_the_history(any_store: Store) -> None:
    _everything(any_store)
    _link, merge = any_store.identities.decisions()
    any_store.identities.undo(merge.decision.id, actor="kim", now=NOW)
    any_store.privacy.prune(NOW + 729 * DAY, Retention())
    assert (len(_rows(any_store, identity_decisions)), len(_rows(any_store, employments))) == (2, 1)
    any_store.privacy.prune(NOW + 731 * DAY, Retention())
    assert (len(_rows(any_store, identity_decisions)), len(_rows(any_store, employments))) == (1, 0)


def test_an_erased_customer_is_no_entrys_double(any_store: Store) -> None:
    import_customers(any_store, customer(1), customer(2))
    hear(any_store, mention(1))
    understand(any_store)
    identify(any_store, {"writer1": linked("C2")})
    any_store.identities.refuse(1, "C1", actor="kim", now=NOW)
    pair = {"customer_id": 1, "other_customer_id": 2, "probability": 0.9, "evidence": [], "state": "proposed", "found_at": NOW}
    with any_store._database.write() as connection:
        any_store._database.add(connection, customer_pairs, [pair])
    exported: Any = any_store.privacy.export_person(Selector(contact_id="C1"))
    assert (len(exported["customer_pairs"]), len(exported["identity_decisions"])) == (1, 1)
    erased = any_store.privacy.erase_person(Selector(contact_id="C1"), NOW)
    assert (erased.rows["customer_pairs"], erased.rows["identity_decisions"]) == (1, 1)
    assert any_store.customers.count() == 1
