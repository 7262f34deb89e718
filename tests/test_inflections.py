from __future__ import annotations

import pytest

from rag.text.inflections import bases, doers, holds, uncommon_bases


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("dives", "dive"),
        ("skies", "sky"),
        ("ties", "tie"),
        ("buses", "bus"),
        ("wolves", "wolf"),
        ("knives", "knife"),
        ("planned", "plan"),
        ("dived", "dive"),
        ("diving", "dive"),
        ("dying", "die"),
        ("dried", "dry"),
        ("sailing", "sail"),
        ("moss", "moss"),
    ],
)
def test_a_form_leads_back_to_its_word(word: str, base: str) -> None:
    assert base in bases(word)


@pytest.mark.parametrize("word", ["spring", "moss", "bed", "gas", "divers"])
def test_what_is_cut_off_leaves_a_word(word: str) -> None:
    assert all(len(one) >= 3 for one in bases(word))
    assert not {"spr", "mos", "b", "ga", "dive"} & bases(word)


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("skies", "sky"),
        ("wolves", "wolf"),
        ("dying", "die"),
        ("buses", "bus"),
        ("sky", None),
        ("planned", None),
    ],
)
def test_what_stemmers_miss_has_its_own_bases(word: str, base: str | None) -> None:
    own = uncommon_bases(word)
    assert base in own if base else own == []


def test_who_does_what_a_verb_says_is_no_form_of_it() -> None:
    assert "diver" in doers("dives")
    assert "diver" in doers("diving")
    assert "sailor" in doers("sailed")
    assert doers("numbe") == []


def test_words_are_held_in_any_form() -> None:
    text = frozenset(one for word in ("bees", "were", "painted") for one in bases(word))
    assert holds(text, frozenset({"bee", "painting"}))
    assert not holds(text, frozenset({"bee", "hive"}))
