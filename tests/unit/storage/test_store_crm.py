"""Former companies, and pairs of customers that may be one person."""

from __future__ import annotations

import pytest

from listener.core.brand import Evidence
from listener.core.crm import CustomerPair, Employment, PairState, is_another_person, is_same_company
from listener.core.people import Reason
from storage.store import Store
from tests.support.heard import DAY, NOW, customer, hear, identify, import_customers, linked, mention, understand

WHY = (Reason("the same name", 9.5, Evidence.NAME),)


def moved(company: str, **values):
    return customer(1, company=company, website=f"https://{company.lower()}.example", **values)


# ------------------------------------------------------------------------------------------------ former companies


def test_a_change_of_company_keeps_the_former_one_once(any_store: Store) -> None:
    import_customers(any_store, moved("Fenwick"))
    for number, company in enumerate(["Fenwick", "Brightmoor", "Brightmoor", "Northquay"]):
        import_customers(any_store, moved(company), import_id=f"i{number}", now=NOW + number * DAY)
    former = any_store.employments.of(["C1", "C9"])
    assert former == {
        "C1": [
            Employment("Brightmoor", NOW + 3 * DAY, "Engineer", "https://brightmoor.example"),
            Employment("Fenwick", NOW + DAY, "Engineer", "https://fenwick.example"),
        ]
    }


def test_the_company_of_the_time(any_store: Store) -> None:
    import_customers(any_store, moved("Fenwick"), customer(2))
    import_customers(any_store, moved("Brightmoor"), customer(2), import_id="i2", now=NOW + DAY)
    import_customers(any_store, moved("Northquay"), customer(2), import_id="i3", now=NOW + 3 * DAY)
    wanted = [("C1", NOW), ("C1", NOW + 2 * DAY), ("C1", NOW + 4 * DAY), ("C2", NOW), ("C9", NOW)]
    assert any_store.employments.companies_at(wanted) == {
        ("C1", NOW): "Fenwick",
        ("C1", NOW + 2 * DAY): "Brightmoor",
    }


@pytest.mark.parametrize("company", ["FENWICK", "Fenwick Ltd.", "Fenwick Tools"])
def test_another_spelling_is_no_other_company(sqlite_store: Store, company: str) -> None:
    import_customers(sqlite_store, customer(1, company="Fenwick", website=None))
    import_customers(sqlite_store, customer(1, company=company, website=None), import_id="i2", now=NOW + DAY)
    assert sqlite_store.employments.of(["C1"]) == {}


def test_an_id_that_passed_to_somebody_else_tells_nothing_of_the_former_person(any_store: Store) -> None:
    import_customers(any_store, moved("Fenwick"))
    import_customers(any_store, moved("Brightmoor"), import_id="i2", now=NOW + DAY)
    other = {"first_name": "Bela", "last_name": "Quell", "email": "bela@quay.example"}
    import_customers(any_store, moved("Northquay", **other), import_id="i3", now=NOW + 2 * DAY)
    assert any_store.employments.of(["C1"]) == {}


@pytest.mark.parametrize(
    ("name", "email", "new", "new_email", "another"),
    [
        ("Anna Meier", None, "Bela Quell", None, True),
        ("Anna Meier", "a@b.example", "Bela Quell", "q@b.example", True),
        ("Anna Meier", "a@b.example", "Bela Quell", "A@b.example", False),
        ("Anna Meier", None, "Anna Quell", None, False),
        ("Zoë Meier", None, "zoe quell", None, False),
        ("", None, "Bela Quell", None, False),
    ],
)
def test_another_person(name, email, new, new_email, another):
    assert is_another_person(name, email, new, new_email) is another


def test_one_company_or_two():
    assert is_same_company("Fenwick", "https://fenwick.example", "Ridley Group", "http://www.fenwick.example/about")
    assert not is_same_company("Fenwick", "https://fenwick.example", "Fenwick Tools", "https://tools.example")
    assert not is_same_company("Fenwick", None, "", None)
    assert not is_same_company("Fenwick", None, "Ridley", None)


# -------------------------------------------------------------------------------------------------------- pairs


def pair(one: str = "C1", other: str = "C2", probability: float = 0.9) -> CustomerPair:
    return CustomerPair(one, other, probability, WHY)


def three(store: Store) -> None:
    import_customers(store, customer(1), customer(2), customer(3))


def test_pairs_are_proposed_once_and_listed_by_likelihood(any_store: Store) -> None:
    three(any_store)
    assert any_store.customer_pairs.propose(["C1", "C2", "C3"], [pair(), pair("C3", "C1", 0.99)], NOW) == 2
    assert any_store.customer_pairs.propose(["C1"], [pair(), pair("C1", "C3", 0.98)], NOW + DAY) == 0
    found = any_store.customer_pairs.list_pairs()
    assert [(one.contact_id, one.other_contact_id, one.probability) for one in found] == [("C1", "C3", 0.98), ("C1", "C2", 0.9)]
    assert found[0].evidence == WHY
    assert any_store.customer_pairs.count() == 2
    assert [one.other_contact_id for one in any_store.customer_pairs.list_pairs("C2")] == ["C2"]


def test_what_is_not_found_again_is_dropped_unless_decided(any_store: Store) -> None:
    three(any_store)
    pairs = any_store.customer_pairs
    pairs.propose(["C1"], [pair(), pair("C1", "C3")], NOW)
    decided = pairs.decide("C2", "C1", PairState.DIFFERENT, "kim", NOW)
    assert decided is not None
    assert (decided.state, decided.actor, decided.evidence) == (PairState.DIFFERENT, "kim", WHY)
    assert pairs.propose(["C1"], [], NOW + DAY) == 0
    assert pairs.list_pairs() == []
    assert [one.state for one in pairs.list_pairs(decided=True)] == [PairState.DIFFERENT]
    assert pairs.decided(["C1", "C2", "C3"]) == {frozenset({"C1", "C2"})}


def test_who_is_one_person_hangs_together(any_store: Store) -> None:
    three(any_store)
    pairs = any_store.customer_pairs
    assert pairs.same_groups(["C1"]) == {}
    assert pairs.decide("C1", "C2", PairState.SAME, "kim", NOW) is not None
    assert pairs.decide("C3", "C2", PairState.SAME, "kim", NOW) is not None
    everybody = frozenset({"C1", "C2", "C3"})
    assert pairs.same_groups(["C1", "C3", "C9"]) == {"C1": everybody, "C3": everybody}
    assert pairs.decide("C1", "C9", PairState.SAME, "kim", NOW) is None
    import_customers(any_store, customer(1), customer(2), import_id="i2")
    assert pairs.same_groups(["C1"]) == {"C1": frozenset({"C1", "C2"})}


def test_candidates_say_who_is_one_person(any_store: Store) -> None:
    import_customers(any_store, *(customer(number) for number in range(1, 6)))
    pairs = any_store.customer_pairs
    for one, other in (("C3", "C2"), ("C3", "C5")):
        pairs.decide(one, other, PairState.SAME, "kim", NOW)
    pairs.decide("C1", "C2", PairState.DIFFERENT, "kim", NOW)

    def marked(*numbers: int) -> dict[str, str | None]:
        found = any_store.customers.candidates([f"email:ada{number}@firm{number}.example" for number in numbers], 9)
        return {one.contact_id: one.same_as for some in found.values() for one in some}

    assert marked(1, 2, 3, 4, 5) == {"C1": None, "C2": "C2", "C3": "C2", "C4": None, "C5": "C2"}
    assert marked(2, 5) == {"C2": "C2", "C5": "C2"}  # who links them was not asked for
    pairs.decide("C3", "C5", PairState.DIFFERENT, "kim", NOW)
    assert marked(3, 5)["C5"] is None


def test_a_decision_makes_the_matches_of_both_due(any_store: Store) -> None:
    three(any_store)
    hear(any_store, mention(1))
    understand(any_store)
    identify(any_store, {"writer1": linked("C1")})
    assert identify(any_store) == []
    any_store.customer_pairs.decide("C1", "C2", PairState.SAME, "kim", NOW)
    assert len(identify(any_store, {"writer1": linked("C1")})) == 1


def test_only_new_and_changed_customers_are_searched(any_store: Store) -> None:
    assert any_store.customer_pairs.are_sought()
    three(any_store)
    assert not any_store.customer_pairs.are_sought()
    search = any_store.customer_pairs.search()
    [page] = search.pages()
    assert [one.contact_id for one in page] == ["C1", "C2", "C3"]
    assert search.earlier(["C1"]) == frozenset()
    any_store.customer_pairs.all_sought(NOW)
    assert any_store.customer_pairs.are_sought()
    import_customers(any_store, customer(1), customer(2, title="CTO"), customer(3), import_id="i2", now=NOW + DAY)
    search = any_store.customer_pairs.search()
    assert [[one.contact_id for one in page] for page in search.pages()] == [["C2"]]
    assert search.earlier(["C1", "C3"]) == frozenset()


def test_a_search_knows_whom_it_met_before(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.customer_pairs.PAGE", 2)
    three(sqlite_store)
    search = sqlite_store.customer_pairs.search()
    met = [search.earlier(["C1", "C2", "C3"]) for _ in search.pages()]
    assert met == [frozenset(), frozenset({"C1", "C2"})]
