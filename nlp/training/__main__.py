"""``python -m nlp.training --data FOLDER --out FOLDER``: makes the files of the engine ``target`` from labelled texts.

Needs the extra ``training``. Follows ``recipe.toml`` beside this file, or another. A data set of your own is a file of lines
``{"text": …, "target": … or null, "label": -1, 0 or 1}`` named in the recipe's ``[passes]``.
"""

from __future__ import annotations

import argparse
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nlp.pairs import pair
from nlp.training.calibrate import calibrate
from nlp.training.data import Example, fingerprint, rows
from nlp.training.export import export, prune, pruned_tokenizer, run
from nlp.training.fit import encode
from nlp.training.model import TargetClassifier
from nlp.training.recipe import fault
from nlp.training.steps import SHOWN, Workshop

PRECISION = 0.80
"""Of "positive" and "negative" where the engine is sure, on texts that were not learned from."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m nlp.training", description="Make the model of the engine `target`.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with the labelled texts")
    parser.add_argument("--out", type=Path, required=True, help="where the model goes")
    parser.add_argument("--recipe", type=Path, default=Path(str(files("nlp.training") / "recipe.toml")))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--expert", type=Path, help="the folder of the larger encoder all-mpnet-base-v2")
    parser.add_argument("--work", type=Path, help="keep each network here, and go on from those that are there")
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    make(tomllib.loads(wanted.recipe.read_text(encoding="utf-8")), wanted.data, wanted.out, wanted.work, wanted.expert)


def make(recipe: Mapping[str, Any], data: Path, out: Path, work: Path | None = None, larger: Path | None = None) -> None:
    """Follow the recipe, then calibrate and write what it makes."""
    if problem := fault(recipe, encoder=larger is not None):
        raise SystemExit(problem)
    shop = Workshop(recipe, data, work, larger)
    write(shop.network, shop, fingerprint([*shop.paths.values()]), out)


def write(network: TargetClassifier, shop: Workshop, data_hash: str, out: Path) -> None:
    """Export the network, calibrate what the exported one says, and record how it was made."""
    tokenizer, recipe = shop.tokenizer, shop.recipe
    seen = Counter(number for items in shop.encoded.values() for ids, _ in items for number in ids)
    stay = prune(tokenizer, seen)
    settings: dict[str, Any] = {
        "version": str(recipe.get("version", "1")),
        "max_tokens": recipe["max_tokens"],
        "data": data_hash,
        "rows": {name: len(split.training) for name, split in shop.splits.items()},
        "recipe": recipe,
    }
    small = pruned_tokenizer(tokenizer, stay)
    small.enable_truncation(recipe["max_tokens"])
    small.encode_special_tokens = True
    shown = [one for split in shop.splits.values() for one in encode(small, split.training[:SHOWN])]
    export(network, tokenizer, stay, shown, out, settings)
    kept_out: dict[str, Sequence[Example]] = {name: split.development for name, split in shop.splits.items()}
    kept_out |= {name: _examples(path) for name, path in shop.held_out.items()}
    sets = {
        name: (run(out, encode(small, examples)), np.array([one.label for one in examples]))
        for name, examples in kept_out.items()
        if examples
    }
    found = calibrate(sets, PRECISION, [name for name in sets if not any(one.second for one in kept_out[name])])
    chosen = {
        "temperature": found.temperature,
        "floor": found.floor,
        "logit_shift": list(found.shift),
        "whole_shift": list(found.whole_shift),
        "sure": found.sure,
        "precision": PRECISION,
    }
    export(network, tokenizer, stay, shown, out, {**settings, **chosen})


def _examples(path: Path) -> list[Example]:
    return [
        Example(*pair(str(row["text"]), None if row.get("target") is None else str(row["target"])), int(str(row["label"])) + 1)
        for row in rows(path)
    ]


if __name__ == "__main__":
    main()
