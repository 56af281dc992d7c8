"""A connector of a package of its own is found, checked, previewed and run like ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors import _registry
from tests.support.commands import call, spawn
from tests.unit.net.net_server import Reply, serve

ROOT = Path(__file__).parents[2]
NOTICES = (
    b'[{"id": 1, "text": "Quillon Sign is down again", "by": "ops", "at": "2026-01-05T10:00:00+00:00"},'
    b' {"id": 2, "text": "All clear, and Quillon support was great", "by": "ops", "at": "2026-01-05T11:00:00+00:00"}]'
)


def _installed(folder: Path) -> None:
    """The guide's own example, as pip would leave it: a module, and metadata with its entry point."""
    guide = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
    source = re.search(r"```python\n(.*?)```", guide, re.DOTALL)
    assert source is not None
    (folder / "status_notices.py").write_text(source[1], encoding="utf-8")
    metadata = folder / "status_notices-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: status-notices\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[listener.connectors]\nnotices = status_notices:SPEC\n")


def test_a_package_adds_a_connector_through_the_entry_point_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    _installed(packages)
    monkeypatch.syspath_prepend(packages)
    monkeypatch.setattr(_registry, "_FOUND", [])  # this process may have looked before there was one more
    with serve() as site:
        site["/notices.json"] = Reply(NOTICES, etag='"1"')
        (tmp_path / "listener.toml").write_text(
            '[[brands]]\nname = "Quillon"\n[[sources]]\nname = "status"\nkind = "notices"\nprivate = true\nlookback = "52w"\n'
            f'url = "{site.url("/notices.json")}"\n'
        )
        checked = call("check", "--json", folder=tmp_path)
        previewed = call("preview", "status", "--json", folder=tmp_path)
        first = spawn("run", "--json", folder=tmp_path, env={"PYTHONPATH": str(packages)})
        second = call("run", "--json", folder=tmp_path)
    assert {"part": "source", "name": "status", "kind": "notices", "ready": True}.items() <= checked.lines[1].items()
    assert [line["external_id"] for line in previewed.lines] == ["1", "2"]
    assert (first.lines[0]["new"], second.lines[0]["new"]) == (2, 0)
    assert second.lines[0]["streams"][0]["unchanged"] is True
