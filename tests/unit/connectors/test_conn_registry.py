"""Finding connectors, ours and others'."""

from importlib.metadata import EntryPoint

import pytest

from connectors import _registry, rss
from connectors._registry import GROUP, load_problems, load_specs, read_entry_points


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_our_own_are_found_and_sound():
    assert {"rss", "blog", "file"} <= set(load_specs())
    assert load_problems() == ()
    assert load_specs()["rss"] is rss.SPEC


def test_what_is_found_cannot_be_changed_by_a_caller():
    load_specs().clear()
    assert load_specs()


@pytest.mark.parametrize(
    ("broken", "got"),
    [
        (point("x", "no_such_package:SPEC"), "ModuleNotFoundError"),
        (point("x", "connectors.rss:NOTHING"), "AttributeError"),
        (point("x", "connectors.rss:Options"), "is a ModelMetaclass"),
        (point("x", "connectors.rss:SPEC"), "of kind 'rss'"),
        (point("x", "antigravity.geohash:1"), "cannot be loaded"),
    ],
)
def test_a_broken_connector_is_a_problem_and_no_crash(broken, got):
    specs, problems = read_entry_points([broken, point("rss", "connectors.rss:SPEC")])
    assert set(specs) == {"rss"}
    (problem,) = problems
    assert problem.path == "connector x of an unnamed package"
    assert got in problem.got


def test_of_two_with_one_kind_ours_counts(monkeypatch):
    theirs = point("rss", "aaa.rss:SPEC")
    monkeypatch.setattr(EntryPoint, "load", lambda self: rss.SPEC)
    specs, problems = read_entry_points([theirs, point("rss", "connectors.rss:SPEC")])
    assert specs == {"rss": rss.SPEC}
    assert "a second connector of kind 'rss'" in problems[0].got


def test_nothing_is_loaded_before_it_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(_registry, "_FOUND", [])
    monkeypatch.setattr(_registry, "entry_points", lambda group: asked.append(group) or [])
    assert asked == []
    assert load_specs() == {}
    assert load_problems() == ()
    assert asked == [GROUP]
