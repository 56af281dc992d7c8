"""What a run says of the customers that it imports."""

from __future__ import annotations

from pathlib import Path

from listener.customer_review import KEPT
from tests.support.commands import call


def test_a_run_counts_every_row_that_could_not_be_used(tmp_path: Path) -> None:
    (tmp_path / "listener.toml").write_text('[[brands]]\nname = "Quillon"\n[customers]\nfile = "crm.csv"\n')
    unusable = KEPT + 5
    (tmp_path / "crm.csv").write_text("contact_id,last_name\nC1,Berg\n" + ",Nobody\n" * unusable)
    ended = call("run", folder=tmp_path)
    assert f"Customers: 1 new, 0 changed, 0 gone, {unusable} rows unusable" in ended.out
