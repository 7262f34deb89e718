from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.chat.marks import Marked, marked_sentences


def read(text: str, *, size: int = 1) -> list[Marked]:
    """As it comes from a model that says so many characters at a time."""
    return list(marked_sentences(text[i : i + size] for i in range(0, len(text), size)))


@pytest.mark.parametrize(
    ("mark", "numbers"),
    [
        ("[3]", (3,)),
        ("[3, 4]", (3, 4)),
        ("[3; 4 and 7]", (3, 4, 7)),
        ("[3-5]", (3, 4, 5)),
        ("[3–5]", (3, 4, 5)),
        ("[3 to 5, 9]", (3, 4, 5, 9)),
        ("[3][3][4]", (3, 4)),
        ("[[3]]", (3,)),
        ("[^3]", (3,)),
        ("[#3]", (3,)),
        ("【3】", (3,)),
        ("【3†source】", (3,)),
        ("【3:1†posts.txt】", None),
        ("[1234]", (1234,)),
        ("[sentence 3]", (3,)),
        ("[Sentences 3 and 4]", (3, 4)),
        ("[source: 3]", None),
        ("`[3]`", (3,)),
        ("[5-2]", (5, 2)),
        ("[1-900]", (1, 900)),
    ],
)
@pytest.mark.parametrize("place", ["Wool helps {}.", "Wool helps. {}", "Wool helps.{}"])
def test_a_mark_in_any_form(mark: str, numbers: tuple[int, ...] | None, place: str) -> None:
    found = read(f"{place.format(mark)} Tape does not [8].")
    if numbers is None:  # not a form that is known: the words stay, and nothing is pointed at
        assert found[0].numbers == ()
    else:
        assert found == [Marked("Wool helps.", numbers), Marked("Tape does not.", (8,))]


@pytest.mark.parametrize(
    "thought",
    [
        "<think>Sentence one [9]. Sentence two.</think>",
        "\n<thinking>\nPerhaps [9].\n</thinking>\n",
        "<think></think>",
        "<reasoning>a < b. Then c.</reasoning> ",
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_thoughts_are_not_part_of_the_answer(thought: str, size: int) -> None:
    assert read(f"{thought}Wool helps [1]. So.", size=size)[0] == Marked("Wool helps.", (1,))


def test_a_thought_that_never_ends_is_no_answer() -> None:
    assert read("<think>First. Second [3]. Third.") == []


def test_a_thought_whose_beginning_the_server_kept() -> None:
    found = read("I look at it</think>Wool helps [1]. It does [2].")
    assert found == [Marked("Wool helps.", (1,)), Marked("It does.", (2,))]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**Wool** helps __much__ [1].", "Wool helps much."),
        ("### Wool helps [1].", "Wool helps."),
        ("* Wool helps [1].", "Wool helps."),
        ("Wool \u202ehelps\u202c [1].", "Wool helps."),
        ("Two * three ** four [1].", "Two * three ** four."),
    ],
)
def test_what_is_no_word_goes(text: str, plain: str) -> None:
    assert read(text) == [Marked(plain, (1,))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[12] Wool helps. [13] Tape does not.", [("Wool helps.", 12), ("Tape does not.", 13)]),
        ("[12]: Wool helps. [13]: Tape does not.", [("Wool helps.", 12), ("Tape does not.", 13)]),
        ("[12] : Wool helps. [13] : So.", [("Wool helps.", 12), ("So.", 13)]),
        ("**[12]:** Wool helps. **[13]**: So.", [("Wool helps.", 12), ("So.", 13)]),
        ("【12】：羊毛很好。【13】：胶带不好。", [("羊毛很好。", 12), ("胶带不好。", 13)]),
        ("- [12] Wool helps.\n- [13] It does.", [("Wool helps.", 12), ("It does.", 13)]),
        ("I look</think>[12] Wool helps. [13] So.", [("Wool helps.", 12), ("So.", 13)]),
        ("[12] Wool helps. Tape does not. [13]", [("Wool helps.", 12), ("Tape does not.", 13)]),
        ("Wool helps. [12] Tape does not. [13]", [("Wool helps.", 12), ("Tape does not.", 13)]),
        ("【12】羊毛很好。【13】胶带不好。", [("羊毛很好。", 12), ("胶带不好。", 13)]),
        ("**Wool helps [12].** Tape does not [13].", [("Wool helps.", 12), ("Tape does not.", 13)]),
        ("**Wool helps.** [12] Tape **does** not [13].",
         [("Wool helps.", 12), ("Tape does not.", 13)]),
        ("**Wool helps [12]. Tape does not [13].**", [("Wool helps.", 12), ("Tape does not.", 13)]),
    ],
)  # fmt: skip
def test_a_mark_and_what_is_bold_belong_to_one_sentence(
    text: str, said: list[tuple[str, int]]
) -> None:
    found = [one for one in read(text) if one.text]
    assert found == [Marked(words, (number,)) for words, number in said]


def test_an_error_comes_behind_the_last_whole_sentence() -> None:
    def breaking() -> Iterator[str]:
        yield "Wool helps [1]. Tape does not. [3] And then it"
        raise ConnectionError

    found = marked_sentences(breaking())
    assert [next(found).numbers, next(found).numbers] == [(1,), (3,)]
    with pytest.raises(ConnectionError):
        next(found)


PIECES = [
    "Wool",
    " helps",
    ". ",
    " [1]",
    "[2, 5]",
    "【3】",
    "\n- ",
    " It",
    " does",
    "! ",
    "5-6",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25), st.integers(1, 9))
def test_pieces_of_any_size_say_the_same(words: list[str], size: int) -> None:
    text = "".join(words)

    def said(size: int) -> list[Marked]:
        return [one for one in read(text, size=size) if re.search("[A-Za-z]", one.text)]

    assert said(size) == said(len(text) + 1)


@pytest.mark.parametrize("piece", ["word and ", "a, b, ", "A b. ", "文、", "[1] ", "<think> ", "["])
def test_text_without_end_is_read_in_time(piece: str) -> None:
    started = time.monotonic()
    found = list(marked_sentences(piece for _ in range(50_000 // len(piece))))
    assert time.monotonic() - started < 30
    assert all(len(one.text) <= 50_000 for one in found)
