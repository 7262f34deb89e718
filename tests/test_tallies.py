"""Questions that count posts by author, category, tag or time: from the question to the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from answers import FixedJudge
from small_site import GARDEN, garden, post, put, section

from rag import Answer, Assistant, Filters, Turn
from rag.catalog.catalog import Catalog
from rag.checking.verify import Check, verify
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.retrieval.of_tallies import NAMED, NAMED_TIMES, tallied
from rag.text.names import names_of
from rag.types import Basis, Claim, Draft, Found, Query, RecordQuestion, Tally, Wanted
from rag.understanding.record_questions import read_question

NAMES = names_of(["Ines Moreau", "Tom Baker"], ["Growing"], ["spring"], ["garden.example"])
NOW = datetime(2026, 11, 1, tzinfo=UTC)
TOMATOES, SLUGS, COMPOST = (parsed.post for parsed in GARDEN)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return garden(tmp_path_factory.mktemp("garden") / "index")


@pytest.fixture
def assistant(folder: Path) -> Iterator[Assistant]:
    with Assistant.open(folder, embedding_model="hash") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "wanted", "by", "extreme", "topic"),
    [
        ("Who has written the most posts?", "tally", "authors", "most", ""),
        ("who writes the most here", "tally", "authors", "most", ""),
        ("Which author has the fewest posts?", "tally", "authors", "fewest", ""),
        ("Who is the most prolific author?", "tally", "authors", "most", ""),
        ("Who wrote the most posts about slugs?", "tally", "authors", "most", "slugs"),
        ("Which authors wrote about slugs?", "tally", "authors", "", "slugs"),
        ("Who writes for this blog?", "tally", "authors", "", ""),
        ("List all authors", "tally", "authors", "", ""),
        ("How many people write for this blog?", "count", "authors", "", ""),
        ("What tags are there?", "tally", "tags", "", ""),
        ("Which tag is used most?", "tally", "tags", "most", ""),
        ("What are the most used tags?", "tally", "tags", "", ""),
        ("top authors", "tally", "authors", "", ""),
        ("Which of the authors wrote the most?", "tally", "authors", "most", ""),
        ("How many tags do you use?", "count", "tags", "", ""),
        ("Which categories of posts are there?", "tally", "categories", "", ""),
        ("Are there any categories?", "tally", "categories", "", ""),
        ("What topics does the blog cover?", "tally", "topics", "", ""),
        ("Which year had the most posts?", "tally", "years", "most", ""),
        ("In what year did you publish the most?", "tally", "years", "most", ""),
        ("What was the busiest month?", "tally", "months", "most", ""),
        ("How many posts are there per year?", "tally", "years", "", ""),
        ("How many posts about slugs were published each year?", "tally", "years", "", "slugs"),
        ("Which years do the posts cover?", "tally", "years", "", ""),
        ("whos written the most", "tally", "authors", "most", ""),
        ("whats the most used tag", "tally", "tags", "most", ""),
        ("number of posts by author", "tally", "authors", "", ""),
        ("post count per year", "tally", "years", "", ""),
        ("articles about slugs per month", "tally", "months", "", "slugs"),
        ("How many posts has each author written?", "tally", "authors", "", ""),
        ("give me a list of all tags", "tally", "tags", "", ""),
        ("Which years have posts about slugs?", "tally", "years", "", "slugs"),
        ("How many authors are there in total?", "count", "authors", "", ""),
    ],
)
def test_what_is_counted_by_is_told_by_the_form(
    question: str, wanted: str, by: str, extreme: str, topic: str
) -> None:
    record = read_question(question, NAMES, NOW).record
    assert record == RecordQuestion(Wanted(wanted), topic, by=by, extreme=extreme)


@pytest.mark.parametrize(
    ("question", "by", "words"),
    [
        ("How many posts per month in 2016?", "months", ["in 2016"]),
        ("Which month of 2015 had the most posts?", "months", ["of 2015"]),
        ("What tags does Ines use?", "tags", ["Ines"]),
        ("Which category did Tom Baker write about most?", "categories", ["Tom Baker"]),
        ("Which topics did the garden write about in 2014?", "topics", ["in 2014"]),
        ("the top tags of 2016", "tags", ["of 2016"]),
        ("How many posts about slugs per month in 2015?", "months", ["in 2015"]),
    ],
)
def test_counts_are_of_an_author_or_a_time(question: str, by: str, words: list[str]) -> None:
    reading = read_question(question, NAMES, NOW)
    assert reading.record
    assert (reading.record.wanted, reading.record.by) == (Wanted.TALLY, by)
    assert [one.words for one in reading.recognised] == words


@pytest.mark.parametrize(
    ("question", "by", "most"),
    [
        ("Who are the top 3 authors?", "authors", 3),
        ("the ten most used tags", "tags", 10),
        ("top five topics", "topics", 5),
        ("the two most prolific writers", "authors", 2),
    ],
)
def test_so_many_names_are_asked_for(question: str, by: str, most: int) -> None:
    record = read_question(question, NAMES, NOW).record
    assert record == RecordQuestion(Wanted.TALLY, by=by, most=most)


@pytest.mark.parametrize(
    "question",
    [
        "What are the categories of compost?",
        "Who are the authors of the garden code?",
        "What tags did HTML5 introduce?",
        "Which year had the most rain?",
        "Who has the most experience?",
        "Which bed has the most slugs?",
        "How many people work in the garden?",
        "How many people wrote to the mayor?",
        "Who writes letters?",
        "What subjects should a letter avoid?",
        "What are the topics?",
        "Which tag does the blue cow wear?",
        "How many labels does a tray need?",
        "What topics did the workshop cover?",
        "What topics did they cover?",
        "Which labels did the gardeners use in 2016?",
        "What are the top 3 pests?",
        "the ten most common mistakes",
        "number of slugs by month",
        "In which month of 2015 did Tom sow the beans?",
        "Which month of 2015 had the most rain?",
        "Whats the category of risk?",
    ],
)
def test_a_question_about_other_things_counts_no_posts(question: str) -> None:
    record = read_question(question, NAMES, NOW).record
    assert record is None or not record.by


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who has written the most posts?",
         ["The author with the most posts is Ines Moreau: 2 posts."]),
        ("Who wrote the fewest posts?",
         ["The author with the fewest posts is Tom Baker: 1 post."]),
        ("Who wrote the most posts in 2023?",
         ["The author with the most posts from 2023 is Tom Baker: 1 post."]),
        ("Which year had the most posts by Ines?",
         ["The years with the most posts by Ines Moreau are 2016 and 2020: 1 post each."]),
        ("Which month had the most posts in 2016?",
         ["The month with the most posts from 2016 is March 2016: 1 post."]),
        ("Who writes here?",
         ["There are 2 authors.", "Ines Moreau: 2 posts.", "Tom Baker: 1 post."]),
        ("How many authors are there?", ["There are 2 authors."]),
        ("Which categories are there?", ["There is 1 category.", "“Growing”: 3 posts."]),
        ("What tags are there?", ["There is 1 tag.", "“spring”: 1 post."]),
        ("What topics do you cover?", ["There is 1 tag.", "“spring”: 1 post."]),
        ("Who are the top 1 authors?",
         ["There are 2 authors; those with the most posts are named.", "Ines Moreau: 2 posts."]),
        ("Which tags did Ines use most?",
         ["There is 1 tag of posts by Ines Moreau.", "“spring”: 1 post."]),
        ("How many posts per month in 2016?",
         ["There are posts from 2016 in 1 month.", "March 2016: 1 post."]),
        ("How many posts are there per year?",
         ["There are posts in 3 years.", "2016: 1 post.", "2020: 1 post.", "2023: 1 post."]),
        ("Which authors wrote about Compost in winter?",
         ["There is 1 author of posts about “Compost in winter”.", "Ines Moreau: 1 post."]),
    ],
)  # fmt: skip
def test_posts_are_counted_by_what_their_records_say(
    assistant: Assistant, question: str, said: list[str]
) -> None:
    answer = assistant.ask(question)
    assert [sentence.text for sentence in answer.sentences] == said
    assert {sentence.basis for sentence in answer.sentences} == {Basis.RECORD}
    assert not answer.rejected


def test_each_name_leads_to_the_newest_post_that_bears_it(assistant: Assistant) -> None:
    sentences = assistant.ask("Who writes here?").sentences
    cited = [[(one.post.id, one.field) for one in each.citations] for each in sentences]
    ines, tom = (TOMATOES.id, "authors"), (SLUGS.id, "authors")
    assert cited == [[ines, tom], [ines], [tom]]
    years = assistant.ask("Which year had the most posts by Tom?").sentences[0].citations
    assert [(one.post.id, one.field) for one in years] == [(SLUGS.id, "published")]


@pytest.mark.parametrize(
    ("before", "question", "said"),
    [
        ("How many authors are there?", "Which ones?", "Ines Moreau: 2 posts."),
        ("Who has written the most posts?", "And in 2023?",
         "The author with the most posts from 2023 is Tom Baker: 1 post."),
        ("Who has written the most posts?", "What did she write?",
         "There are 2 posts by Ines Moreau."),
        ("Who writes here?", "only in 2023", "Tom Baker: 1 post."),
        ("posts by Ines", "how many posts?", "There are 2 posts by Ines Moreau."),
        ("How do I grow beans?", "how many posts?", "There are 3 posts."),
        ("posts by Tom", "How many posts are there?", "There are 3 posts."),
        ("posts by Ines", "Which tags do they have?", "There is 1 tag of posts by Ines Moreau."),
        ("posts by Tom", "Who wrote them?", "Tom Baker: 1 post."),
        ("What is the newest post?", "Who are the authors?",
         "“Slugs without pellets” was written by Tom Baker and published on 1 March 2023."),
    ],
)  # fmt: skip
def test_a_conversation_goes_on_from_what_was_counted(
    assistant: Assistant, before: str, question: str, said: str
) -> None:
    history = [Turn(before, assistant.ask(before).text)]
    answer = assistant.ask(question, history=history)
    assert said in [sentence.text for sentence in answer.sentences]


def test_where_no_post_bears_any_that_is_said(tmp_path: Path) -> None:
    bare = replace(GARDEN[0], post=replace(TOMATOES, tags=(), categories=()))
    folder = tmp_path / "index"
    with write_index(folder, HashEmbedder().id) as writer:
        put(writer, bare, HashEmbedder())
        writer.finish()
    with Assistant.open(folder, embedding_model="hash") as assistant:
        assert "No post has a tag." in assistant.ask("What tags are there?").warnings
        assert (
            "No post has a category or a tag." in assistant.ask("What topics are there?").warnings
        )
        among = assistant.ask("Which tags are there?", filters=Filters(authors=("Ines Moreau",)))
        assert "No post by Ines Moreau has a tag." in among.warnings


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Catalog]:
    """Fourteen posts by fourteen authors in as many years, and three by two who write together."""
    folder = tmp_path / "index"
    alone = [
        replace(own, post=replace(own.post, authors=(f"Author {n:02}",), tags=("Spring", "spring")))
        for n in range(14)
        for own in [
            post(n, f"Post {n}", section("a", (), f"Number {n} says a word."), year=2001 + n)
        ]
    ]
    both = [
        replace(own, post=replace(own.post, authors=("Ann", "Bo"), tags=("wool",)))
        for n in range(20, 23)
        for own in [post(n, f"Post {n}", section("a", (), f"Number {n} says two."), year=2001)]
    ]
    with write_index(folder, HashEmbedder().id) as writer:
        for one in alone + both:
            put(writer, one, HashEmbedder())
        writer.finish()
    opened = Catalog(folder)
    yield opened
    opened.close()


def counted(
    catalog: Catalog, record: RecordQuestion, **limits: tuple[str, ...]
) -> tuple[list[str], int]:
    query = Query("q", "q", ("q",), filters=Filters(**limits), record=record)  # type: ignore[arg-type]
    tallies, total = tallied(query, None, catalog)
    return [f"{one.name} {one.posts} {one.newest.title}" for one in tallies], total


def test_at_most_ten_names_or_twelve_times_are_said_and_all_are_counted(many: Catalog) -> None:
    names, total = counted(many, RecordQuestion(Wanted.TALLY, by="authors"))
    assert (len(names), total) == (NAMED, 16)
    assert names[:3] == ["Ann 3 Post 20", "Bo 3 Post 20", "Author 00 1 Post 0"]
    years, total = counted(many, RecordQuestion(Wanted.TALLY, by="years"))
    assert (years[0], years[-1], len(years), total) == (
        "2003 1 Post 2",
        "2014 1 Post 13",
        NAMED_TIMES,
        14,
    )
    few = RecordQuestion(Wanted.TALLY, by="authors", most=3)
    assert counted(many, few) == (names[:3], 16)
    fewest = RecordQuestion(Wanted.TALLY, by="authors", extreme="fewest")
    assert counted(many, fewest)[1] == 14
    most = RecordQuestion(Wanted.TALLY, by="authors", extreme="most")
    assert counted(many, most) == (["Ann 3 Post 20", "Bo 3 Post 20"], 2)


def test_names_are_counted_within_the_filters(many: Catalog) -> None:
    by_authors = RecordQuestion(Wanted.TALLY, by="authors")
    assert counted(many, by_authors, authors=("bo",))[0] == ["Ann 3 Post 20", "Bo 3 Post 20"]
    assert counted(many, by_authors, tags=("wool",))[1] == 2
    by_tags = RecordQuestion(Wanted.TALLY, by="tags")
    assert counted(many, by_tags, tags=("wool",)) == (["wool 3 Post 20"], 1)


def test_posts_that_were_found_are_counted_alone(many: Catalog) -> None:
    query = Query("q", "q", ("q",), record=RecordQuestion(Wanted.TALLY, "words", by="tags"))
    posts = [replace(SLUGS, tags=("rain", "rain")), replace(COMPOST, tags=("rain", " "))]
    tallies, total = tallied(query, posts, many)
    assert (tallies, total) == ((Tally("rain", 2, posts[0], "tags"),), 1)


TALLIES = (Tally("Ines Moreau", 2, TOMATOES, "authors"), Tally("Tom Baker", 1, SLUGS, "authors"))


def checked(claim: Claim, *, extreme: str = "", total: int = 2) -> Answer:
    tallies = TALLIES[:1] if extreme else TALLIES
    found = Found((), 1.0, posts=(TOMATOES, SLUGS), total=total, tallies=tallies)
    record = RecordQuestion(Wanted.TALLY, by="authors", extreme=extreme)
    draft = Draft(Query("q", "q", ("q",), record=record), found, [claim], "quotes")
    *_, answer = verify(draft, Check(FixedJudge(), 0.5))
    return answer


@pytest.mark.parametrize(
    ("claim", "extreme", "total"),
    [
        (Claim("Ines Moreau: 2 posts.", (), tallies=TALLIES[:1]), "", 2),
        (Claim("There are 2 authors.", (), of_all="2"), "", 2),
        (Claim("There are 9 authors; those with the most posts are named.", (), of_all="9"), "", 9),
        (Claim("The author with the most posts is Ines Moreau: 2 posts.", (), tallies=TALLIES[:1]),
         "most", 1),
        (Claim("There are 14 authors with the fewest posts, 2 posts each; some are named.", (),
               of_all="14"), "fewest", 14),
    ],
)  # fmt: skip
def test_what_was_counted_is_shown(claim: Claim, extreme: str, total: int) -> None:
    assert checked(claim, extreme=extreme, total=total).text == claim.text


@pytest.mark.parametrize(
    ("claim", "extreme"),
    [
        (Claim("Ines Moreau: 3 posts.", (), tallies=TALLIES[:1]), ""),
        (Claim("Tom Baker: 2 posts.", (), tallies=TALLIES[:1]), ""),
        (Claim("Ines Moreau: 3 posts.", (), tallies=(replace(TALLIES[0], posts=3),)), ""),
        (Claim("There are 3 authors.", (), of_all="3"), ""),
        (Claim("There are 2 good authors.", (), of_all="2"), ""),
        (
            Claim("The author with the most posts is Tom Baker: 1 post.", (), tallies=TALLIES[1:]),
            "most",
        ),
        (
            Claim(
                "The author with the fewest posts is Ines Moreau: 2 posts.", (), tallies=TALLIES[:1]
            ),
            "most",
        ),
    ],
)
def test_what_was_not_counted_is_left_out(claim: Claim, extreme: str) -> None:
    answer = checked(claim, extreme=extreme, total=1 if extreme else 2)
    assert not answer.sentences
    assert len(answer.rejected) == 1


def test_names_that_share_a_place_are_shown_with_what_each_rests_on() -> None:
    tied = (TALLIES[0], replace(TALLIES[1], posts=2))
    text = "The authors with the most posts are Ines Moreau and Tom Baker: 2 posts each."
    found = Found((), 1.0, posts=(TOMATOES, SLUGS), total=2, tallies=tied)
    record = RecordQuestion(Wanted.TALLY, by="authors", extreme="most")
    query = Query("q", "q", ("q",), record=record)
    shown = []
    for named in (tied, tied[:1]):
        draft = Draft(query, found, [Claim(text, (), tallies=named)], "quotes")
        *_, answer = verify(draft, Check(FixedJudge(), 0.5))
        shown.append(answer.answered)
    assert shown == [True, False]
