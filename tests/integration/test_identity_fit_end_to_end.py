"""Weights are fitted on a store's own people and decisions, used by the next pass, and taken back: on both databases."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.support.listening import CONFIG, Folder

COLUMNS = ["contact_id", "first_name", "last_name", "email", "company", "title", "city"]
FIRST = ["Maya", "Omar", "Ilse", "Tom", "Nora", "Jens", "Rosa", "Abel", "Wanda", "Piet", "Greta", "Hugo"]
LAST = ["Lindqvist", "Tessier", "Brandt", "Okafor", "Marchetti", "Novak", "Haddad", "Visser"]


@pytest.fixture(params=["sqlite", "postgres"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """Sixty customers, each with an author of the same name; half of the authors say where they work."""
    url = f"sqlite:///{tmp_path}/store.db" if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres_url"))
    (tmp_path / "listener.toml").write_text(CONFIG)
    people = [(first, last) for last in LAST for first in FIRST][:60]
    with (tmp_path / "crm.csv").open("w", newline="") as file:
        rows = [
            [f"C{at}", first, last, f"p{at}@firm{at % 20}.example", f"Firma{at % 20} Works", "", "Malmö"]
            for at, (first, last) in enumerate(people)
        ]
        csv.writer(file).writerows([COLUMNS, *rows])
    with (tmp_path / "posts.jsonl").open("w") as file:
        for at, (first, last) in enumerate(people):
            author = {"handle": f"writer{at}", "display_name": f"{first} {last}"}
            if at % 2:
                author["bio"] = f"Engineer at Firma{at % 20} Works"
            post = {"platform": "forum", "external_id": str(at), "text": "Quillon is great, we love it.", "author": author}
            file.write(json.dumps({**post, "published_at": f"2026-11-10T10:{at % 60:02}:00+00:00", "language": "en"}) + "\n")
    found = Folder(tmp_path, url)
    assert found("run").status == 0
    return found


def test_weights_are_previewed_kept_used_and_taken_back_and_rest_on_decisions(listener: Folder) -> None:
    shown = listener.only("identities", "fit", "--preview")
    assert shown["kept"] is None
    assert shown["authors"] == 60
    assert sum(shown["changes"].values()) == 60
    assert {"level", "says", "pairs", "bits_before", "bits_after"} <= shown["levels"][0].keys()
    assert listener.only("identities", "fit", "--preview")["levels"] == shown["levels"]  # nothing was kept

    kept = listener.only("identities", "fit", "--by", "rhea")
    assert kept["levels"] == shown["levels"]
    again = listener.only("identities", "fit", "--preview")
    assert again["used_until_now"] == kept["kept"]
    before = {row["level"]: row["bits_after"] for row in kept["levels"]}
    assert {row["level"]: row["bits_before"] for row in again["levels"]} == before
    assert set(again["changes"]) - {key for key, number in again["changes"].items() if not number} == {"same"}

    assert listener.only("run")["identified"] == 60  # the next pass uses them
    undone = listener.only("identities", "fit", "--undo")
    assert undone == {"undone": kept["kept"], "in_use": None}
    assert listener.only("identities", "fit", "--preview")["levels"] == shown["levels"]
    ended = listener("identities", "fit")
    assert ended.status == 0
    assert "Fitted on 60 authors, 0 decisions" in ended.out
    assert "Take back with: listener identities fit --undo" in ended.out
    assert "those that the program comes with" in listener("identities", "fit", "--undo").out
    nothing = listener("identities", "fit", "--undo")
    assert nothing.status == 1
    assert "no fitted weights" in nothing.err

    # Decisions count as truth.
    for at in range(3):
        assert listener("identities", "unlink", f"forum:writer{at}", f"C{at}").status == 0
    assert listener("identities", "link", "forum:writer20", "C20").status == 0
    shown = listener.only("identities", "fit", "--preview")
    assert shown["decided"] == 4


def test_too_few_authors_say_too_little(tmp_path: Path) -> None:
    (tmp_path / "listener.toml").write_text('[[brands]]\nname = "Quillon"\n[nlp]\nengine = "vader"\n')
    listener = Folder(tmp_path, f"sqlite:///{tmp_path}/store.db")
    ended = listener("identities", "fit")
    assert ended.status == 1
    assert "No author resembles a customer; with fewer than 50 nothing can be fitted." in ended.err
    preview = listener("identities", "fit", "--preview")
    assert (preview.status, preview.err) == (0, "")
    assert preview.out.startswith("No author resembles a customer")
    assert listener("identities", "fit", "--preview", "--undo").status == 2
