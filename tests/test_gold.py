from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases.gold import (
    Gold,
    RetrievedText,
    find,
    holds,
    is_heading,
    is_post,
    normalise,
    same_sentence,
    sentence_hash,
)
from rag.types import Hit, Passage, Post, Section, Sentence

QUOTE = "The bed with wool mulch lost three of forty lettuces."  # ten words


def under(key: str, heading: str, text: str) -> Section:
    return Section(key, (heading,) if heading else (), None, 1, text)


@pytest.mark.parametrize(
    ("gold_id", "post_id", "same"),
    [
        ("12", "blog.example.org/12", True),
        ("12", "blog.example.org/sub/12", True),
        ("12", "12", True),
        ("12", "blog.example.org/112", False),
        ("blog.example.org/12", "blog.example.org/12", True),
        ("blog.example.org/12", "other.example.org/12", False),
        ("about", "blog.example.org/about", False),
    ],
)
def test_a_gold_post_is_named_by_its_full_id_or_its_wordpress_id(
    gold_id: str, post_id: str, same: bool
) -> None:
    assert is_post(Gold(gold_id, "", "x"), post_id) is same


def test_quotes_dashes_case_and_white_space_do_not_matter() -> None:
    assert normalise("It’s “Open”\u00a0– ﬁnally\n") == normalise('it\'s "open" - finally')


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_six_of_ten_words_are_enough_for_a_passage_and_five_are_not() -> None:
    words = QUOTE.rstrip(".").split()
    assert len(words) == 10
    assert holds("Before. " + " ".join(reversed(words[:6])) + " after.", QUOTE)
    assert not holds("Before. " + " ".join(words[:5]) + " after.", QUOTE)


def test_a_word_counts_as_often_as_it_stands_there() -> None:
    assert not holds("row", "row row row your boat")
    assert holds("row row row", "row row row your boat")


@given(st.text(min_size=1), st.text(), st.text())
def test_what_stands_around_a_held_quote_takes_nothing_away(
    quote: str, before: str, behind: str
) -> None:
    text = f"{before}\n{quote}\n{behind}"
    assert holds(text, quote) or not holds(quote, quote)


def test_a_cited_part_of_the_gold_sentence_is_right_and_so_is_the_whole_of_a_gold_part() -> None:
    assert same_sentence("wool mulch lost three", QUOTE)
    assert same_sentence(QUOTE, "wool mulch lost three")


def test_stop_words_alone_make_no_match() -> None:
    assert not same_sentence("With the other of these.", QUOTE)


def test_another_sentence_of_the_same_subject_is_not_the_gold_one() -> None:
    assert not same_sentence("The bare bed lost twenty-two lettuces in June.", QUOTE)


@given(st.text(), st.text())
def test_which_of_two_sentences_is_gold_does_not_matter(one: str, other: str) -> None:
    assert same_sentence(one, other) == same_sentence(other, one)


def test_gold_is_found_under_its_own_heading_first() -> None:
    first, second = under("1", "Now", f"{QUOTE} So."), under("2", "Then", f"{QUOTE} Yes.")
    assert find(Gold("1", "Then", QUOTE), (first, second)) == second
    assert find(Gold("1", "Elsewhere", QUOTE), (first, second)) == first


def test_gold_that_the_text_no_longer_holds_is_not_found() -> None:
    assert find(Gold("1", "", QUOTE), (under("0", "", "Nothing of the kind is here."),)) is None


def test_gold_before_the_first_heading_has_an_empty_heading() -> None:
    assert is_heading(Gold("1", "", "x"), ())
    assert not is_heading(Gold("1", "", "x"), ("Results",))
    assert is_heading(Gold("1", "The “Results”", "x"), ("Garden", 'the "results"'))


def test_a_hit_is_graded_by_its_post_and_its_passage_alone() -> None:
    sentence = Sentence("Second.", 7)
    passage = Passage("p", Post("a/1", "T", ""), under("0", "", "First. Second."), (sentence,), 3)
    assert RetrievedText.of(Hit(passage, 0.5)) == RetrievedText("a/1", "Second.")


def test_scripts_without_spaces_are_compared_too() -> None:
    assert holds("六月我们比较了五个菜床。结果如下。", "我们比较了五个菜床。")
    assert not same_sentence("铜带没有作用。", "我们比较了五个菜床。")


def test_a_sentence_is_named_by_its_letters_and_digits() -> None:
    named = sentence_hash("It’s “Open”\u00a0– ﬁnally, at 3!\n")
    assert named == hashlib.sha256(b"it s open finally at 3").hexdigest()[:16]
    assert sentence_hash("it's OPEN (finally) at 3") == named
    assert sentence_hash("It’s open, finally, at 4.") != named
    assert sentence_hash("…!") == ""


def test_a_quote_that_is_not_known_yet_stands_nowhere() -> None:
    section = under("0", "", QUOTE)
    assert find(Gold("1", "", "", sentence_hash(QUOTE)), (section,)) is None
    assert not holds(QUOTE, "")
    assert not same_sentence(QUOTE, "")
