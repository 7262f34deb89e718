from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rag.text.names import names_of
from rag.types import Filters, Post, RecordQuestion, Turn, Wanted
from rag.understanding.named_post import named_post, sought_in_post
from rag.understanding.record_followups import (
    read_about_last_post,
    read_behind,
    read_of_title,
)
from rag.understanding.record_questions import Reading

NOW = datetime(2026, 5, 20, tzinfo=UTC)
NAMES = names_of(
    authors=("Ines Moreau", "Tom Baker"),
    categories=("Growing",),
    tags=("spring",),
    hosts=("garden.example",),
)
INES, TOM = Filters(authors=("Ines Moreau",)), Filters(authors=("Tom Baker",))
SPRING = Filters(tags=("spring",))
IN_2018 = Filters(since=datetime(2018, 1, 1, tzinfo=UTC), until=datetime(2019, 1, 1, tzinfo=UTC))
MAY_2018, MARCH_2018 = (
    Filters(since=datetime(2018, n, 1, tzinfo=UTC), until=datetime(2018, n + 1, 1, tzinfo=UTC))
    for n in (5, 3)
)
NEWEST = "The newest post is “Compost in winter”, published on 1 March 2016."


def test_it_is_the_one_post_that_was_named_just_now() -> None:
    answer = "The newest post is “Compost in winter”, published on 1 March 2016."
    reading = read_about_last_post("And who wrote it?", answer)
    assert reading
    assert reading.record == RecordQuestion(Wanted.AUTHORS, "Compost in winter", titled=True)
    assert read_about_last_post("When was that post published?", answer)
    assert read_about_last_post("Who wrote it?", "“One”, and “Two”.") is None
    assert read_about_last_post("Why is it warm?", answer) is None
    assert read_about_last_post("What's it about?", answer) == Reading(
        record=RecordQuestion(Wanted.DATE, "Compost in winter", content=True, titled=True),
        rest="What's it about?",
    )


@pytest.mark.parametrize(
    ("question", "wanted", "content"),
    [
        ("Who wrote “Garden news by Tom in 2018”?", Wanted.AUTHORS, False),
        ('who is the author of the post "garden news by tom in 2018"', Wanted.AUTHORS, False),
        ("When was the article called “Garden news by Tom in 2018” published?", Wanted.DATE, False),
        ("Who wrote “Garden news by Tom in 2018?”", Wanted.AUTHORS, False),
        ("What is “Garden news by Tom in 2018” about?", Wanted.DATE, True),
    ],
)
def test_what_a_quoted_title_says_limits_nothing(
    question: str, wanted: Wanted, content: bool
) -> None:
    title = "Garden news by Tom in 2018"
    post = Post("1", title, "", NOW)
    reading = read_of_title(question, lambda said: [post] if said.lower() == title.lower() else [])
    assert reading
    assert reading.record
    assert not reading.recognised
    assert reading.rest == question
    assert (reading.record.wanted, reading.record.content) == (wanted, content)
    assert reading.record.titled
    assert reading.record.topic.lower() == title.lower()


def test_what_is_quoted_and_is_no_title_is_no_question_for_a_record() -> None:
    assert read_of_title("What is “wool” about?", lambda said: []) is None
    post = Post("1", "Wool", "", NOW)
    assert read_of_title("What does “Wool” say about sheep?", lambda said: [post]) is None


@pytest.mark.parametrize(
    ("asked", "question", "wanted", "topic", "limits"),
    [
        (["posts by Ines Moreau"], "only those from 2018", Wanted.LIST, "", [INES, IN_2018]),
        (["posts by Ines Moreau"], "and the ones tagged spring?", Wanted.LIST, "", [INES, SPRING]),
        (["posts by Ines in 2018"], "just those by Tom", Wanted.LIST, "", [IN_2018, TOM]),
        (["How many posts about slugs?"], "which ones?", Wanted.LIST, "slugs", []),
        (["How many posts about slugs by Tom?"], "Which are they?", Wanted.LIST, "slugs", [TOM]),
        (["posts about slugs"], "How many of them are by Tom?", Wanted.COUNT, "slugs", [TOM]),
        (["How many posts by Ines?", "only those from 2018"], "which ones?", Wanted.LIST, "",
         [INES, IN_2018]),
        (["How many posts are there?", "How many of them are by Ines?"], "And by Tom?",
         Wanted.COUNT, "", [TOM]),
        (["posts about slugs"], "What about in 2018?", Wanted.LIST, "slugs", [IN_2018]),
        (["posts about slugs by Ines"], "in 2018?", Wanted.LIST, "slugs", [INES, IN_2018]),
        (["posts about slugs from 2018"], "and about wool?", Wanted.LIST, "wool", [IN_2018]),
        (["How many posts are about slugs?", "and about wool?"], "And in 2018?", Wanted.COUNT,
         "wool", [IN_2018]),
        (["posts by Ines"], "which of them are about wool?", Wanted.LIST, "wool", [INES]),
        (["posts by Ines"], "only those about wool", Wanted.LIST, "wool", [INES]),
        (["posts by Ines", "in 2018?"], "from May", Wanted.LIST, "", [INES, MAY_2018]),
        (["posts by Ines from May 2018"], "and March?", Wanted.LIST, "", [INES, MARCH_2018]),
        (["posts by Ines"], "and 2018?", Wanted.LIST, "", [INES, IN_2018]),
        (["posts about slugs by Ines"], "which one is the newest?", Wanted.NEWEST, "slugs", [INES]),
        (["How many posts by Ines?"], "and the oldest?", Wanted.OLDEST, "", [INES]),
        (["posts by Ines"], "when was the first one published", Wanted.OLDEST, "", [INES]),
        (["What is the newest post by Ines?"], "and the oldest?", Wanted.OLDEST, "", [INES]),
        (["posts by Ines in 2018", "and Tom?"], "how many are there in all?", Wanted.COUNT, "",
         [TOM, IN_2018]),
        (["newest post by Ines"], "and by Tom?", Wanted.NEWEST, "", [TOM]),
        (["When was the first post by Ines published?"], "and the last?", Wanted.NEWEST, "",
         [INES]),
        (["oldest post", "and the newest?"], "in 2018?", Wanted.NEWEST, "", [IN_2018]),
        (["posts about slugs"], "any about wool?", Wanted.LIST, "wool", []),
        (["posts about slugs"], "which are from 2018?", Wanted.LIST, "slugs", [IN_2018]),
        (["posts by Ines", "how many posts?"], "which posts?", Wanted.LIST, "", [INES]),
        (["posts by Ines about slugs"], "How many posts did she write in 2018?", Wanted.COUNT, "",
         [INES, IN_2018]),
        (["Who is Ines Moreau?"], "What did she write?", Wanted.LIST, "", [INES]),
        (["Who is Ines?", "What did she write?"], "and in 2018?", Wanted.LIST, "", [INES, IN_2018]),
    ],
)  # fmt: skip
def test_a_question_goes_on_from_one_about_posts(
    asked: list[str], question: str, wanted: Wanted, topic: str, limits: list[Filters]
) -> None:
    reading = read_behind(question, [Turn(one) for one in asked], NAMES, NOW)
    assert reading
    assert reading.record
    assert (reading.record.wanted, reading.record.topic) == (wanted, topic)
    assert [one.filters for one in reading.recognised] == limits


@pytest.mark.parametrize(
    ("asked", "answer", "question"),
    [
        ("How deep should I sow?", "", "only those from 2018"),
        ("How deep should I sow?", "It is called “dibbling”.", "What is it about?"),
        ("posts about slugs", "", "only those that eat lettuces"),
        ("posts about slugs", "", "Which slugs eat lettuces?"),
        ("posts about slugs", "", "And by the river?"),
        ("posts about slugs", "", "about how many lettuces are lost?"),
        ("posts about slugs", "", "and in Korea?"),
        ("posts about slugs", "", "which are free?"),
        ("newest post", "", "and by the river?"),
        ("posts by Ines", "", "What does she grow?"),
        ("posts about slugs", "", "Which is the oldest garden?"),
        ("posts about slugs", "", "and the first one?"),
        ("How deep should I sow?", "", "and the oldest?"),
        ("Who was Sejong?", "", "What did he write?"),
        ("newest post", NEWEST, "which ones?"),
        ("posts by Ines", "", "How many lettuces did she lose in 2018?"),
    ],
)
def test_other_questions_go_on_from_nothing(asked: str, answer: str, question: str) -> None:
    assert read_behind(question, [Turn(asked, answer)], NAMES, NOW) is None


@pytest.mark.parametrize(
    ("asked", "question", "by", "extreme"),
    [
        ("posts about slugs by Tom", "Who wrote them?", "authors", ""),
        ("How many posts about slugs by Tom?", "which tags do they have?", "tags", ""),
        ("posts about slugs by Tom", "how many of them per year?", "years", ""),
        ("Which tags have the most posts about slugs by Tom?", "and the fewest?", "tags", "fewest"),
        ("Which year had the fewest posts about slugs by Tom?", "and the most?", "years", "most"),
        ("Who wrote the fewest posts about wool by Tom?", "and about slugs?", "authors", "fewest"),
    ],
)
def test_what_the_posts_bear_is_counted_behind_a_question_for_them(
    asked: str, question: str, by: str, extreme: str
) -> None:
    reading = read_behind(question, [Turn(asked)], NAMES, NOW)
    assert reading
    assert reading.record == RecordQuestion(Wanted.TALLY, "slugs", by=by, extreme=extreme)
    assert [one.filters for one in reading.recognised] == [TOM]


def test_how_many_those_with_the_most_posts_wrote_are_their_posts() -> None:
    turn = Turn("Who wrote most?", "The author with the most posts is Tom Baker: 3 posts.")
    reading = read_behind("How many did he write?", [turn], NAMES, NOW)
    assert reading
    assert reading.record == RecordQuestion(Wanted.COUNT)
    later = [turn, Turn("What did he write?"), Turn("and in 2018?")]
    reading = read_behind("which ones?", later, NAMES, NOW)
    assert reading
    assert [one.filters for one in reading.recognised] == [TOM, IN_2018]


def test_what_the_one_post_is_about_is_asked_behind_a_question_about_posts() -> None:
    reading = read_behind("what is it about?", [Turn("newest post", NEWEST)], NAMES, NOW)
    assert reading
    assert reading.record
    assert (reading.record.topic, reading.record.content) == ("Compost in winter", True)


def test_the_newest_post_needs_no_answer_to_be_meant() -> None:
    for question, content in (("What is it about?", True), ("Who wrote it?", False)):
        reading = read_behind(question, [Turn("newest post by Ines")], NAMES, NOW)
        assert reading
        assert reading.record == RecordQuestion(Wanted.NEWEST, content=content)
        assert [one.filters for one in reading.recognised] == [INES]


def record(title: str, day: datetime, *authors: str) -> Post:
    return Post(title, title, "", published=day, authors=authors)


WINTER = record("Compost in winter", datetime(2016, 3, 1, 9, tzinfo=UTC), "Ines Moreau")
NO_DIG = record("Why “no dig” works", datetime(2015, 4, 2, tzinfo=UTC), "Tom Baker")
ON_THE_POST = Turn("newest post", NEWEST)


def titled(title: str) -> list[Post]:
    return [post for post in (WINTER, NO_DIG) if post.title == title]


def behind(question: str, *history: Turn) -> Reading | None:
    return read_behind(question, history or (ON_THE_POST,), NAMES, NOW, titled)


@pytest.mark.parametrize(
    ("answer", "post"),
    [
        (NEWEST, WINTER),
        ("The oldest post about “dig” is “Why “no dig” works”, published on 2 April 2015.", NO_DIG),
        ("1 post about “dig” was found. “Why “no dig” works”, published on 2 April 2015.", NO_DIG),
        ("“Compost in winter” was written by Ines Moreau and published on 1 March 2016.", WINTER),
        ("“Compost in winter” was published on 1 March 2016. Heat it. “Turn,” she said.", WINTER),
        ("2 posts were found. “Compost in winter”, published on 1 March 2016.", None),
        ("“Compost in spring” was published on 1 March 2016.", None),
        ("Heat “Compost in winter”, published on 1 March 2016.", None),
        ("", None),
    ],
)  # fmt: skip
def test_an_answer_from_the_records_names_one_post(answer: str, post: Post | None) -> None:
    assert named_post(answer, titled) == post


def test_posts_of_one_title_are_told_by_their_dates() -> None:
    older = replace(WINTER, id="older", published=datetime(2015, 3, 1, tzinfo=UTC))
    assert named_post(NEWEST, lambda title: [older, WINTER]) == WINTER
    assert named_post("“Notes” was written by Tom Baker.", lambda title: [older, WINTER]) is None


@pytest.mark.parametrize(
    ("question", "wanted", "content"),
    [
        ("thanks! and who wrote that post?", Wanted.AUTHORS, False),
        ("Who's the author?", Wanted.AUTHORS, False),
        ("and when?", Wanted.DATE, False),
        ("What year is it from?", Wanted.DATE, False),
        ("Summarize it please", Wanted.DATE, True),
        ("Could you give me a short summary of the article?", Wanted.DATE, True),
        ("tl;dr", Wanted.DATE, True),
    ],
)
def test_the_record_of_the_named_post_is_asked_for(
    question: str, wanted: Wanted, content: bool
) -> None:
    reading = behind(question)
    assert reading
    assert reading.record == RecordQuestion(wanted, WINTER.title, content=content, titled=True)


@pytest.mark.parametrize(
    "question",
    [
        "What does it say about bees?", "What does it recommend?", "Does the post mention Slack?",
        "And how hot does it get?", "Why?", "What does she recommend?", "any figures?",
    ],
)  # fmt: skip
def test_what_the_named_post_says_is_looked_for_in_it_alone(question: str) -> None:
    reading = behind(question)
    assert reading
    assert reading.record is None
    assert [one.filters for one in reading.recognised] == [Filters(titles=(WINTER.title,))]
    # … and behind that still, but not behind another subject.
    said = Turn(question, "It rots.")
    assert behind("What does it say of rats?", ON_THE_POST, said)
    other = Turn("How deep should I sow beans?", "Two inches.")
    assert behind("How long does it take?", ON_THE_POST, said, other) is None


@pytest.mark.parametrize(
    "question",
    ["How deep should I sow beans?", "Where does she live?", "And slugs?", "What is a polder?"],
)
def test_what_does_not_point_at_the_named_post_is_looked_for_everywhere(question: str) -> None:
    assert behind(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "What else did the author write?", "other posts by the same author?", "more by her",
        "anything else from this author?", "What has she written?", "show me posts by this writer",
    ],
)  # fmt: skip
def test_the_author_is_that_of_the_named_post(question: str) -> None:
    reading = behind(question)
    assert reading
    assert reading.record == RecordQuestion(Wanted.LIST)
    assert [one.filters for one in reading.recognised] == [INES]


def test_the_post_before_and_the_one_after_are_among_those_that_were_asked_for() -> None:
    asked = Turn("newest post by Ines about peat", NEWEST)
    for question in ("And the one before that?", "the previous one", "what about the post before?"):
        reading = behind(question, asked)
        assert reading
        assert reading.record == RecordQuestion(Wanted.NEWEST, "peat")
        assert [one.filters for one in reading.recognised] == [
            INES,
            Filters(until=WINTER.published),
        ]
    reading = behind("and the next one?", Turn("first post about peat", NEWEST))
    assert reading
    assert reading.record == RecordQuestion(Wanted.OLDEST, "peat")
    (limit,) = reading.recognised
    assert limit.filters.since
    assert WINTER.published
    assert limit.filters.since > WINTER.published


@pytest.mark.parametrize(
    ("question", "sought"),
    [
        ("What does it say about bees?", "bees"),
        ("Does the post mention Slack?", "Slack"),
        ("What else does the author say about rats and mice?", "rats and mice"),
        ("What does it recommend?", "What does it recommend?"),
    ],
)
def test_what_stands_for_the_post_is_not_looked_for_in_it(question: str, sought: str) -> None:
    assert sought_in_post(question) == sought


def test_that_post_is_the_one_that_was_quoted_where_none_was_named() -> None:
    history = [Turn("How hot is a heap?", "Compost needs turning.")]

    def quoted(answer: str) -> Post | None:
        return WINTER if answer == "Compost needs turning." else None

    reading = read_behind("thanks! and who wrote that post?", history, NAMES, NOW, titled, quoted)
    assert reading
    assert reading.record == RecordQuestion(Wanted.AUTHORS, WINTER.title, titled=True)
    assert read_behind("And who wrote it?", history, NAMES, NOW, titled, quoted) is None
