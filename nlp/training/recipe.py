"""A recipe is looked at before hours are spent on it: are its steps whole, and do they name what there is?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAIRS = "pairs"
INVENTED = "invented"
RECOMBINED = "recombined"

NEEDED = ("passes", "student", "pairs", "finish", "validation")
TAUGHT = ("expert", "distilled", "sharpened", "rounded")
"""The steps that need the larger encoder; each needs those before it."""
_FROM_SETS_ALONE = {"student", "finish", "expert"}


def fault(recipe: Mapping[str, Any], encoder: bool) -> str | None:
    """What is wrong with the recipe, or that it needs the larger ``encoder``; None where it can be followed."""
    has = [step for step in TAUGHT if step in recipe]
    before = TAUGHT[: TAUGHT.index(has[-1])] if has else ()
    if lacking := [table for table in (*NEEDED, *before) if table not in recipe]:
        return f"the recipe lacks {', '.join(f'[{table}]' for table in lacking)}"
    if has and not encoder:
        return "this recipe has an expert: say with --expert where its encoder is, or take [expert] and the steps after it out"
    sets = set(recipe["passes"])
    for step in ("student", "pairs", "finish", *has):
        its = recipe[step]
        made = (set() if step in _FROM_SETS_ALONE else {PAIRS, INVENTED}) | ({RECOMBINED} & set(its))
        if wrong := set(its.get("passes", {})) ^ (sets | made):
            return f"passes of [{step}] names too much or too little: {', '.join(sorted(wrong))}"
        if wrong := (set(its.get("wanted", {})) | set(its.get(RECOMBINED, {}))) - sets:
            return f"[{step}] names what is no set of [passes]: {', '.join(sorted(wrong))}"
    return None
