from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag.text.names import names_of
from rag.types import Filters, RecordQuestion, Wanted
from rag.understanding.record_questions import read_question

NOW = datetime(2026, 5, 20, tzinfo=UTC)
NAMES = names_of(
    authors=("Ines Moreau", "Tom Baker", "Zoë Núñez", "Anna", "Jan Baker", "The Garden", "Kimroe"),
    categories=("Growing", "Tools and sheds"),
    tags=("spring", "raised-beds", "No dig"),
    hosts=("garden.example",),
)


def year(since: int | None, until: int | None = None) -> Filters:
    first = datetime(since, 1, 1, tzinfo=UTC) if since else None
    return Filters(since=first, until=datetime(until, 1, 1, tzinfo=UTC) if until else None)


def filters_in(question: str) -> dict[str, Filters]:
    return {one.words: one.filters for one in read_question(question, NAMES, NOW).recognised}


@pytest.mark.parametrize(
    ("question", "wanted", "topic"),
    [
        ("newest post about slugs", Wanted.NEWEST, "slugs"),
        ("What's the latest article on the blog?", Wanted.NEWEST, ""),
        ("Who wrote the last post?", Wanted.NEWEST, ""),
        ("When was the most recent post about slugs published?", Wanted.NEWEST, "slugs"),
        ("first post", Wanted.OLDEST, ""),
        ("When did the series about sowing begin, and who are its authors?", Wanted.OLDEST,
         "sowing"),
        ("When was the post about wool mulch published?", Wanted.DATE, "wool mulch"),
        ("When was “Compost in winter” published?", Wanted.DATE, "Compost in winter"),
        ("Who wrote the piece on slugs?", Wanted.AUTHORS, "slugs"),
        ("who is the author of the article about compost", Wanted.AUTHORS, "compost"),
        ("How many posts about tomatoes are there?", Wanted.COUNT, "tomatoes"),
        ("how many posts have you written", Wanted.COUNT, ""),
        ("Is there a post about compost?", Wanted.LIST, "compost"),
        ("Are there posts about my lettuces?", Wanted.LIST, "my lettuces"),
        ("the last three posts", Wanted.LIST, ""),
        ("what's new on this site?", Wanted.LIST, ""),
        ("What is the newest post about?", Wanted.NEWEST, ""),
        ("What's the newest post about?", Wanted.NEWEST, ""),
        ("What’s the newest post by Ines Moreau about?", Wanted.NEWEST, ""),
        ("Who's written about slugs?", Wanted.AUTHORS, "slugs"),
        ("which post is newest", Wanted.NEWEST, ""),
        ("Which post about slugs is the oldest?", Wanted.OLDEST, "slugs"),
        ("latest post in growing", Wanted.NEWEST, ""),
        ("anything published after 2020?", Wanted.LIST, ""),
        ("Do you have anything about slugs?", Wanted.LIST, "slugs"),
        ("When did Ines last post?", Wanted.NEWEST, ""),
        ("When did Tom first write about slugs?", Wanted.OLDEST, "slugs"),
        ("What's been published?", Wanted.LIST, ""),
        ("Who put together the post on slugs in the rain, and what was its title?",
         Wanted.AUTHORS, "slugs in the rain"),
        ("What did the garden post for the spring fair?", Wanted.LIST, "the spring fair"),
        ("What have you written about?", Wanted.LIST, ""),
        ("Was there anything published in 2019?", Wanted.LIST, ""),
        ("Has there been anything published since May?", Wanted.LIST, ""),
        ("Were there any posts about slugs?", Wanted.LIST, "slugs"),
        ("Which post did Ines write last?", Wanted.NEWEST, ""),
        ("What article has Tom Baker published most recently?", Wanted.NEWEST, ""),
        ("Which post did Tom write first?", Wanted.OLDEST, ""),
    ],
)  # fmt: skip
def test_a_question_about_posts_is_told_by_its_form(
    question: str, wanted: Wanted, topic: str
) -> None:
    record = read_question(question, NAMES, NOW).record
    assert record
    assert (record.wanted, record.topic) == (wanted, topic)


@pytest.mark.parametrize(
    ("question", "oldest", "most"),
    [
        ("the last three posts", False, 3),
        ("three latest posts", False, 3),
        ("What are the 4 oldest posts about slugs?", True, 4),
        ("What are the first 12 articles about slugs?", True, 12),
        ("second newest post", False, 2),
        ("What is the third most recent article about slugs?", False, 3),
        ("the 2nd oldest post", True, 2),
        ("newest posts", False, 0),
        ("Show me the oldest articles about slugs", True, 0),
        ("Is there a post about compost?", False, 0),
    ],
)
def test_several_posts_are_asked_for_by_number_or_in_the_plural(
    question: str, oldest: bool, most: int
) -> None:
    record = read_question(question, NAMES, NOW).record
    assert record
    assert (record.wanted, record.oldest, record.most) == (Wanted.LIST, oldest, most)


@pytest.mark.parametrize(
    "question",
    [
        "What did the 2016 election change?",
        "How many lettuces did the bare bed lose in 2016?",
        "Who founded the garden in 1950?",
        "Who wrote the Federalist Papers?",
        "What did Congress publish in 2016?",
        "Which firm published a report in 2016?",
        "Where is the newest post office?",
        "What is the first article of the constitution?",
        "What does the first post of the fence rest on?",
        "What is the latest version of the mower?",
        "How deep should a fence post go since the new rules?",
        "When should I sow in spring?",
        "Is spring the season for growing?",
        "What did Ines Moreau say about slugs?",
        "What did Baker write in 2016?",
        "What did Anna Smith write in 2016?",
        "In Anna's view, what kills slugs?",
        "What was built by Tom Baker?",
        "Did the posts rot?",
        "Which beds lost most in 2014, and which ones in the 2022 post with the wool?",
        "Who wrote about it?",
        "Are there posts about his lettuces?",
        "How many posts about their garden are there?",
        "Which articles mention hers?",
        "What is the post about?",
    ],
)
def test_any_other_question_is_left_as_it_is(question: str) -> None:
    reading = read_question(question, NAMES, NOW)
    assert (reading.record, reading.recognised, reading.rest) == (None, (), question)


@pytest.mark.parametrize(
    ("question", "words", "filters"),
    [
        ("posts by Ines Moreau", "by Ines Moreau", Filters(authors=("Ines Moreau",))),
        ("What did ines write?", "ines", Filters(authors=("Ines Moreau",))),
        ("What did Zoe Nunez write?", "Zoe Nunez", Filters(authors=("Zoë Núñez",))),
        ("Which posts has Anna written?", "Anna", Filters(authors=("Anna",))),
        ("Ines Moreau’s latest post", "Ines Moreau’s", Filters(authors=("Ines Moreau",))),
        ("the newest post that Tom wrote", "Tom", Filters(authors=("Tom Baker",))),
        ("What's the last thing that Ines Moreau has written?", "Ines Moreau",
         Filters(authors=("Ines Moreau",))),
        ("What has Kim Roe published here?", "Kim Roe", Filters(authors=("Kimroe",))),
        ("posts tagged Spring", "tagged Spring", Filters(tags=("spring",))),
        ("posts with the tag “raised beds”", "with the tag “raised beds”",
         Filters(tags=("raised-beds",))),
        ("articles in the category tools and sheds", "in the category tools and sheds",
         Filters(categories=("Tools and sheds",))),
        ("posts in the Growing category", "in the Growing category",
         Filters(categories=("Growing",))),
        ("posts filed under no dig", "filed under no dig", Filters(tags=("No dig",))),
        ("latest post in Growing", "in Growing", Filters(categories=("Growing",))),
        ("How many articles in tools and sheds?", "in tools and sheds",
         Filters(categories=("Tools and sheds",))),
        ("posts in spring", "", Filters()),
        ("posts in Growing lettuces", "", Filters()),
        ("anything published after 2020?", "after 2020", year(2021)),
        ("posts between May and July 2014", "between May and July 2014",
         Filters(since=datetime(2014, 5, 1, tzinfo=UTC), until=datetime(2014, 8, 1, tzinfo=UTC))),
        ("How many posts were published in 2016?", "in 2016", year(2016, 2017)),
        ("2016 posts about slugs", "2016", year(2016, 2017)),
        ("posts from last year", "from last year", year(2025, 2026)),
        ("posts about slugs from 2016", "from 2016", year(2016, 2017)),
        ("What is the newest post about slugs from 2016?", "from 2016", year(2016, 2017)),
        ("What do posts about slugs say of the law from 2016?", "", Filters()),
        ("Which posts have the tag spring?", "have the tag spring", Filters(tags=("spring",))),
        ('How many posts that have the tag "no dig"?', 'that have the tag "no dig"',
         Filters(tags=("No dig",))),
        ("Are there posts under the tag spring?", "under the tag spring",
         Filters(tags=("spring",))),
        ("posts tagged hiring", "tagged hiring", Filters(tags=("hiring",))),
        ("Which posts have the tag “seed swap”?", "have the tag “seed swap”",
         Filters(tags=("seed swap",))),
        ("How many posts are labelled hiring?", "labelled hiring", Filters(tags=("hiring",))),
        ("What do posts tagged hiring say about slugs?", "", Filters()),
        ("Which posts say how birds are tagged in nests?", "", Filters()),
        ("posts not tagged hiring", "", Filters()),
        ("posts about slugs before 2014", "before 2014", year(None, 2014)),
        ("posts about the flood in 2016", "", Filters()),
        ("In 2016, what did the team write about slugs?", "In 2016", year(2016, 2017)),
        ("What do posts from 2016 say about slugs?", "from 2016", year(2016, 2017)),
        ("What do posts by Ines say about bees?", "by Ines", Filters(authors=("Ines Moreau",))),
        ("Do posts by ines moreau mention bees?", "by ines moreau",
         Filters(authors=("Ines Moreau",))),
        ("What does the newest article written by Tom really recommend against slugs?",
         "written by Tom", Filters(authors=("Tom Baker",))),
        ("What can posts about slugs by Anna teach me?", "by Anna", Filters(authors=("Anna",))),
        ("What posts by Ines don't mention bees?", "by Ines", Filters(authors=("Ines Moreau",))),
        ("What does the post about the book by Ines say?", "", Filters()),
        ("What does the post on the law proposed by Tom say?", "", Filters()),
        ("What do posts by Ines Smith say about bees?", "", Filters()),
        ("What do posts by Baker employees say about bees?", "", Filters()),
    ],
)  # fmt: skip
def test_words_become_a_filter_where_they_belong_to_posts(
    question: str, words: str, filters: Filters
) -> None:
    assert filters_in(question) == ({words: filters} if words else {})


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("posts not by Ines", []),
        ("Which posts about slugs were not written by Ines Moreau?", []),
        ("posts that weren’t written by Ines or Tom", []),
        ("Which posts did Ines and Tom not write?", []),
        ("posts other than those by Ines", []),
        ("posts without the tag spring", []),
        ("posts with no tag spring", []),
        ("articles outside the category Growing", []),
        ("all posts except those from 2016", []),
        ("posts published no later than 2016", []),
        ("posts not by Ines but by Tom", ["by Tom"]),
        ("posts by Ines that are not tagged spring", ["by Ines"]),
        ("posts about slugs without pellets by Tom", ["by Tom"]),
        ("posts filed under no dig since 2016", ["filed under no dig", "since 2016"]),
        ("Don't you have posts by Ines?", ["by Ines"]),
        ("posts none of which were written by Ines", []),
        ("posts that I don't think were written by Ines", []),
        ("posts about slugs that don't have the tag spring", []),
        ("Don't show me posts by Ines", []),
        ("Why didn't Tom write about slugs?", []),
        ("I can't find the post by Ines about wool", ["by Ines"]),
        ("I do not remember which post by Tom is about wool", ["by Tom"]),
        ("I'm not quite sure which posts by Tom are about wool", ["by Tom"]),
        ("Why don't slugs eat the lettuces in posts by Tom?", ["by Tom"]),
        ("Which plants don't need water according to posts by Ines?", ["by Ines"]),
        ("Which posts about plants that don't need water were written by Ines?",
         ["written by Ines"]),
        ("Which posts are not about slugs and were written by Ines?", ["written by Ines"]),
        ("What not to plant: posts by Ines", ["by Ines"]),
        ("I can't sleep, which posts by Ines are about that?", ["by Ines"]),
    ],
)  # fmt: skip
def test_what_is_said_not_to_be_meant_is_no_filter(question: str, kept: list[str]) -> None:
    assert list(filters_in(question)) == kept


@pytest.mark.parametrize(
    ("question", "wanted", "topic", "left_out"),
    [
        ("posts tagged spring but not by Ines", Wanted.LIST, "", "but not by Ines"),
        ("posts tagged spring but not slugs", Wanted.LIST, "", "but not slugs"),
        ("posts not by Ines but tagged spring", Wanted.LIST, "", "not by Ines"),
        ("How many posts tagged spring aren’t by Ines?", Wanted.COUNT, "", "aren’t by Ines"),
        ("posts about slugs but not about pellets", Wanted.LIST, "slugs", "but not about pellets"),
        ("newest post about slugs, except those by Tom", Wanted.NEWEST, "slugs",
         "except those by Tom"),
        ("Which posts about slugs were not written by Ines Moreau?", Wanted.LIST, "slugs",
         "were not written by Ines Moreau"),
        ("Which posts are not about slugs and were written by Ines?", Wanted.LIST, "",
         "are not about slugs"),
        ("posts about slugs without pellets", Wanted.LIST, "slugs without pellets", ""),
        ("posts about plants that don't need water", Wanted.LIST,
         "plants that don't need water", ""),
        ("Who wrote “Slugs, not snails”?", Wanted.AUTHORS, "Slugs, not snails", ""),
    ],
)  # fmt: skip
def test_words_for_what_is_not_meant_belong_to_no_subject(
    question: str, wanted: Wanted, topic: str, left_out: str
) -> None:
    record = read_question(question, NAMES, NOW).record
    assert record
    assert (record.wanted, record.topic, record.left_out) == (wanted, topic, left_out)


def test_all_posts_are_not_those_of_everybody_else() -> None:
    assert read_question("posts not by Ines", NAMES, NOW).record is None


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("posts tagged spring or no dig", [Filters(tags=("spring",)), Filters(tags=("No dig",))]),
        ("posts tagged spring, raised beds, or no dig",
         [Filters(tags=("spring",)), Filters(tags=("raised-beds",)), Filters(tags=("No dig",))]),
        ("posts tagged spring or tagged “no dig”",
         [Filters(tags=("spring",)), Filters(tags=("No dig",))]),
        ("articles filed under Growing or tools and sheds",
         [Filters(categories=("Growing",)), Filters(categories=("Tools and sheds",))]),
        ("posts tagged spring or no dig in 2020",
         [Filters(tags=("spring",)), Filters(tags=("No dig",)), year(2020, 2021)]),
        ("posts tagged spring or no dig by Ines",
         [Filters(tags=("spring",)), Filters(tags=("No dig",)), Filters(authors=("Ines Moreau",))]),
        ("posts in the category Growing and tagged spring",
         [Filters(categories=("Growing",)), Filters(tags=("spring",))]),
    ],
)  # fmt: skip
def test_tags_and_categories_are_taken_from_a_list(question: str, found: list[Filters]) -> None:
    reading = read_question(question, NAMES, NOW)
    assert [one.filters for one in reading.recognised] == found
    assert len(reading.rest.split()) == 1


@pytest.mark.parametrize(
    "question",
    [
        "posts tagged spring and no dig",
        "posts tagged spring and tagged no dig",
        "posts tagged spring, raised beds and no dig",
        "posts filed under Growing or spring",
    ],
)
def test_what_filters_cannot_say_is_not_recognised_by_half(question: str) -> None:
    assert filters_in(question) == {}


@pytest.mark.parametrize(
    ("question", "kept", "rest"),
    [
        ("posts in the category Growing and spring planting", "in the category Growing",
         "posts and spring planting"),
        ("What do posts in the category Growing or spring salads say?", "in the category Growing",
         "What do posts or spring salads say?"),
        ("posts tagged spring and no dig beds in clay", "tagged spring",
         "posts and no dig beds in clay"),
        ("posts in the category Growing, tagged spring and no dig", "in the category Growing",
         "posts, tagged spring and no dig"),
    ],
)  # fmt: skip
def test_a_label_is_kept_beside_what_is_no_filter(question: str, kept: str, rest: str) -> None:
    reading = read_question(question, NAMES, NOW)
    assert [one.words for one in reading.recognised] == [kept]
    assert reading.rest == rest


def test_a_subject_behind_a_year_is_not_eaten() -> None:
    reading = read_question("posts from 2016 on wool", NAMES, NOW)
    assert reading.record == RecordQuestion(Wanted.LIST, "wool")
    assert [one.filters for one in reading.recognised] == [year(2016, 2017)]


def test_an_author_of_the_sites_own_name_is_meant_behind_by() -> None:
    names = names_of(("18F", "Ines Moreau"), (), (), hosts=("18f.example",))
    both = read_question("posts by 18F in 2014", names, NOW)
    assert both.record == RecordQuestion(Wanted.LIST)
    assert [one.filters for one in both.recognised] == [Filters(authors=("18F",)), year(2014, 2015)]
    voice = read_question("What did 18F write in 2014?", names, NOW)
    assert voice.record == RecordQuestion(Wanted.LIST)
    assert [one.filters for one in voice.recognised] == [year(2014, 2015)]


def test_several_filters_are_told_apart() -> None:
    found = filters_in("How many posts did Ines Moreau or Tom Baker write about slugs since March?")
    assert list(found.values()) == [
        Filters(authors=("Ines Moreau",)),
        Filters(authors=("Tom Baker",)),
        Filters(since=datetime(2026, 3, 1, tzinfo=UTC)),
    ]


def test_a_time_stands_between_the_writing_and_its_subject() -> None:
    reading = read_question(
        "What did Tom write in 2016 about slugs, not about pellets?", NAMES, NOW
    )
    assert reading.record == RecordQuestion(
        Wanted.LIST, "slugs", content=True, left_out="not about pellets"
    )
    assert [one.words for one in reading.recognised] == ["Tom", "in 2016"]


def test_a_subject_keeps_its_own_words() -> None:
    reading = read_question("What did Ines Moreau write about the 2016 flood?", NAMES, NOW)
    assert reading.record == RecordQuestion(Wanted.LIST, "the 2016 flood", content=True)
    assert [one.words for one in reading.recognised] == ["Ines Moreau"]


def test_the_question_goes_on_without_the_words_of_its_filters() -> None:
    reading = read_question("What do posts tagged spring say about slugs?", NAMES, NOW)
    assert (reading.record, reading.rest) == (None, "What do posts say about slugs?")


def test_a_quoted_title_keeps_the_name_of_the_site() -> None:
    record = read_question("Who wrote “A garden in winter”?", NAMES, NOW).record
    assert record
    assert record.topic == "A garden in winter"
