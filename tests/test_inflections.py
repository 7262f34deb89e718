from __future__ import annotations

import pytest

from rag.text.inflections import bases, holds


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


def test_words_are_held_in_any_form() -> None:
    text = frozenset(one for word in ("bees", "were", "painted") for one in bases(word))
    assert holds(text, frozenset({"bee", "painting"}))
    assert not holds(text, frozenset({"bee", "hive"}))
