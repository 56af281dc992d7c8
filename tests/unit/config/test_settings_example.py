"""The files that `listener init` writes are accepted as they are, and describe every setting."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from config.example import example, example_customers, quoted
from config.file import File, SourceSettings
from config.loader import load
from config.notifiers import Notifier
from config.shape import keys_of
from listener.core.errors import ConfigError
from listener.core.policy import JudgingPolicy


def loaded(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "listener.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {})


def everything() -> str:
    """The example with all its commented settings switched on."""
    return re.sub(r"(?m)^#(?=[\[\w])", "", example("Quillon", "https://quillon.example"))


def test_with_a_brand_and_a_site_it_listens_at_once(tmp_path: Path) -> None:
    settings = loaded(tmp_path, example("Quillon Labs", "www.quillon.example/blog"))

    brand = settings.brands()[0]
    assert (brand.name, brand.domains, brand.rule.targets[0].aliases) == ("Quillon Labs", (), ())
    site, *searches = settings.sources
    assert (site.name, site.kind, site.options["url"]) == ("site", "blog", "https://www.quillon.example/blog")
    assert {source.kind for source in searches} == {"hackernews", "bluesky", "mastodon", "stackexchange", "github"}
    assert not any(source.options for source in searches), "they search for the brand's names, without a key"
    assert settings.customers.file == Path("customers.csv")


@pytest.mark.parametrize(
    ("site", "domains"),
    [
        ("www.quillon.example", ("quillon.example",)),
        ("https://quillon.example/", ("quillon.example",)),
        ("https://quillon.pages.example", ("quillon.pages.example",)),
        ("https://blogs.example/@quillon", ()),
        ("http://127.0.0.1:8000", ()),
    ],
)
def test_only_a_site_of_ones_own_makes_a_domain_and_none_makes_a_name(
    tmp_path: Path, site: str, domains: tuple[str, ...]
) -> None:
    (brand,) = loaded(tmp_path, example("Quillon", site)).brands()
    assert brand.domains == domains
    assert brand.rule.targets[0].aliases == ()


def test_without_them_it_is_accepted_too(tmp_path: Path) -> None:
    settings = loaded(tmp_path, example())
    assert settings.brands()[0].name == "Your Brand"
    assert settings.sources == ()


@pytest.mark.parametrize("name", ['Q"uo\\te', "Ünïcode 日本", "{{site}}", "tab\tname", "a\x7fb", "'; DROP"])
def test_any_name_survives(tmp_path: Path, name: str) -> None:
    assert loaded(tmp_path, example(name, "q.example")).brands()[0].name == name


def test_unusable_names_and_sites_are_refused_together() -> None:
    with pytest.raises(ConfigError) as caught:
        example("  ", "localhost")
    assert [problem.path for problem in caught.value.problems] == ["--brand", "--site"]
    for site in ("", "ftp://q.example", "http://[", "https://q.example:port"):
        with pytest.raises(ConfigError):
            example("Q", site)


def test_all_commented_settings_together_are_accepted(tmp_path: Path) -> None:
    settings = loaded(tmp_path, everything())
    assert {"blog", "rss", "file", "hackernews", "twitter"} <= {source.kind for source in settings.sources}
    assert {notifier.kind for notifier in settings.notifiers} == {"email", "file", "slack", "webhook", "apprise", "console"}


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models(part)


def all_models() -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting: list[type[BaseModel]] = [File]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            waiting += [inner for field in model.model_fields.values() for inner in models(field.annotation)]
    return found


def tables_of(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from tables_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from tables_of(item)


@pytest.mark.parametrize("model", sorted(all_models(), key=lambda model: model.__name__), ids=lambda model: model.__name__)
def test_every_setting_is_in_the_example_and_described(model: type[BaseModel]) -> None:
    written = {key for table in tables_of(tomllib.loads(everything())) for key in table}
    assert set(keys_of(model)) <= written
    assert all(field.description for field in model.model_fields.values() if not _is_kind(model, field))


def _is_kind(model: type[BaseModel], field: object) -> bool:
    return issubclass(model, Notifier) and field is model.model_fields.get("kind")


def test_the_examples_values_are_the_defaults_where_it_says_so(tmp_path: Path) -> None:
    shown, default = loaded(tmp_path, everything()), loaded(tmp_path, example())
    assert shown.judging() == JudgingPolicy(priors={"reviews": (0.3, 0.4, 0.3)})
    for section in ("retention", "digest", "log"):
        assert getattr(shown, section) == getattr(default, section)
    assert shown.nlp.model_copy(update={"model": None}) == default.nlp
    for key in ("connect_timeout", "read_timeout", "total_timeout", "per_host_interval", "workers"):
        assert getattr(shown.net, key) == getattr(default.net, key)
    assert shown.storage.url.get_secret_value() == default.storage.url.get_secret_value()
    assert shown.sources[1].lookback == SourceSettings.model_fields["lookback"].default


def test_policy_settings_are_exactly_the_cores_thresholds() -> None:
    policy = next(model for model in all_models() if model.__name__ == "PolicySettings")
    assert set(policy.model_fields) == set(JudgingPolicy.__dataclass_fields__)


def test_the_sample_of_customers_is_invented_and_regular() -> None:
    rows = list(csv.DictReader(io.StringIO(example_customers())))
    assert len(rows) == 3
    assert all(None not in row and row["contact_id"] for row in rows)
    assert all(row["email"].endswith(".example") and ".example" in row["website"] for row in rows)


def test_quoting_makes_toml_strings() -> None:
    for text in ('"', "\\", "a\nb\x00", "é€😀"):
        assert tomllib.loads(f"a = {quoted(text)}")["a"] == text
