"""Comparing names: a table of pairs."""

from __future__ import annotations

import pytest

from listener.core.people import Customer
from nlp.identity.names import Agreement, agreement, canonical, same_person, words

SAME, PARTLY, SILENT, RELATIVE, OTHER = Agreement


@pytest.mark.parametrize(
    ("shown", "first", "last", "expected"),
    [
        ("Jane Doe", "Jane", "Doe", SAME),
        ("DOE Jane", "jane", "doe", SAME),
        ("Dr. Jane Doe, PhD", "Jane", "Doe", SAME),
        ("J. Doe", "Jane", "Doe", SAME),
        ("Jane D.", "Jane", "Doe", SAME),
        ("J. D.", "Jane", "Doe", PARTLY),
        ("janedoe", "Jane", "Doe", SAME),
        ("DoeJane", "Jane", "Doe", SAME),
        ("Joerg Mueller", "Jörg", "Müller", SAME),
        ("Jorg Muller", "Jörg", "Müller", SAME),
        ("Lukasz Zolty", "Łukasz", "Żółty", SAME),
        ("Billy Green", "William", "Green", SAME),
        ("Liz Taylor", "Elizabeth B.", "Taylor", SAME),
        ("Jana Doe", "Jane", "Doe", PARTLY),
        ("Adelmo Muuratori", "Adelmo", "Muratori", SAME),
        ("Jаne Dоe", "Jane", "Doe", SAME),  # with Cyrillic а and о
        ("Ja\u200bne Doe", "Jane", "Doe", SAME),
        ("Jesper de Keijzer", "Jesper", "de Keijzer", SAME),
        ("Jean-Luc Moreau", "Jean-Luc", "Moreau", SAME),
        ("Shea O'Connor", "Shea", "O’Connor", SAME),
        ("Jane", "Jane", "Doe", PARTLY),
        ("Doe", "Jane", "Doe", PARTLY),
        ("Jane Miller", "Jane", "Doe", PARTLY),
        ("Marco Doe", "Jane", "Doe", RELATIVE),
        ("Janina Doe", "Jane", "Doe", PARTLY),
        ("Rosie Bailey", "Connor", "Singleton", OTHER),
        ("lunar-goblin75", "Jane", "Doe", SILENT),
        ("quietotter", "Jane", "Doe", SILENT),
        ("night owl 7", "Jane", "Doe", SILENT),
        ("🦉", "Jane", "Doe", SILENT),
        ("", "Jane", "Doe", SILENT),
        (None, "Jane", "Doe", SILENT),
        ("Jane Doe", "", "", SILENT),
        ("Jane Doe", "", "Doe", PARTLY),
        ("Jane Doe", "Jane", "", PARTLY),
    ],
)
def test_agreement(shown, first, last, expected):
    assert agreement(shown, Customer("C1", first, last)) is expected


def test_words_are_folded():
    assert words("Prof. Dr. Łukasz  Ångström-Straße") == ("lukasz", "angstrom", "strasse")


def test_two_entries_of_one_person():
    jane = Customer("C1", "Jane", "Doe")
    assert same_person(jane, Customer("C2", "JANE B.", "DOE"))
    assert not same_person(jane, Customer("C2", "Jane", "Miller"))
    assert not same_person(Customer("C1", "", "Doe"), Customer("C2", "", "Doe"))


def test_a_nickname_of_one_name_only_becomes_it():
    assert canonical("billy") == canonical("william")
    assert canonical("zebedee") == "zebedee"
    assert canonical("alex") == "alexander"
