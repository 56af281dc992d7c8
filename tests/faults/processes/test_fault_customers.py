"""A CRM export that shrank by 90 %: nobody is unlinked, somebody is told, and the next whole export goes on."""

from __future__ import annotations

import pytest

from tests.support.fault_tally import Tally
from tests.support.faults import Stage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

LINKS = "select a.key, m.outcome, m.contact_id from matches m join authors a on a.id = m.author_id order by 1"
CUSTOMERS = "select contact_id, retired_at is null from customers order by 1"


def test_an_export_that_shrank_by_ninety_percent(stage: Stage) -> None:
    tally = Tally("CRM export shrank by 90 %")
    stage.recover()
    links, customers = stage.rows(LINKS), stage.rows(CUSTOMERS)
    export = stage.folder / "customers.csv"
    whole = export.read_text(encoding="utf-8").splitlines(keepends=True)
    export.write_text("".join(whole[: 1 + len(whole) // 10]), encoding="utf-8")
    tally.injected += 1
    ended = stage.spawn("run")
    tally.check("Customers: not imported" in ended.said, f"nobody was told: {ended.said[-400:]}")
    ended = stage.spawn("customers", "import", "customers.csv")
    tally.check(ended.status == 1, f"the import by hand ended with {ended.status}")
    tally.check("--allow-shrink" in ended.said, "what to do was not said")
    tally.check(stage.rows(CUSTOMERS) == customers, "customers were retired")
    tally.check(stage.rows(LINKS) == links, "links were lost")
    export.write_text("".join(whole), encoding="utf-8")
    tally.recovered(stage.recover())
    stage.count(tally)
    tally.check(stage.rows(LINKS) == links, "links differ after the whole export")
    tally.close()
