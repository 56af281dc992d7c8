"""A window's facts as a digest gets them: invented people, every kind of matter, in one realistic day.

``realistic_facts()`` is one busy day; ``quiet_facts()`` one on which nobody spoke. Single people for tests of one rule are
made with ``person``, ``case_of`` and ``quote``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from listener.allowances import Spent
from listener.core.analysis import Label, Noise
from listener.core.brand import Evidence
from listener.core.cases import Action, Case, CaseKind, CaseState, Event, EventKind
from listener.core.connector import Allowance
from listener.core.mention import Gap
from listener.core.people import Match, Outcome, Reason
from listener.core.spikes import Measure, SpikeIncident
from listener.core.standing import Stance, Standing
from listener.core.telling import (
    AMBIGUOUS,
    CaseFacts,
    Coverage,
    DigestFacts,
    Health,
    HiddenPost,
    PersonFacts,
    ProposalFacts,
    Quote,
    Theme,
    TopicFacts,
    Waiting,
)

DAY = date(2026, 11, 22)
ZONE = ZoneInfo("Europe/Berlin")
SINCE = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
BRANDS = {"quillon": "Quillon", "quillon-press": "Quillon Press"}


def hours_ago(hours: float) -> datetime:
    return UNTIL - timedelta(hours=hours)


def standing(stance: Stance, p: float, why: str = "") -> Standing:
    rest = (1 - p) / 2
    place = {Stance.PROMOTER: (p, rest, rest), Stance.PASSIVE: (rest, p, rest), Stance.DETRACTOR: (rest, rest, p)}
    return Standing(
        stance=stance,
        probability=place.get(stance, (0.3, 0.4, 0.3)),
        interval=(max(0.0, p - 0.15), min(1.0, p + 0.1)),
        effective_n=2.6,
        as_of=datetime(2026, 11, 22, tzinfo=UTC),
        last_said_at=hours_ago(9),
        mentions=3,
        days=3,
        why=why,
    )


def linked(contact_id: str, *evidence: tuple[str, float, Evidence], probability: float = 0.97) -> Match:
    return Match(
        outcome=Outcome.LINK,
        probability=probability,
        policy="open-web",
        engine="certain",
        version="1",
        contact_id=contact_id,
        evidence=tuple(Reason(*piece) for piece in evidence),
    )


def quote(
    mention_id: int,
    text: str,
    label: Label = Label.NEUTRAL,
    *,
    alias: str = "Quillon",
    hours: float = 10,
    platform: str = "forum",
    source: str = "print-forum",
    url: str | None = "",
    **more: object,
) -> Quote:
    return replace(
        Quote(
            mention_id=mention_id,
            text=text,
            alias=alias,
            label=label,
            unsure=False,
            said_at=hours_ago(hours),
            platform=platform,
            source=source,
            url=f"https://forum.presswork.example/t/{mention_id}" if url == "" else url,
        ),
        **more,
    )


def case_of(
    case_id: int,
    kind: CaseKind,
    person_id: int,
    *events: EventKind,
    state: CaseState = CaseState.NEW,
    brand: str = "quillon",
    due_in_days: float | None = None,
    mentions: Sequence[int] = (),
    snoozed_until: datetime | None = None,
    actor: str = "listener",
    action: Action | None = None,
    reason: str = "",
    step: str = "",
) -> CaseFacts:
    """A case with one event of each kind given, all within the window, which brought the case's mentions."""
    detail = {"step": step, "new": tuple(mentions)}
    case = Case(
        case_id=case_id,
        kind=kind,
        person_id=person_id,
        brand=brand,
        state=state,
        opened_at=hours_ago(8),
        changed_at=hours_ago(8),
        due_at=None if due_in_days is None else UNTIL + timedelta(days=due_in_days),
        snoozed_until=snoozed_until,
        mention_ids=tuple(mentions),
    )
    return CaseFacts(
        case,
        tuple(
            Event(case_id * 10 + number, case_id, event, state, hours_ago(8 - number), actor, reason, action, detail)
            for number, event in enumerate(events)
        ),
    )


def person(person_id: int, name: str = "Ada Quist", company: str | None = "Brackwater Freight", **more: object) -> PersonFacts:
    """A matched customer with nothing to say yet."""
    facts = PersonFacts(
        person_id=person_id,
        brand="quillon",
        name=name,
        company=company,
        contact_id=f"C-{person_id:04}",
        match=linked(f"C-{person_id:04}", ("same e-mail as in the CRM", 18.0, Evidence.EMAIL), probability=0.998),
    )
    return replace(facts, **more)


_OPENED, _UPDATED = EventKind.OPENED, EventKind.UPDATED
_HEARD, _CALL, _CANDIDATE = CaseKind.HEARD, CaseKind.FOLLOW_UP, CaseKind.CANDIDATE


def _complaints() -> list[PersonFacts]:
    return [
        person(
            11,
            "Maren Oldhavn",
            "Brackwater Freight",
            job_title="Head of Print Operations",
            segment="enterprise",
            owner="Tomas Feld",
            reach=12_400,
            standing=standing(Stance.DETRACTOR, 0.81, "3 negative posts on 2 days in 2 sources, none positive in 90 days"),
            stance_before=Stance.PASSIVE,
            quotes=(
                quote(
                    101,
                    "Third week in a row that Quillon swallowed our overnight export. Support answers with a link to the manual; "
                    "we are past manuals. If the queue is not fixed by Friday we will run the quarter end somewhere else.",
                    Label.NEGATIVE,
                    hours=9,
                ),
                quote(
                    102,
                    "Quillon again: job 4 of 9 printed, the rest vanished. No error, no log line.",
                    Label.NEGATIVE,
                    hours=70,
                    platform="blog",
                    source="brackwater-blog",
                    url="https://notes.brackwater.example/queue",
                ),
            ),
            cases=(
                case_of(12, _CALL, 11, _UPDATED, state=CaseState.CONFIRMED, due_in_days=-2, mentions=(101, 102)),
                case_of(13, _HEARD, 11, _UPDATED, mentions=(101,)),
            ),
        ),
        person(
            14,
            "Idris Valcourt",
            "Halden & Sons Bindery",
            job_title="Owner",
            owner="Tomas Feld",
            do_not_contact=True,
            standing=standing(Stance.UNKNOWN, 0.4),
            match=linked("C-0014", ("profile links to halden-bindery.example, a customer's site", 11.0, Evidence.LINK)),
            quotes=(
                quote(
                    110,
                    "The new Quillon price list is a joke. Twice the money for the same two trays.",
                    Label.NEGATIVE,
                    hours=14,
                    unsure=True,
                ),
            ),
            cases=(
                case_of(18, _CALL, 14, _OPENED, due_in_days=2, mentions=(110,)),
                case_of(19, _HEARD, 14, _OPENED, mentions=(110,)),
            ),
        ),
    ]


def _candidates() -> list[PersonFacts]:
    return [
        person(
            21,
            "Yara Lindqvist-Osei",
            "Fernhollow Publishing",
            job_title="Production Lead",
            segment="mid-market",
            owner="Ines Kroll",
            reach=3_150,
            standing=standing(Stance.PROMOTER, 0.84, "4 positive posts on 3 days in 2 sources, none negative in 90 days"),
            stance_before=Stance.UNKNOWN,
            quotes=(
                quote(
                    120,
                    "Moved the whole autumn catalogue to Quillon Press in a weekend. Not one reprint. I would not go back.",
                    Label.POSITIVE,
                    alias="Quillon Press",
                    hours=6,
                ),
                quote(121, "If you bind more than 500 a day, get quillon. Really.", Label.POSITIVE, alias="quillon", hours=130),
            ),
            cases=(
                case_of(23, _CANDIDATE, 21, _OPENED, mentions=(120, 121)),
                case_of(24, _HEARD, 21, _OPENED, mentions=(120,)),
            ),
        )
    ]


def _heard() -> list[PersonFacts]:
    return [
        person(
            31,
            "Bo Castellane",
            "Nordlicht Verlag",
            job_title="Einkauf",
            owner="Ines Kroll",
            match=linked("C-0031", ("the handle that the CRM has for this platform", 14.0, Evidence.HANDLE), probability=0.985),
            quotes=(
                quote(
                    130,
                    "Quillon läuft bei uns seit März ohne Murren, nur die Rechnungen versteht keiner.",
                    Label.UNSCORED,
                    hours=11,
                    reason="German",
                ),
            ),
            cases=(case_of(31, _HEARD, 31, _OPENED, mentions=(130,)),),
        ),
        person(
            32,
            "Priya Vandermolen",
            "Kestrel Labels",
            job_title="Plant Manager",
            segment="enterprise",
            owner="Tomas Feld",
            reach=880,
            quotes=(
                quote(
                    131,
                    "Love the new tray sensor in Quillon Press, hate that it needs an account.",
                    Label.MIXED,
                    alias="Quillon Press",
                    platform="mastodon",
                    source="labels-instance",
                    url="https://labels.example/@pv/131",
                ),
            ),
            cases=(case_of(32, _HEARD, 32, _OPENED, mentions=(131,)),),
        ),
        person(
            33,
            "Tobias Ekwueme",
            "Juniper & Finch",
            quotes=(quote(132, "Quick shout-out to Quillon support, sorted in ten minutes.", Label.POSITIVE, hours=4),),
            cases=(case_of(33, _HEARD, 33, _OPENED, mentions=(132,)),),
        ),
        person(
            34,
            "سلمى الهاشمي",
            "Dar Almaha",
            job_title="مديرة الإنتاج",
            quotes=(
                quote(
                    133,
                    "",
                    Label.NEUTRAL,
                    alias="",
                    platform="x",
                    source="x-search",
                    may_quote=False,
                    url="https://x.example/s/133",
                ),
            ),
            cases=(case_of(34, _HEARD, 34, _OPENED, mentions=(133,)),),
        ),
    ]


def _changed() -> list[PersonFacts]:
    return [
        person(
            41,
            "Noor Abernethy",
            "Tallow Street Press",
            owner="Ines Kroll",
            standing=standing(Stance.PASSIVE, 0.66, "2 posts on 2 days, the last praise is 150 days old"),
            stance_before=Stance.PROMOTER,
            cases=(
                case_of(
                    41,
                    _CANDIDATE,
                    41,
                    EventKind.LAPSED,
                    state=CaseState.LAPSED,
                    reason="no longer a promoter",
                ),
            ),
        ),
        person(
            42,
            "Caspian Wren",
            "Mill Lane Graphics",
            cases=(
                case_of(
                    42,
                    _CALL,
                    42,
                    EventKind.DECIDED,
                    state=CaseState.CONTACTED,
                    actor="ines",
                    action=Action.CONTACTED,
                    reason="spoke on the phone",
                ),
            ),
        ),
    ]


def coverage() -> tuple[Coverage, ...]:
    return (
        Coverage("trade-press", "rss", Health.OK, hours_ago(0.5), runs=6, new=31),
        Coverage(
            "print-forum",
            "rss",
            Health.PARTIAL,
            hours_ago(9),
            runs=6,
            failed_runs=4,
            refused_runs=4,
            new=7,
            reason="the site refused us (403); ask its owner, or listen less often",
        ),
        Coverage("brackwater-blog", "blog", Health.OK, hours_ago(0.5), runs=6, new=1, rejected={"no date": 1}),
        Coverage("video-comments", "youtube", Health.DISABLED, None, reason="LISTENER_SOURCES__VIDEO__KEY is not set"),
        Coverage("labels-instance", "mastodon", Health.FAILED, hours_ago(31), runs=6, failed_runs=6, reason="no such host"),
        Coverage(
            "x-search",
            "twitter",
            Health.PAUSED,
            hours_ago(40),
            runs=4,
            reason="the monthly cap of USD 20.00 is reached",
            gaps=(Gap(hours_ago(19 * 24), hours_ago(17 * 24), "the service goes back no further than 7 days"),),
        ),
        Coverage(
            "bindery-news",
            "rss",
            Health.OK,
            hours_ago(0.6),
            runs=6,
            notices=("it has moved for good to https://bind.example/feed",),
        ),
        *(Coverage(f"dealer-{number:02}", "rss", Health.OK, hours_ago(0.4 + number / 20), runs=6) for number in range(1, 18)),
    )


SPENT = {"x-search": (Spent(Allowance("usd_cents", "USD", "month", 2000, 100), 2000),)}
RESUMES = {"x-search": datetime(2026, 11, 30, 23, 0, tzinfo=UTC)}


def realistic_facts() -> DigestFacts:
    """Nine people with something to tell, and two dozen sources, most of which were simply heard."""
    return DigestFacts(
        since=SINCE,
        until=UNTIL,
        people=(*_changed(), *_heard(), *_candidates(), *_complaints()),
        coverage=coverage(),
        mentions=41,
        own_side=3,
        unmatched=14,
        unscored=2,
        labels={Label.POSITIVE: 15, Label.NEUTRAL: 12, Label.NEGATIVE: 6, Label.MIXED: 2, Label.UNSCORED: 2},
        unsure=1,
        stories=38,
        topics=(
            TopicFacts("quillon", "billing", {Label.NEGATIVE: 4, Label.NEUTRAL: 1, Label.UNSCORED: 1}),
            TopicFacts("quillon", "support", {Label.POSITIVE: 5, Label.NEGATIVE: 4}, unsure=2),
            TopicFacts("quillon-press", "trays", {Label.MIXED: 1}),
        ),
        hidden={Noise.JOB_AD: 2, Noise.GIVEAWAY: 1, AMBIGUOUS: 3},
        hidden_sample=hidden_sample(),
    )


TOPICS = {
    ("quillon", "billing"): "Billing",
    ("quillon", "support"): "Support",
    ("quillon-press", "trays"): "Trays and feeders",
}
THEMES = (
    Theme("overnight export", 4, {Label.NEGATIVE: 4, Label.NEUTRAL: 1}),
    Theme("tray sensor", 3, {Label.POSITIVE: 2, Label.MIXED: 1}),
)


def hidden_sample() -> tuple[HiddenPost, ...]:
    """One of each reason; the last under terms that do not allow quoting."""
    return (
        HiddenPost(
            140,
            Noise.JOB_AD,
            "We are hiring! Quillon is looking for a Senior Backend Engineer (m/f/d) in Hamburg. Apply now, and tell all your "
            "friends that we are a nice place to work at",
            hours_ago(5),
            "forum",
            "print-forum",
            "https://forum.presswork.example/t/140",
        ),
        HiddenPost(
            141,
            AMBIGUOUS,
            "The quillon of this rapier is bent, and the pommel is loose.",
            hours_ago(9),
            "mastodon",
            "labels-instance",
        ),
        HiddenPost(142, Noise.GIVEAWAY, "", hours_ago(11), "x", "x-search", "https://x.example/s/142", may_quote=False),
    )


def quiet_facts() -> DigestFacts:
    """A day on which nobody spoke, and every source was heard."""
    return DigestFacts(
        since=SINCE,
        until=UNTIL,
        people=(),
        coverage=(
            Coverage("trade-press", "rss", Health.OK, hours_ago(0.5), runs=6),
            Coverage("print-forum", "rss", Health.OK, hours_ago(0.4), runs=6),
        ),
    )


def proposals() -> tuple[ProposalFacts, ...]:
    """Four authors who may be customers, not in order; the second one's is Ines Kroll's."""

    def one(number: int, probability: float, owner: str | None = "Tomas Feld") -> ProposalFacts:
        evidence = (
            Reason("the display name is the customer's name", 20.0, Evidence.NAME),
            Reason("the same company", 3.0, Evidence.COMPANY),
        )
        match = Match(Outcome.REVIEW, probability, "open-web", "evidence", "1", f"C-{number:04}", evidence=evidence)
        return ProposalFacts(
            author_id=number,
            person_id=900 + number,
            customer_id=700 + number,
            mention_id=300 + number,
            brand="quillon",
            author="Nell H.",
            platform="blog",
            said_at=hours_ago(3),
            match=match,
            name="Nell Harrow",
            company="Tallow Street Press",
            segment="enterprise",
            owner=owner,
        )

    return one(71, 0.941), one(74, 0.5), one(73, 0.7), one(72, 0.8, "Ines Kroll")


def spike() -> SpikeIncident:
    """A burst that goes on."""
    return SpikeIncident(1, "quillon", Measure.VOLUME, hours_ago(3), hours_ago(2), hours_ago(1), 1, 42, 6, 1e-9)


def waiting() -> tuple[Waiting, ...]:
    return (
        Waiting(CaseKind.CANDIDATE, "quillon", 1, hours_ago(24 * 8), "enterprise", "Tomas Feld"),
        Waiting(CaseKind.CANDIDATE, "quillon", 3, hours_ago(24 * 19), None, "Ines Kroll"),
        Waiting(CaseKind.FOLLOW_UP, "quillon", 1, hours_ago(24 * 8), None, None),
    )
