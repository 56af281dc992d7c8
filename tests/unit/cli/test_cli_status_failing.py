"""`listener status` of a source that fails and is left alone until later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.cli.source_health import SourceHealth
from listener.cli.status import _source
from listener.core.telling import Health

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONFIG = """
[[brands]]
name = "Quillon"
[[sources]]
name = "dead"
kind = "rss"
url = "http://127.0.0.1:9/feed.xml"
private = true
[nlp]
engine = "vader"
"""


def test_a_source_that_was_never_heard_and_fails_is_not_well(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("listener.toml").write_text(CONFIG)
    assert run("run").status == 1
    ended = run("status")
    assert ended.status == 1
    assert "✗ sources: 0 of 1 heard without gaps; not wholly: dead" in ended.out


@pytest.mark.parametrize(
    ("failures", "heard_before", "shown"),
    [(0, False, Health.WAITING), (1, False, Health.FAILED), (2, True, Health.WAITING), (3, True, Health.FAILED)],
)
def test_one_that_was_heard_may_fail_twice(failures: int, heard_before: bool, shown: Health) -> None:
    found = SourceHealth(
        source="news",
        kind="rss",
        health="waiting",
        heard_until=None,
        last_attempt=NOW,
        last_success=NOW - timedelta(hours=1) if heard_before else None,
        new=0,
        failures=failures,
        next_at=None,
        reason="no connection",
    )
    assert _source(found).health is shown
