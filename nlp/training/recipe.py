"""A recipe is looked at before hours are spent on it: are its steps whole, and do they name what there is?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAIRS = "pairs"
INVENTED = "invented"
RECOMBINED = "recombined"

TAUGHT = ("expert", "distilled", "sharpened", "rounded")
"""The steps that need the larger encoder; each needs those before it."""
_MADE = {
    "student": set[str](),
    "pairs": {PAIRS, INVENTED},
    "finish": set[str](),
    "expert": set[str](),
    "distilled": {PAIRS, INVENTED},
    "sharpened": {PAIRS, INVENTED, RECOMBINED},
    "rounded": {PAIRS, INVENTED, RECOMBINED},
}
"""What each step reads besides the sets of the recipe."""


def fault(recipe: Mapping[str, Any], encoder: bool) -> str | None:
    """What is wrong with the recipe, or that it needs the larger ``encoder``; None where it can be followed."""
    has = [step for step in TAUGHT if step in recipe]
    if has != list(TAUGHT[: len(has)]):
        return f"[{has[-1]}] needs the steps before it: {', '.join(f'[{step}]' for step in TAUGHT if step not in has)}"
    if has and not encoder:
        return "this recipe has an expert: say with --expert where its encoder is, or take [expert] and the steps after it out"
    sets = set(recipe["passes"])
    for step, made in _MADE.items():
        its = recipe.get(step)
        if its is None:
            continue
        if wrong := set(its["passes"]) ^ (sets | made):
            return (
                f"passes of [{step}] must name the sets of [passes] and what the step makes; look at: {', '.join(sorted(wrong))}"
            )
        if wrong := (set(its.get("wanted", {})) | set(its.get(RECOMBINED, {}))) - sets:
            return f"[{step}] names what is no set of [passes]: {', '.join(sorted(wrong))}"
    return None
