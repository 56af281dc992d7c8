"""A pass that is killed anywhere and run again ends as if it had never been killed: nothing lost, nothing doubled."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listener.sample.build import write_demo
from listener.sample.server import serving

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SCRIPT = Path(__file__).parents[1] / "support" / "killed_pass.py"

# In the order in which a pass meets them; each killed run continues where the one before it died.
POINTS = [
    ("customers.save_customers", "after", 1),
    ("customers.finish_import", "before", 1),
    ("customers.finish_import", "after", 1),
    ("mentions.save_page", "before", 1),
    ("mentions.save_page", "after", 2),
    ("runs.log_streams", "before", 1),
    ("analyses.save_analyses", "before", 1),
    ("analyses.save_analyses", "after", 1),
    ("matches.save_matches", "before", 1),
    ("matches.save_matches", "after", 1),
    ("merging.save_merges", "before", 1),
    ("merging.save_merges", "after", 1),
    ("standings.save_standings", "before", 1),
    ("standings.save_standings", "after", 1),
    ("alerts.alert_facts", "after", 1),
    ("alerts.save", "before", 1),
    ("alerts.save", "after", 1),
    ("digests.save_digest", "before", 1),
    ("digests.save_digest", "after", 1),
    ("outbox.record", "before", 1),
    ("runs.end_run", "before", 1),
]

# What must be the same, told without the ids and moments that depend on the order of work.
QUESTIONS = {
    "mentions": "select key, revision, text, history, own_words, about_us from mentions order by key",
    "stories": """select m.key, first.content_hash from mentions m join mentions first on first.id = m.story_id order by m.key""",
    "analyses": """select m.key, a.relevance, a.language, t.target, t.label, t.score from analyses a
        join mentions m on m.id = a.mention_id left join analysis_targets t on t.mention_id = m.id order by m.key, t.position""",
    "customers": "select contact_id, content_hash, retired_at is null from customers order by contact_id",
    "matches": """select a.key, m.outcome, m.contact_id, m.account, m.own_side from matches m
        join authors a on a.id = m.author_id order by a.key""",
    "persons": """select a.key, min(b.key) from authors a join authors b on b.person_id = a.person_id
        group by a.id order by a.key""",
    "standings": """select coalesce(c.contact_id, a.key), s.brand, s.stance, round(s.promoter, 9), s.mentions from judgements j
        join standings s on s.id = j.standing_id left join people p on p.id = j.person_id
        left join customers c on c.id = p.customer_id left join authors a on a.own_person_id = p.id
        order by 1, 2""",
    "cases": """select coalesce(c.contact_id, a.key), x.kind, x.brand, x.state, count(e.id) from cases x
        join people p on p.id = x.person_id left join customers c on c.id = p.customer_id
        left join authors a on a.own_person_id = p.id left join case_events e on e.case_id = x.id
        group by x.id order by 1, 2, 3""",
    "alerts": "select key, rule, subject, state from alerts order by key",
    "quotes": "select a.key, count(*) from alert_quotes q join alerts a on a.id = q.alert_id group by a.key order by a.key",
    "seen": "select value from meta where name = 'alerts_seen'",
    "messages": "select dedup_key, state from outbox order by dedup_key",
    "told": """select o.dedup_key, a.key from alert_messages l join outbox o on o.id = l.message_id
        join alerts a on a.id = l.alert_id order by 1, 2""",
    "digests": "select recipient, day from digests order by recipient",
}


def answers(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "listener.db")) as database:
        return {name: database.execute(question).fetchall() for name, question in QUESTIONS.items()}


def delivered(folder: Path) -> dict[str, str]:
    """The alerts that were written into files."""
    return {path.name: path.read_text() for path in (folder / "digests").glob("alert-*.txt")}


def run(*passes: str) -> None:
    """Passes one after the other; each with a point is killed there."""
    command = [sys.executable, str(SCRIPT), NOW.isoformat(), *passes]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(NOW) as base_url:
        yield base_url


@pytest.mark.timeout(300)
def test_a_pass_killed_at_every_step_in_turn_ends_like_one_that_was_not(tmp_path: Path, address: str) -> None:
    whole = write_demo(tmp_path / "whole", address, NOW)
    often = write_demo(tmp_path / "killed", address, NOW)
    killed = [f"{often}@{point}:{when}:{nth}" for point, when, nth in POINTS]
    run(str(whole), *killed, str(often))
    expected = answers(whole.parent)
    assert all(expected.values()), "the comparison is only worth something where there is something to compare"
    found = answers(often.parent)
    for name, rows in expected.items():
        assert found[name] == rows, name
    alerts = delivered(whole.parent)
    assert alerts
    assert delivered(often.parent) == alerts

    run(str(often))
    assert answers(often.parent) == found, "a further pass on the same day adds nothing"
