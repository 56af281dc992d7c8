"""The table of sections: what can be a reason to show a person, in the order of urgency.

A section is one entry of ``SECTIONS``: how it is headed and counted, and a rule that finds its matter in a person's facts, or
finds none. Its place in the table is its rank. A person is shown once, under the first section that finds something.
"""

from __future__ import annotations

from listener.digest.matter import Matter, Section, Todo, Tone, Window
from listener.digest.praise import new_candidate, won_over
from listener.digest.spoke import changed, heard
from listener.digest.trouble import OVERDUE, PRESSING, needs_answer, needs_call, turned

SECTIONS: tuple[Section, ...] = (
    Section("call", "Needs a call", "to call", "to call", ("to call", "to call"), Tone.URGENT, needs_call, cards=True),
    Section(
        "turned",
        "Turned against us",
        "turned against us",
        "turned against us",
        ("turned", "turned"),
        Tone.URGENT,
        turned,
        cards=True,
        rests=True,
    ),
    Section(
        "answer", "To be answered", "to answer", "to answer", ("to answer", "to answer"), Tone.URGENT, needs_answer, cards=True
    ),
    Section(
        "candidate",
        "New candidates",
        "new candidate",
        "new candidates",
        ("candidate", "candidates"),
        Tone.CHANCE,
        new_candidate,
        cards=True,
        rests=True,
    ),
    # Promises that come due (consents that end, references near their limit) rank here: decisions before good news.
    Section("won", "Won over", "won over", "won over", ("won over", "won over"), Tone.CHANCE, won_over, rests=True),
    Section("heard", "Customers heard", "customer heard", "customers heard", ("heard", "heard"), Tone.HEARD, heard),
    Section("changed", "Changed", "change", "changes", ("change", "changes"), Tone.CHANGED, changed),
)

__all__ = ["OVERDUE", "PRESSING", "SECTIONS", "Matter", "Section", "Todo", "Tone", "Window", "heard"]
