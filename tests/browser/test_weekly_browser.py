"""The weekly edition in a real browser, as a page and as a mail: readable by everybody, on every width, and inert."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from listener.digest.weekly_model import TopicTrend, Voice, Weekly, WeeklyPerson
from listener.render.weekly import render_weekly, weekly_html
from tests.support.pages import SCHEMES, Scheme, chromium, opened
from tests.support.weeks import a_week

pytestmark = pytest.mark.browser

ATTACK = '"><script>window.hit = 1</script><img src=http://127.0.0.1:9/x onerror="window.hit = 1"><svg onload=window.hit=1>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def hostile() -> Weekly:
    week = a_week()
    return replace(
        week,
        title=ATTACK,
        changed=(ATTACK,) * 3,
        voices=(week.voices[0], Voice(ATTACK[:40], 50, 2), Voice("x" * 40, 3, 2)),
        topics=(TopicTrend("x" * 60, 9, 2.0, 1, 2, 3, "up"), TopicTrend(ATTACK[:60], 9, 2.0, 1, 2, 3, "down")),
        people=tuple(WeeklyPerson(n, ATTACK[:80], "x" * 80, 3, 1, 1, "promoter", do_not_contact=True) for n in range(5)),
        gaps=(ATTACK,) * 3,
        notes=(ATTACK, "x" * 200),
    )


def as_mail(week: Weekly) -> str:
    """The mail with its pictures where a mail program shows them."""
    rendered, pictures = render_weekly(week, pages=False)
    html = rendered.html
    for picture in pictures:
        html = html.replace(f"cid:{picture.name}", f"data:image/png;base64,{b64encode(picture.png).decode()}")
    return html


WEEKS: dict[str, Callable[[], str]] = {
    "page": lambda: render_weekly(a_week(), pages=True)[0].html,
    "mail": lambda: as_mail(a_week()),
    "without pictures": lambda: weekly_html(a_week(), None),
    "hostile": lambda: render_weekly(hostile(), pages=True)[0].html,
}


@pytest.fixture(params=sorted(WEEKS))
def week(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "week.html"
    path.write_text(WEEKS[request.param](), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", SCHEMES)
def test_everybody_can_read_it(browser: Browser, week: Path, scheme: Scheme) -> None:
    page, _ = opened(browser, week, scheme=scheme)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.close()


@pytest.mark.parametrize("width", [320, 360, 700, 1400])
def test_nothing_has_to_be_scrolled_sideways(browser: Browser, week: Path, width: int) -> None:
    page, _ = opened(browser, week, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    edges = "[...document.querySelectorAll('td, svg, img')].map(cell => cell.getBoundingClientRect().right)"
    assert page.evaluate(f"Math.max(...{edges})") <= width
    page.close()


def test_it_asks_for_nothing_and_runs_nothing(browser: Browser, week: Path) -> None:
    page, asked = opened(browser, week)
    assert asked == [week.as_uri()]
    assert page.evaluate("window.hit") is None
    assert page.locator("script, iframe, object, form, link, a").count() == 0
    assert page.locator("svg:not(.chart), img:not([src^='data:image/png'])").count() == 0
    page.close()


def test_whoever_does_not_see_the_pictures_is_told_what_they_show(browser: Browser, tmp_path: Path) -> None:
    for name in ("page", "mail"):
        file = tmp_path / f"{name}.html"
        file.write_text(WEEKS[name](), encoding="utf-8")
        page, _ = opened(browser, file)
        pictures = page.get_by_role("img")
        assert pictures.count() == 2
        words = [each.get_attribute("alt") or each.get_attribute("aria-label") or "" for each in pictures.all()]
        assert words[0].startswith("Mentions a week")
        assert "Brixa 34 %" in words[1]
        page.close()


def test_a_page_is_dark_with_its_pictures(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(WEEKS["page"](), encoding="utf-8")
    grounds = []
    for scheme in SCHEMES:
        page, _ = opened(browser, file, scheme=scheme)
        grounds.append(page.evaluate("[...document.querySelectorAll('svg > rect')].map(one => getComputedStyle(one).fill)"))
        page.close()
    assert grounds == [["rgb(255, 254, 251)"] * 2, ["rgb(32, 30, 27)"] * 2]
