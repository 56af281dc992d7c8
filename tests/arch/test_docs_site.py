"""The documentation site: every page is in it, every link leads somewhere, and it needs nothing but its own files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support.pages import SCHEMES, Scheme, chromium, opened

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs" / "index.md"
PARTS = ["Tutorial", "How-to guides", "Reference", "Explanation"]
FETCHED = re.compile(r"""<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//""")
"""What makes a browser ask another machine; a link that a person follows does not."""


def built(root: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(out / ".trees"), "-c", "docs", ".", str(out)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # nothing of ours runs in it
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = built(ROOT, out)
    assert (done.returncode, done.stderr) == (0, "")
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_every_page_is_listed_once_in_one_of_the_four_parts() -> None:
    text = INDEX.read_text(encoding="utf-8")
    assert re.findall(r"(?m)^## (.*)$", text) == PARTS
    listed = [(INDEX.parent / link).resolve() for link in re.findall(r"(?m)^- \[[^\]]+\]\(([^)]+)\)", text)]
    assert len(listed) == len(set(listed))
    pages = {*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"} - {INDEX}
    assert sorted(pages - set(listed)) == []


@pytest.mark.browser
def test_it_is_built_without_a_warning_and_has_every_page(site: Path) -> None:
    there = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    pages = {path.relative_to(ROOT).with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= there
    navigation = (site / "docs" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<span class="caption-text">([^<]*)</span>', navigation)[:4] == PARTS
    assert "url=docs/index.html" in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.browser
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "_static").mkdir()
    for name in ("docs/conf.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (docs / "index.md").write_text("# Index\n\n## Part\n\n- [Page](page.md)\n", encoding="utf-8")
    (docs / "page.md").write_text(
        "# Page\n\n[gone](gone.md), [nowhere](index.md#nowhere), [here](index.md#part)\n", encoding="utf-8"
    )
    done = built(tmp_path, tmp_path / "out")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert len(said) == 2
    assert "gone.md" in said[0] + said[1]
    assert "nowhere" in said[0] + said[1]


@pytest.mark.browser
def test_nothing_in_it_comes_from_another_machine(site: Path) -> None:
    assert FETCHED.search('<link rel="stylesheet" href="https://fonts.example/a.css">')
    files = [path for kind in ("*.html", "*.css", "*.js") for path in site.rglob(kind)]
    assert len(files) > 30
    assert [path.name for path in files if FETCHED.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.browser
def test_search_works_from_the_files(site: Path, browser: Browser) -> None:
    page, asked = opened(browser, site / "docs" / "index.html", width=1200)
    page.fill(".sidebar-search", "promoter_p")
    page.press(".sidebar-search", "Enter")
    page.wait_for_selector("#search-results li a")
    found = page.eval_on_selector_all("#search-results li a", "links => links.map((link) => link.getAttribute('href'))")
    assert any("reference/configuration.html" in link for link in found)
    assert [address for address in asked if not address.startswith("file:")] == []
    page.close()


@pytest.mark.browser
def test_only_tables_and_code_are_scrolled_sideways(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    wide = []
    for path in sorted({*site.rglob("*.html")} - {site / "index.html"}):  # that one only leads on
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(f"{path.relative_to(site)} at {width}")
    page.close()
    assert wide == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["docs/index", "docs/connectors", "docs/reference/metrics"])
def test_everybody_can_read_it(site: Path, browser: Browser, scheme: Scheme, name: str) -> None:
    page, _ = opened(browser, site / f"{name}.html", width=1400, scheme=scheme)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.close()


@pytest.mark.browser
def test_a_block_of_code_is_copied(site: Path, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((site / "docs" / "reference" / "commands.html").as_uri())
    block = page.locator("div.highlight-sh div.highlight").first
    block.hover()
    block.locator("button.copy").click()
    page.wait_for_function("document.querySelector('div.highlight-sh button.copy').textContent !== 'Copy'")
    said = block.locator("button.copy").text_content()
    assert said in {"Copied", "Selected"}
    taken = "navigator.clipboard.readText()" if said == "Copied" else "getSelection().toString()"
    assert page.evaluate(taken).strip() == (block.locator("pre").text_content() or "").strip()
    context.close()
