from __future__ import annotations

import time

import pytest

from rag.types import Turn
from rag.understanding.followups import standalone
from rag.understanding.pointing import leans_back


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


ROSEWOOD = Turn(
    "Who founded the Rosewood library?", "The Rosewood library was founded in 1921 by Ada Lane."
)


@pytest.mark.parametrize(
    "history",
    [
        [ROSEWOOD],
        [Turn("Which library is the oldest?", "Rosewood."), ROSEWOOD],
        [Turn("And who was Rosewood's founder?", ROSEWOOD.answer)],
    ],
)
def test_he_and_she_are_whom_the_answer_named(history: list[Turn]) -> None:
    rarity = {"rosewood": 9.0}.get
    whole = standalone("When did she die?", history, lambda word: rarity(word) or 1.0)
    assert whole.startswith("When did she die? (Ada Lane")
    assert "Ada" not in standalone("When was it built?", history, lambda word: rarity(word) or 1.0)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who is Ines Moreau?", "Ines Moreau leads the Valley Society of Brandham with Tom Baker."),
        ("What did Ines Moreau found?", "The Valley Society, with Tom Baker."),
        ("Who did Ines Moreau play for?", "The Valley Society."),
    ],
)
def test_he_and_she_are_whom_the_question_named(question: str, answer: str) -> None:
    found = added("When did she die?", ROSEWOOD, Turn(question, answer))
    assert {"Ines", "Moreau"} <= found
    assert not {"Ada", "Valley", "Tom"} & found


@pytest.mark.parametrize(
    ("asked", "answer", "question"),
    [
        ("Who are the haenyeo?", "Haenyeo are women who dive off Jeju.", "And how old are they?"),
        ("what is kimchi", "It is cabbage, as they eat it on Jeju.", "And how long do they keep?"),
    ],
)
def test_what_was_just_asked_for_comes_before_older_subjects(
    asked: str, answer: str, question: str
) -> None:
    winters = Turn("Why are winters cold?", "The air comes from Siberia, and from Lake Baikal.")
    subject = asked.split()[-1].strip("?")
    assert added(question, winters, Turn(asked, answer)) == {subject, "Jeju"}


@pytest.mark.parametrize(
    ("asked", "question", "whole"),
    [
        ("what is kimchi", "And how old is it?", "And how old is kimchi?"),
        ("Tell me about USWDS 2.0", "When was it released?", "When was USWDS 2.0 released?"),
        ("What's the seed-swap table?", "Who runs it?", "Who runs the seed-swap table?"),
        ("What is cloud.gov?", "What are its limits?", "What are cloud.gov’s limits?"),
    ],
)
def test_it_is_what_was_asked_for_and_no_name_of_the_answer(
    asked: str, question: str, whole: str
) -> None:
    said = Turn(asked, "Ada Lane of Brandham says so in Micro Purchase Weekly.")
    assert standalone(question, [said]) == whole
    since = Turn("Is it any good?", "Ada Lane says that it is.")
    assert standalone(question, [said, since]) == whole


def test_it_is_what_and_silla_named() -> None:
    history = [Turn("When did Rosewood flood?"), Turn("And Brandham?", "In June, says Ada Lane.")]
    assert standalone("Is it dry again?", history) == "Is Brandham dry again?"


@pytest.mark.parametrize(
    "asked",
    ["What is the best mulch?", "What is the capital of Bruland?", "Why did Rosewood flood?"],
)
def test_it_may_be_what_the_answer_named(asked: str) -> None:
    assert "Lane" in added("How old is it?", Turn(asked, "Lane, say all of Lane."))


def test_versions_and_compounds_are_carried_over_whole() -> None:
    turn = Turn("Who moved the seed-swap table to Grow 2.0 in May?", "")
    assert added("And why was that?", turn) >= {"Grow", "2.0"}
    assert added("Why?", Turn("Is the seed-swap table free?")) >= {"seed-swap", "table"}


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


def test_a_request_for_more_carries_over_what_was_asked() -> None:
    history = [Turn("When should I sow tomatoes?", "In March."), Turn("Can you give more details?")]
    assert added("could you give examples", *history) == {"sow", "tomatoes"}


def test_times_and_the_questions_own_words_are_not_added() -> None:
    turn = Turn("What did Ines Moreau plant in March?", "Leeks, on a Monday.")
    assert added("What did Moreau do then?", turn) & {"March", "Monday", "Moreau"} == set()


def test_time_does_not_grow_with_the_square_of_a_turn() -> None:
    def taken(names: int) -> float:
        turn = Turn("What is it?", "".join(f"Ab{number}, " for number in range(names)))
        started = time.process_time()
        standalone("And why?", [turn])
        return time.process_time() - started

    taken(500)  # the first one compiles
    few = min(taken(500) for _ in range(3))
    assert taken(4000) < few * 8 * 4  # 8 times the names; their square would be 64


@pytest.mark.parametrize("unit", ["a-", "a.", "1", "Ab, ", "A. ", "“Ab  "])
def test_no_text_is_searched_again_from_each_of_its_places(unit: str) -> None:
    started = time.process_time()
    standalone("And why?", [Turn("What is it?", unit * (40_000 // len(unit)))])
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "question",
    [
        "Why?",
        "why mars",
        "What about wool mulch on raised beds?",
        "Where was he born?",
        "what were the reviews?",
        "how do i store the seeds?",
        "And the bare one?",
        "Are there any other beds in the trial garden?",
        "Was there anything notable about the first harvest?",
        "Did that change how people water beds in summer?",
        "How many lettuces did the garden lose that year?",
        "No, I meant the bed of wool mulch in the garden.",
        "Which one do you recommend for a small garden?",
        "when was the second one in relation to the harvest?",
        "Why can't visitors of the garden pick flowers then?",
        "Could you give examples?",
        "Can you give me more details?",
        "can you elaborate further",
        "could you explain further",
        "what would you suggest instead",
        "where can i find more details",
        "could you please give me some more detailed information",
        "What should I plant instead?",
        "how do i improve further?",
        "is mulch from the second bed darker than the first one",
        "Who are the correspondents?",
        "who were the founding members",
        "who was the mayor?",
        "who was killed",
        "Who is responsible?",
        "who is in charge",
        "what day is it held?",
        "What time is it?",
        "What gave Rosewood and the town its name?",
        "how does wool help?",
        "when do doors open?",
        "how much is a ticket?",
        "why are they yellow?",
        "is my dog allowed?",
        "and my roses?",
        "what about our roses?",
        "what is a better way?",
        "what is so special?",
        "what makes sense?",
        "explain why",
        "tell me about it",
        "who are the visitors",
        "what does this mean?",
    ],
)
def test_what_leans_on_the_conversation(question: str) -> None:
    assert leans_back(question)


@pytest.mark.parametrize(
    "question",
    [
        "How did the bare bed compare with wool mulch?",
        "how do i stor garlick?",
        "when to plant potatoes",
        "what is a polder?",
        "What are alkaloids?",
        "why do bees dance in the hive",
        "is there a market in the old town on sundays",
        "how many palaces are there in seoul",
        "who was the general that led the turtle ships",
        "how long does it take to climb the mountain",
        "who were the griots of the old empire and what did they do",
        "when was the wall of the old fortress built and who gave it its name",
        "how much rain fell in the valley this year",
        "which months are best to see one of the cranes",
        "do both the north and the south have winters",
        "What other mulch keeps snails away besides copper?",
        "How many more seats did the new parliament have than the old one?",
        "were there more seats in the new parliament than the old one",
        "What are examples of volcanic islands in Korea?",
        "can you give examples of birds",
        "can you explain photosynthesis",
        "where can i find details about mulch",
        "should i drink more water",
        "what can i plant instead of garlic",
        "how to see further than a mile",
        "what is an example?",
        "Who are the haenyeo?",
        "who were the griots",
        "who was queen min?",
        "Who is namo",
        "What time is it in Pyongyang now?",
        "what time is it in pyongyang",
        "Which dynasty gave Korea its name?",
        "How old were Ines and her sister in the year of the flood?",
        "what is composting?",
        "what is a compost heap?",
        "what's a queen excluder",
        "what are raised beds?",
        "what does mulching mean?",
        "how big is a hive?",
        "how does composting work?",
        "when do bees sleep?",
        "where do swallows nest",
        "who invented compost?",
        "what kills slugs?",
        "why is my sourdough flat?",
        "why do our tomatoes split?",
        "explain crop rotation",
        "tell me about composting",
    ],
)
def test_what_says_all_of_it_is_left_alone(question: str) -> None:
    history = [
        Turn("When was the armistice in Korea signed?", "It was signed on 27 July 1953."),
        Turn("And in Moscow?", "Moscow agreed in June."),
    ]
    assert not leans_back(question)
    assert standalone(question, history) == question
