"""The command is killed at a step of its work, as if the machine went away; the next run makes everything right."""

from __future__ import annotations

import signal

import pytest

from tests.support.fault_tally import Tally
from tests.support.faults import Fault, Stage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

SENT = "smtplib:SMTP.sendmail"

BETWEEN = "killed between alert sent and recorded"

# Cases of their own, since each is known by its name; then all other steps, in the order in which a run meets them.
NAMED = {
    "killed between collect and store": Fault("storage.mentions:Mentions.save_page", "before", 2),
    "killed between store and score": Fault("storage.analyses:Analyses.save_analyses", "before"),
    "killed between store and alert": Fault("storage.alerts:Alerts.save", "before"),
    BETWEEN: Fault(SENT, "after", 2),
    "killed after the cursor was saved": Fault("storage.mentions:Mentions.save_page", "after", 1),
}
STEPS = [
    Fault("storage.customers:Customers.save_customers", "after"),
    Fault("storage.customers:Customers.finish_import", "before"),
    Fault("storage.mentions:Mentions.save_page", "after", 3),
    Fault("storage.runs:Runs.log_streams", "before"),
    Fault("storage.analyses:Analyses.save_analyses", "after"),
    Fault("storage.matches:Matches.save_matches", "before"),
    Fault("storage.merging:Merging.save_merges", "after"),
    Fault("storage.standings:Standings.save_standings", "before"),
    Fault("storage.alerts:Alerts.save", "after"),
    Fault("storage.digests:Digests.save_digest", "before"),
    Fault("storage.digests:Digests.save_digest", "after"),
    Fault("storage.runs:Runs.end_run", "before"),
]


def killed(stage: Stage, fault: Fault, tally: Tally) -> None:
    ended = stage.spawn("run", fault=fault)
    assert ended.status == -signal.SIGKILL, f"{fault.at} was never reached: {ended.said[-1000:]}"
    tally.injected += 1


@pytest.mark.parametrize("case", NAMED)
def test_the_machine_goes_away_at_this_step(stage: Stage, case: str) -> None:
    tally = Tally(case)
    killed(stage, NAMED[case], tally)
    stage.settle(tally)
    again = 1 if case == BETWEEN else 0  # nobody can know that it had arrived: it comes once more, under the same Message-ID
    tally.check(tally.repeated == again, f"{tally.repeated} mails came again, not {again}")
    tally.close()


def test_the_machine_goes_away_at_every_other_step_in_turn(stage: Stage) -> None:
    """Each killed run goes on where the one before it died."""
    tally = Tally("killed at every other step in turn")
    for fault in STEPS:
        killed(stage, fault, tally)
    stage.settle(tally)
    tally.close()
