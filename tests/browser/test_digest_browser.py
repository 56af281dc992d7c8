"""The HTML of digests and alerts in a real browser: readable by everybody, on every width, and inert whatever strangers wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from listener.alerts.model import Alert, AlertItem
from listener.core.alerting import AlertRule
from listener.core.analysis import Label
from listener.core.telling import DigestFacts
from listener.digest import build_digest
from listener.render.alert import render_alert
from listener.render.html import render_html
from tests.support.digest_facts import (
    BRANDS,
    DAY,
    RESUMES,
    SPENT,
    ZONE,
    proposals,
    quiet_facts,
    quote,
    realistic_facts,
    spike,
    waiting,
)
from tests.support.pages import SCHEMES, Scheme, chromium, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def hostile_facts() -> DigestFacts:
    """The busy day, with every text of a stranger trying to get out of its place."""
    facts = realistic_facts()
    attacks = (
        "<script>window.hit = 1</script>",
        '"><img src=http://127.0.0.1:9/x onerror="window.hit = 1">',
        "<svg onload=window.hit=1>",
        "</style></title><iframe src=http://127.0.0.1:9/>",
        "x" * 300,
        "\u202egnp.exe",
    )
    people = [
        replace(
            person,
            name=f"{attack} {person.name}",
            company=attack,
            job_title=attack,
            owner=attack,
            quotes=(
                quote(
                    1, f"{attack} Quillon {attack}", Label.NEGATIVE, alias="Quillon", source=attack, url="javascript:window.hit=1"
                ),
                quote(2, f"Quillon and {attack}", Label.POSITIVE, url=f"https://a.example/{attack}"),
            ),
        )
        for person, attack in zip(facts.people, attacks * 2, strict=False)
    ]
    coverage = [replace(line, source=attack, reason=attack) for line, attack in zip(facts.coverage, attacks, strict=False)]
    asked = [
        replace(each, author=attack, name=attack, company=attack) for each, attack in zip(proposals(), attacks, strict=False)
    ]
    return replace(facts, people=tuple(people), coverage=tuple(coverage), proposals=tuple(asked), spikes=(spike(),))


def alert(text: str, *, recovered: bool = False) -> str:
    """An alert of three sources, or a notice of their recovery, with a text of strangers in every place."""
    item = AlertItem(text, text, (("Source", text), ("Why", text)), text, f"listener sources {text}", about=text)
    told_at = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)
    news = f"{text} has not been heard"
    return render_alert(Alert("alert:1", AlertRule.SOURCE, news, told_at, "UTC", recovered, (item,) * 3)).html


def day(facts: DigestFacts) -> str:
    return render_html(build_digest(facts, DAY, ZONE, BRANDS, spent=SPENT, resumes=RESUMES))


MAILS: dict[str, Callable[[], str]] = {
    "busy": lambda: day(replace(realistic_facts(), proposals=proposals(), spikes=(spike(),), waiting=waiting())),
    "quiet": lambda: day(quiet_facts()),
    "hostile": lambda: day(hostile_facts()),
    "alert": lambda: alert("the site refused us (403); ask its owner, or listen less often"),
    "recovery": lambda: alert("print-forum", recovered=True),
    "hostile alert": lambda: alert('"><script>window.hit = 1</script><img src=http://127.0.0.1:9/x>' + "x" * 300),
}


@pytest.fixture(params=sorted(MAILS))
def mail(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "mail.html"
    path.write_text(MAILS[request.param](), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", SCHEMES)
def test_everybody_can_read_it(browser: Browser, mail: Path, scheme: Scheme) -> None:
    page, _ = opened(browser, mail, scheme=scheme)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.close()


@pytest.mark.parametrize("width", [320, 360, 700, 1400])
def test_nothing_has_to_be_scrolled_sideways(browser: Browser, mail: Path, width: int) -> None:
    page, _ = opened(browser, mail, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        page.evaluate("Math.max(...[...document.querySelectorAll('td')].map(cell => cell.getBoundingClientRect().right))")
        <= width
    )
    page.close()


def test_it_asks_for_nothing_and_runs_nothing(browser: Browser, mail: Path) -> None:
    page, asked = opened(browser, mail)
    for element in page.query_selector_all("a, td, mark, h3"):
        element.dispatch_event("mouseover")
    assert asked == [mail.as_uri()]
    assert page.evaluate("window.hit") is None
    assert page.locator("script, img, svg, iframe, object, form, link").count() == 0
    addresses = page.eval_on_selector_all("a", "links => links.map(link => link.protocol)")
    assert set(addresses) <= {"https:", "http:"}
    page.close()


def test_dark_mode_is_dark(browser: Browser, mail: Path) -> None:
    grounds = []
    for scheme in SCHEMES:
        page, _ = opened(browser, mail, scheme=scheme)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert grounds == ["rgb(245, 242, 236)", "rgb(22, 21, 19)"]
