from __future__ import annotations

import pytest

from rag.followups import leans_back, standalone
from rag.types import Turn


def added(question: str, *history: Turn) -> set[str]:
    """The words that the rewriting has and the question has not."""
    whole = standalone(question, history)
    assert whole.startswith(question)
    return set(whole[len(question) :].strip(" ()").split())


def test_names_of_the_answer_are_carried_over() -> None:
    turn = Turn("who tests the mulch?", "The trials are run by Ines Moreau of the Valley Society.")
    assert {"Ines", "Moreau"} <= added("And where does she live?", turn)


def test_names_that_the_conversation_keeps_coming_back_to_come_first() -> None:
    history = [
        Turn("Who is Ines Moreau?", "Ines Moreau leads the trials."),
        Turn("Where does she work?", "Moreau works in Lyon."),
        Turn("since when?", "Since the flood at Brandham."),
    ]
    found = added("Has she published anything?", *history)
    assert {"Ines", "Moreau"} <= found
    assert "Brandham" not in found


def test_a_word_that_only_begins_a_sentence_is_no_name() -> None:
    turn = Turn("How many lettuces did it lose?", "Three. Nobody counted before.")
    assert added("And the bare one?", turn) == {"lettuces", "lose"}


def test_rare_words_are_carried_over_before_common_ones() -> None:
    rarity = {"beds": 0.1, "vermiculite": 5.0, "mixed": 1.0, "garden": 0.2}.get
    history = [Turn("Are garden beds mixed with vermiculite?")]
    whole = standalone("Why?", history, lambda word: rarity(word, 0.0) or 0.0)
    assert whole == "Why? (mixed vermiculite)"


def test_a_new_subject_is_carried_over_beside_the_old_one() -> None:
    history = [Turn("When should I sow tomatoes?"), Turn("And peppers?"), Turn("Why?")]
    assert {"tomatoes", "peppers"} <= added("How long?", *history)


def test_times_and_the_questions_own_words_are_not_added() -> None:
    turn = Turn("What did Ines Moreau plant in March?", "Leeks, on a Monday.")
    assert added("What did Moreau do then?", turn) & {"March", "Monday", "Moreau"} == set()


@pytest.mark.parametrize(
    ("question", "leans"),
    [("Why?", True), ("What about wool mulch on raised beds?", True), ("Where was he born?", True),
     ("How did the bare bed compare with wool mulch?", False)],
)  # fmt: skip
def test_what_leans_on_the_conversation(question: str, leans: bool) -> None:
    assert leans_back(question) is leans
