"""What every registered connector promises, whoever wrote it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from connectors._registry import load_specs
from listener.core.connector import ConnectorContext, ConnectorSpec
from listener.core.errors import RetryLater, SourceError, SourceRejected
from listener.core.mention import Cursor, Mention, Page
from listener.net.door import GuardedDoor, open_door
from listener.net.settings import DoorSettings
from tests.contract.conn_cases import Case, case_of
from tests.unit.connectors.conn_door import NOW
from tests.unit.net.net_server import Site, serve

KINDS = sorted(load_specs())


@dataclass
class Subject:
    spec: ConnectorSpec
    case: Case
    context: ConnectorContext
    site: Site

    def run(self, cursors: dict[str, Cursor] | None = None, *, hostile: bool = False) -> dict[str, list[Page]]:
        """Every stream of the source, page by page, each from its cursor."""
        options = self.spec.options(**(self.case.hostile if hostile else self.case.working))
        return {
            name: list(self.spec.build(stream, self.context).pages((cursors or {}).get(name, {})))
            for name, stream in self.spec.streams(options, self.context).items()
        }


@pytest.fixture
def door() -> Iterator[GuardedDoor]:
    with open_door(DoorSettings(read_timeout=5, total_timeout=20)) as door:
        yield door


@pytest.fixture(params=KINDS)
def subject(request, tmp_path, door) -> Iterator[Subject]:
    kind = request.param
    with serve() as site:
        yield Subject(load_specs()[kind], case_of(kind)(site, tmp_path), ConnectorContext(door, NOW), site)


def mentions(pages: dict[str, list[Page]]) -> list[Mention]:
    return [mention for stream in pages.values() for page in stream for mention in page.mentions]


def last_cursors(pages: dict[str, list[Page]]) -> dict[str, Cursor]:
    """As the store gives them back: through JSON."""
    return {name: json.loads(json.dumps(stream[-1].cursor)) for name, stream in pages.items()}


def test_something_is_heard_and_every_page_is_one(subject: Subject):
    pages = subject.run()
    assert len(mentions(pages)) >= 2
    assert all(stream for stream in pages.values()), "even a stream with nothing new yields a page: it says so"


def test_mentions_are_sound(subject: Subject):
    for mention in mentions(subject.run()):
        assert mention.platform
        assert mention.origin
        assert mention.external_id
        assert mention.title or mention.text
        assert mention.published_at is None or mention.published_at.utcoffset() is not None
        assert mention.url is None or mention.url.startswith(("http://", "https://"))
        assert "\x00" not in f"{mention.title}{mention.text}"


def test_keys_are_unique(subject: Subject):
    keys = [mention.key for mention in mentions(subject.run())]
    assert len(set(keys)) == len(keys)


def test_what_is_left_out_is_named_with_its_reason(subject: Subject):
    for stream in subject.run().values():
        for page in stream:
            assert all(rejected.item and rejected.reason for rejected in page.rejected)


def test_a_second_pass_yields_nothing_new(subject: Subject):
    first = subject.run()
    second = subject.run(last_cursors(first))
    assert mentions(second) == []
    assert all(page.unchanged for stream in second.values() for page in stream)
    assert last_cursors(second) == last_cursors(first)


def test_the_same_input_gives_the_same_mentions(subject: Subject):
    assert mentions(subject.run()) == mentions(subject.run())


def test_a_preview_gets_no_more_than_it_asked_for(subject: Subject):
    subject.context = ConnectorContext(subject.context.door, NOW, limit=1)
    assert len(mentions(subject.run())) == 1


def test_a_source_that_fails_is_an_error_and_never_nothing(subject: Subject):
    assert subject.case.broken is not None
    subject.case.broken()
    with pytest.raises(SourceError) as caught:
        subject.run()
    assert isinstance(caught.value, RetryLater | SourceRejected)
    assert str(caught.value)


def test_the_metadata_address_is_refused(subject: Subject):
    if subject.case.hostile is None:
        pytest.skip("uses no network")
    with pytest.raises(SourceRejected, match=r"169\.254\.169\.254 is not allowed"):
        subject.run(hostile=True)


def test_a_private_address_needs_the_opt_in(subject: Subject):
    if subject.case.hostile is None:
        pytest.skip("uses no network")
    open_to_private = {**subject.case.working, "private": False}
    subject.case = Case(open_to_private, subject.case.hostile)
    with pytest.raises(SourceRejected, match="private = true"):
        subject.run()
    assert subject.site.seen == []


def test_a_redirect_to_the_metadata_address_is_refused(subject: Subject):
    if subject.case.hostile is None:
        pytest.skip("uses no network")
    from tests.unit.net.net_server import Reply

    for path in list(subject.site.answers):
        subject.site[path] = Reply(b"", 302, {"Location": "http://169.254.169.254/latest"})
    with pytest.raises(SourceRejected, match=r"169\.254\.169\.254\S* is not allowed"):
        subject.run()


def test_options_are_frozen_and_closed(subject: Subject):
    options = subject.spec.options(**subject.case.working)
    name = next(iter(type(options).model_fields))
    with pytest.raises(ValidationError):
        setattr(options, name, None)
    with pytest.raises(ValidationError, match="unknown_option"):
        subject.spec.options(**subject.case.working, unknown_option=1)


def test_a_spec_says_what_it_is(subject: Subject):
    assert subject.spec.kind in KINDS
    assert subject.spec.summary
    assert subject.spec.platform
    assert subject.spec.missing(subject.spec.options(**subject.case.working)) is None
