"""The bundled sample, heard through the whole pipeline; asked by what a careful reader expects of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from listener.job import PassReport, run_pass
from listener.sample.build import write_demo
from listener.sample.server import serving
from listener.wiring import App, load_app
from storage.store import Store

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
EXPECTED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "sample_expected.json").read_text(encoding="utf-8"))


@contextmanager
def heard_sample(folder: Path, env: Mapping[str, str], passes: int = 2) -> Iterator[tuple[App, Store, list[PassReport]]]:
    """The sample after so many passes; ``env`` may point it to another database."""
    with serving(NOW) as base_url:
        app = load_app(write_demo(folder, base_url, NOW), env)
        with app.open_store(NOW) as store:
            yield app, store, [run_pass(app, store, NOW) for _ in range(passes)]
