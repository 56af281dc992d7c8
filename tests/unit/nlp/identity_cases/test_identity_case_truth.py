"""The generator of identity cases: the same seed gives the same cases, and the truth is fair."""

import csv
import json

import pytest
from identity_cases import KINDS, Maker, mixed, of_each, write
from identity_contacts import slug, spellings
from identity_people import World


@pytest.fixture(scope="module")
def small() -> Maker:
    return Maker(World(1500, seed=5))


@pytest.fixture(scope="module")
def cases(small: Maker):
    return of_each(small, 12)


def test_the_same_seed_gives_the_same_files(tmp_path) -> None:
    for name in ("one", "other"):
        world = World(300, seed=9)
        write(world, mixed(Maker(world), 60), tmp_path / name)
    for file in ("crm.csv", "authors.jsonl", "truth.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_another_seed_gives_another_world() -> None:
    assert [one.person.name for one in World(50, seed=1).contacts] != [one.person.name for one in World(50, seed=2).contacts]


def test_contacts_have_ids_of_their_own(small: Maker) -> None:
    ids = [contact.contact_id for contact in small.world.contacts]
    assert len(ids) == len(set(ids))


def test_who_is_to_be_found_is_in_the_crm_with_all_their_entries(small: Maker, cases) -> None:
    contacts = {contact.contact_id: contact for contact in small.world.contacts}
    for case in cases:
        assert bool(case.contact_id) == KINDS[case.kind].customer
        assert set(case.acceptable) <= contacts.keys()
        if case.contact_id:
            twins = {one.contact_id for one in contacts.values() if one.duplicate_of == case.contact_id}
            assert set(case.acceptable) == {case.contact_id, *twins}


def test_strangers_bear_no_name_of_a_customer(small: Maker) -> None:
    known = {spelling for contact in small.world.contacts for spelling in spellings(contact.person)}
    for _ in range(200):
        assert not spellings(small.stranger()) & known


def test_an_account_of_a_customer_is_older_than_the_relation_and_a_recycled_one_is_another_persons(small: Maker, cases) -> None:
    contacts = {contact.contact_id: contact for contact in small.world.contacts}
    for case in cases:
        year = case.author["created_year"]
        if case.kind == "known_handle" and year is not None:
            assert year <= contacts[case.contact_id].since


def test_someone_found_by_name_has_no_other_account_on_that_platform(small: Maker, cases) -> None:
    contacts = {contact.contact_id: contact for contact in small.world.contacts}
    for case in cases:
        if case.contact_id and case.kind != "known_handle" and case.author["platform"] != "blog":
            assert case.author["platform"] not in contacts[case.contact_id].handles


def test_where_an_employer_is_said_nobody_else_there_could_be_meant(small: Maker, cases) -> None:
    contacts = {contact.contact_id: contact for contact in small.world.contacts}
    for case in cases:
        if case.kind in {"name_employer", "nickname_employer", "initial_employer", "handle_pattern"}:
            one = contacts[case.contact_id].person
            others = [other.person for other in small.world.by_company[one.company.name] if other.person is not one]
            same = [
                other for other in others if slug(other.last) == slug(one.last) and slug(other.first)[0] == slug(one.first)[0]
            ]
            assert same == []


def test_the_files_have_the_format_that_eval_reads(small: Maker, cases, tmp_path) -> None:
    write(small.world, cases, tmp_path)
    with (tmp_path / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["author_id"]: row for row in csv.DictReader(file)}
    authors = [json.loads(line) for line in (tmp_path / "authors.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [author["author_id"] for author in authors] == list(truth)
    assert {row["kind"] for row in truth.values()} == set(KINDS)
    with (tmp_path / "crm.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(small.world.contacts)


def test_a_world_that_is_too_small_for_a_kind_says_so() -> None:
    maker = Maker(World(1, seed=1))
    maker.employed = maker.employed or maker.singles
    with pytest.raises(ValueError, match="too small for a case of two_of_one_name"):
        list(maker.cases("two_of_one_name", 1))
