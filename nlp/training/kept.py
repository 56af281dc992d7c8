"""``python -m nlp.training.kept FOLDER [NAME …] > kept.jsonl``: the texts that are never learned from, for ``listener eval``.

Of each set of the recipe (or of those named) the part that is kept for choosing, and all of the validation files; each line as it
is, with ``source`` naming its file. Needs none of the libraries of training.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from nlp.training.data import file_of, is_for_choosing, key, keys, rows


def kept(folder: Path, names: list[str], validation: list[str]) -> Iterator[dict[str, object]]:
    """The rows of the sets that are kept for choosing, then those of the validation files."""
    held_out = keys([file_of(folder, name) for name in validation])
    for name in names:
        for row in rows(file_of(folder, name)):
            its = key(str(row["text"]))
            if its not in held_out and is_for_choosing(its):
                yield {**row, "source": name}
    for name in validation:
        for row in rows(file_of(folder, name)):
            yield {**row, "source": name}


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    recipe = tomllib.loads((files("nlp.training") / "recipe.toml").read_text(encoding="utf-8"))
    for row in kept(Path(sys.argv[1]), sys.argv[2:] or list(recipe["passes"]), recipe["validation"]["files"]):
        print(json.dumps(row, ensure_ascii=False))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
