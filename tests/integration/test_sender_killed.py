"""Senders that are killed at random moments: nothing is lost, and only what a kill caught in mid-delivery comes once more."""

from __future__ import annotations

from pathlib import Path

from tests.support.killed_senders import kill_senders


def test_killed_senders_lose_nothing_and_repeat_only_what_was_between_server_and_store(tmp_path: Path) -> None:
    account = kill_senders(tmp_path, kills=40)
    assert account.lost == []
    assert account.most_a_kill <= 1
    assert account.repeats == account.explained <= account.kills
    assert account.kills - account.idle_kills >= 20, "most kills caught a sender at work"
