from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from answers import FixedJudge, hit, pointer
from small_site import GARDEN, garden
from typer.testing import CliRunner

from rag import Answer, Assistant, Filters, Turn
from rag.checking.verify import Check, verify
from rag.errors import ModelUnavailable, QuestionInvalid
from rag.record import record
from rag.text.record_words import limit_warnings
from rag.types import (
    Basis,
    Claim,
    Draft,
    Fact,
    Found,
    Query,
    Recognised,
    RecordQuestion,
    Wanted,
)
from rag.writing.from_records import write_record
from ui.cli import app
from ui.copied import markdown
from ui.view import view

TOMATOES, SLUGS, COMPOST = (parsed.post for parsed in GARDEN)
BARE = "The bare bed lost twenty-two lettuces."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return garden(tmp_path_factory.mktemp("garden") / "index")


@pytest.fixture
def assistant(folder: Path) -> Iterator[Assistant]:
    with Assistant.open(folder, embedding_model="hash") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the newest post?",
         ["The newest post is “Slugs without pellets”, published on 1 March 2023, by Tom Baker."]),
        ("first post",
         ["The oldest post is “Compost in winter”, published on 1 March 2016, by Ines Moreau."]),
        ("Which posts has Ines Moreau written?",
         ["There are 2 posts by Ines Moreau.",
          "“Tomatoes from seed”, published on 1 March 2020.",
          "“Compost in winter”, published on 1 March 2016."]),
        ("posts tagged spring",
         ["There is 1 post tagged “spring”.", "“Tomatoes from seed”, published on 1 March 2020."]),
        ("How many posts were published since 2020?", ["There are 2 posts since 1 January 2020."]),
        ("What did Tom write in 2023?",
         ["There is 1 post by Tom Baker from 2023.",
          "“Slugs without pellets”, published on 1 March 2023."]),
        ("Who wrote “Slugs without pellets”?",
         ["“Slugs without pellets” was written by Tom Baker and published on 1 March 2023."]),
        ("the first two posts",
         ["There are 3 posts; the oldest are named.",
          "“Compost in winter”, published on 1 March 2016.",
          "“Tomatoes from seed”, published on 1 March 2020."]),
        ("Show me the latest two posts by Ines Moreau",
         ["There are 2 posts by Ines Moreau.",
          "“Tomatoes from seed”, published on 1 March 2020.",
          "“Compost in winter”, published on 1 March 2016."]),
        ("newest posts",
         ["There are 3 posts.",
          "“Slugs without pellets”, published on 1 March 2023.",
          "“Tomatoes from seed”, published on 1 March 2020.",
          "“Compost in winter”, published on 1 March 2016."]),
        ("What was posted on 1 March 2020?",
         ["There is 1 post on 1 March 2020.", "“Tomatoes from seed”, published on 1 March 2020."]),
        ("What is the newest post about Compost in winter?",
         ["The newest post about “Compost in winter” is “Compost in winter”, published on"
          " 1 March 2016, by Ines Moreau."]),
        ("When was “Compost in winter” published?",
         ["“Compost in winter” was published on 1 March 2016, by Ines Moreau."]),
    ],
)  # fmt: skip
def test_a_question_about_posts_is_answered_from_their_records(
    assistant: Assistant, question: str, said: list[str]
) -> None:
    answer = assistant.ask(question)
    assert [sentence.text for sentence in answer.sentences] == said
    assert {sentence.basis for sentence in answer.sentences} == {Basis.RECORD}
    assert not answer.rejected
    for citation in (c for sentence in answer.sentences for c in sentence.citations):
        assert citation.field in ("published", "authors")
        assert citation.url == citation.post.url


def test_a_post_that_nothing_was_searched_for_in_is_quoted_from_its_beginning() -> None:
    slugs = GARDEN[1]
    first = hit(slugs, slugs.sections[0], 0.0)
    found = Found((replace(first, sentences=()),), 1.0, posts=(slugs.post,), total=1)
    record = RecordQuestion(Wanted.NEWEST, content=True)
    draft = write_record(Query("q", "q", ("q",), record=record), found, FailsLater(quotes=False))
    *_, answer = verify(draft, Check(FixedJudge(), 0.5))
    assert [sentence.text for sentence in answer.sentences] == [
        "The newest post is “Slugs without pellets”, published on 1 March 2023, by Tom Baker.",
        "We compared five beds in a wet June.",
    ]
    assert [sentence.basis for sentence in answer.sentences] == [Basis.RECORD, Basis.QUOTED]


def test_the_post_of_the_answer_before_is_meant(assistant: Assistant) -> None:
    before = assistant.ask("What is the newest post?")
    turn = Turn(before.query.question, before.text)
    answer = assistant.ask("Who wrote it?", history=[turn])
    assert answer.text.startswith("“Slugs without pellets” was written by Tom Baker")
    answer = assistant.ask("What's it about?", history=[turn])
    assert {one.post.title for said in answer.sentences for one in said.citations} == {
        "Slugs without pellets"
    }
    assert {said.basis for said in answer.sentences} == {Basis.RECORD, Basis.QUOTED}


def test_a_list_is_narrowed_by_the_question_behind_it(assistant: Assistant) -> None:
    answer = assistant.ask("only those from 2016", history=[Turn("posts by Ines Moreau")])
    assert answer.sentences[0].text == "There is 1 post by Ines Moreau from 2016."


def test_what_is_recognised_is_told_and_can_be_switched_off(assistant: Assistant) -> None:
    question = "How many posts by Ines Moreau?"
    answer = assistant.ask(question)
    assert answer.query.filters == Filters(authors=("Ines Moreau",))
    assert answer.query.recognised == (
        Recognised("by Ines Moreau", Filters(authors=("Ines Moreau",))),
    )
    plain = assistant.ask(question, recognise=False)
    assert (plain.query.filters, plain.query.recognised, plain.query.record) == (
        Filters(),
        (),
        None,
    )
    given = assistant.chain.invoke({"question": question, "recognise": False})
    assert given.query == plain.query
    with pytest.raises(QuestionInvalid, match="recognise is True or False"):
        assistant.chain.invoke({"question": question, "recognise": "no"})


def test_what_the_caller_takes_off_limits_nothing_and_is_not_searched_for(
    assistant: Assistant,
) -> None:
    ines = Filters(authors=("ines moreau",))
    year = Filters(since=datetime(2020, 1, 1, tzinfo=UTC))
    spring = Filters(tags=("spring",))
    question = "How many posts by Ines Moreau tagged spring in 2020?"
    for without, left in (
        (ines, ["tagged spring", "in 2020"]),
        (year, ["by Ines Moreau", "tagged spring"]),
        (replace(spring, authors=("Ines Moreau",)), ["in 2020"]),
        (Filters(authors=("Tom Baker",)), ["by Ines Moreau", "tagged spring", "in 2020"]),
    ):
        query = assistant.understand(question, without=without)
        assert [one.words for one in query.recognised] == left
    said = assistant.ask(question, without=ines).text
    assert said == "There is 1 post tagged “spring” from 2020."
    about = "What do posts tagged spring say about sowing tomatoes?"
    assert assistant.understand(about).standalone == about
    query = assistant.understand(about, without=spring)
    assert (query.question, query.filters, query.recognised) == (about, Filters(), ())
    assert query.standalone == "What do posts say about sowing tomatoes?"
    assert query.searches == (query.standalone,)


def test_what_the_caller_limits_is_not_widened_by_the_question(assistant: Assistant) -> None:
    since = datetime(2018, 1, 1, tzinfo=UTC)
    answer = assistant.ask(
        "How many posts by Ines Moreau since 2010?",
        filters=Filters(authors=("Tom Baker",), since=since),
    )
    assert answer.query.filters == Filters(authors=("Tom Baker",), since=since)
    assert answer.query.recognised == ()


def test_a_name_that_the_caller_shuts_out_is_told_and_the_question_stays_whole(
    assistant: Assistant,
) -> None:
    ines = Filters(authors=("Ines Moreau",))
    answer = assistant.ask("What did Tom write?", filters=ines)
    assert (answer.query.filters, answer.query.recognised, answer.query.record) == (ines, (), None)
    assert "What did Tom write?" in answer.query.searches
    assert (
        "Looked only in posts by Ines Moreau: “Tom” in the question limits nothing."
        in answer.warnings
    )


def test_other_limits_hold_beside_a_name_that_the_caller_shuts_out(assistant: Assistant) -> None:
    ines = Filters(authors=("Ines Moreau",))
    question = "How many posts tagged spring did Tom write in 2020?"
    query = assistant.understand(question, filters=ines)
    assert [one.words for one in query.shut_out] == ["Tom"]
    assert [one.words for one in query.recognised] == ["tagged spring", "in 2020"]
    assert (query.filters.authors, query.filters.tags) == (("Ines Moreau",), ("spring",))
    both = assistant.understand(question, filters=replace(ines, tags=("slugs",)))
    assert [one.words for one in both.shut_out] == ["tagged spring", "Tom"]
    assert (both.filters.authors, both.filters.tags) == (("Ines Moreau",), ("slugs",))


def test_the_question_narrows_the_names_that_the_caller_set(assistant: Assistant) -> None:
    both = Filters(authors=("Ines Moreau", "Tom Baker"))
    answer = assistant.ask("What did Tom write?", filters=both)
    assert answer.query.filters == Filters(authors=("Tom Baker",))
    assert [one.words for one in answer.query.recognised] == ["Tom"]
    assert not any("limit" in warning for warning in answer.warnings)


def test_a_list_of_names_limits_as_a_tuple_does(assistant: Assistant) -> None:
    names = cast("tuple[str, ...]", ["Ines Moreau"])
    for question in ("Which posts by Ines are about beer?", "How many posts by Ines in 2011?"):
        told = [
            assistant.ask(question, filters=Filters(authors=one)).warnings
            for one in (names, tuple(names))
        ]
        assert told[0] == told[1]


def test_only_what_was_lifted_is_said_to_be(assistant: Assistant) -> None:
    ines = Filters(authors=("Ines Moreau",))
    answer = assistant.ask("What do posts from 2011 say about slugs?", filters=ines)
    assert answer.query.filters == ines
    assert (
        "There are no posts from 2011 among posts by Ines Moreau; looked in all of these instead."
        in answer.warnings
    )


def test_a_filter_under_which_nothing_is_found_is_left_out_and_that_is_said(
    assistant: Assistant,
) -> None:
    answer = assistant.ask("What do posts from 2011 say about slugs?")
    assert answer.query.filters == Filters()
    assert answer.query.recognised == ()
    assert "There are no posts from 2011; looked without that limit instead." in answer.warnings


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("What did Tom Baker write in 2011?", "There are no posts by Tom Baker from 2011."),
        ("How many posts were published in 2025?", "There are no posts from 2025."),
        ("the newest post about slugs tagged spring by Tom Baker",
         "There are no posts by Tom Baker tagged “spring”."),
    ],
)  # fmt: skip
def test_where_there_are_no_such_posts_that_is_all_that_is_said(
    assistant: Assistant, question: str, reason: str
) -> None:
    answer = assistant.ask(question)
    assert (answer.sentences, answer.nearest, answer.hits) == ((), (), ())
    assert reason in answer.warnings
    assert not any("instead" in warning for warning in answer.warnings)


def test_a_time_before_all_posts_may_be_that_of_the_subject(assistant: Assistant) -> None:
    answer = assistant.ask("What did you write about slugs in 1953?")
    assert answer.sentences[0].text == "1 post about “slugs” was found."
    warning = "There are no posts from 1953; looked without that limit instead."
    assert warning in answer.warnings


def test_the_callers_filters_may_hold_no_post(assistant: Assistant) -> None:
    answer = assistant.ask("How many posts in 2011?", filters=Filters(authors=("Ines Moreau",)))
    assert not answer.sentences
    assert "There are no posts by Ines Moreau from 2011." in answer.warnings


def test_nothing_is_said_to_be_missing_that_is_there(assistant: Assistant) -> None:
    instead = "; looked without that limit instead."
    answer = assistant.ask("posts about xylophones by Ines")
    assert f"No posts about “xylophones” were found by Ines Moreau{instead}" in answer.warnings
    query = assistant.understand("What do posts from 2016 say about tomatoes?")
    plain = replace(query, filters=Filters(), recognised=())
    assert limit_warnings(Filters(), query, plain, none=False) == (
        f"No answer was found in posts from 2016{instead}",
    )


def test_what_is_to_be_left_out_is_told_to_be_in(assistant: Assistant) -> None:
    answer = assistant.ask("posts by Ines Moreau but not about compost")
    assert answer.sentences[0].text == "There are 2 posts by Ines Moreau."
    note = "“but not about compost” in the question limits nothing: posts cannot be left out."
    assert note in answer.warnings
    assert "limits nothing" not in "".join(assistant.ask("posts by Ines Moreau").warnings)


def test_what_is_not_meant_is_told_and_not_searched_for_where_no_post_is_found(
    assistant: Assistant,
) -> None:
    answer = assistant.ask("What did Ines write about xylophones, not about compost?")
    note = "“not about compost” in the question limits nothing: posts cannot be left out."
    assert note in answer.warnings
    assert answer.query.record is None
    assert not any("compost" in text for text in answer.query.searches)


def claim(text: str, *facts: Fact, of_all: str = "") -> Claim:
    return Claim(text, (), facts, of_all)


def checked(made: Claim, *, filters: Filters = Filters()) -> Answer:  # noqa: B008 - frozen
    query = Query("q", "q", ("q",), filters=filters, record=RecordQuestion(Wanted.LIST, "wool"))
    found = Found((), 1.0, posts=(SLUGS, TOMATOES, COMPOST), total=3)
    *_, answer = verify(Draft(query, found, [made], "test"), Check(FixedJudge(), 0.6))
    return answer


SAID = "“Slugs without pellets” was published on 1 March 2023, by Tom Baker."
TITLE = Fact(SLUGS, "title", "“Slugs without pellets”")
DATE = Fact(SLUGS, "published", "1 March 2023")
AUTHOR = Fact(SLUGS, "authors", "Tom Baker")


class FailsLater:
    """A chat model that breaks off behind a sentence that points at nothing."""

    name = "test"

    def __init__(self, *, quotes: bool) -> None:
        self._quotes = quotes

    def write(self, query: Query, found: Found) -> Draft:
        def said() -> Iterator[Claim]:
            yield Claim("Slugs won.", ())
            raise ModelUnavailable("The chat model fell silent.", hint="Ask again.")

        quote = Claim(BARE, (pointer(BARE),))
        return Draft(
            query, found, said(), "test", instead=(lambda _: [quote]) if self._quotes else None
        )


@pytest.mark.parametrize("quotes", [True, False])
def test_what_the_posts_say_is_quoted_behind_their_records_where_a_model_fails(
    quotes: bool,
) -> None:
    query = Query("q", "q", ("q",), record=RecordQuestion(Wanted.NEWEST, content=True))
    found = Found((), 1.0, posts=(SLUGS,), total=1)
    made = write_record(query, found, FailsLater(quotes=quotes))
    *_, answer = verify(made, Check(FixedJudge(), 0.6))
    record_, *others = answer.sentences
    assert record_.basis == Basis.RECORD
    assert [one.text for one in others] == ([BARE] if quotes else [])
    warning = "cut short: The chat model fell silent."
    assert answer.warnings == (() if quotes else (warning,))


def test_what_stands_in_the_record_is_shown() -> None:
    (sentence,) = checked(claim(SAID, TITLE, DATE, AUTHOR)).sentences
    assert (sentence.basis, sentence.support) == (Basis.RECORD, 1.0)
    assert [citation.field for citation in sentence.citations] == ["published", "authors"]
    number = claim("3 posts about “wool” were found.", of_all="3")
    assert checked(number).sentences
    newest = claim("The newest post about “wool” is “Slugs without pellets”.", TITLE,
                   of_all="newest")  # fmt: skip
    assert checked(newest).sentences


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (claim(SAID.replace("2023", "2022"), TITLE, replace(DATE, said="1 March 2022"), AUTHOR),
         "the post's record has '1 March 2023'"),
        (claim(SAID.replace("Tom", "Tim"), TITLE, DATE, replace(AUTHOR, said="Tim Baker")),
         "the post's record has 'Tom Baker'"),
        (claim(SAID.replace("Slugs", "Snails"), TITLE, DATE, AUTHOR), "does not name"),
        (claim(SAID.replace("2023", "2022"), TITLE, AUTHOR), "more than the records: '1 March"),
        (claim(f"{SAID} Zebras agree.", TITLE, DATE, AUTHOR), "the records: 'Zebras agree'"),
        (claim("4 posts about “wool” were found.", of_all="4"), "There are 3 such posts, not 4."),
        (claim("The oldest post is “Slugs without pellets”.", TITLE, of_all="oldest"),
         "names a post that is not the oldest"),
    ],
)  # fmt: skip
def test_what_does_not_stand_in_the_record_is_left_out(made: Claim, reason: str) -> None:
    answer = checked(made)
    assert not answer.sentences
    assert reason in answer.rejected[0].reason


def test_a_post_that_was_not_asked_for_is_left_out() -> None:
    answer = checked(claim(SAID, TITLE, DATE, AUTHOR), filters=Filters(authors=("Ines Moreau",)))
    assert "is not one that the question asks for" in answer.rejected[0].reason


def test_a_limit_may_be_the_same_words_as_a_title_or_a_date() -> None:
    same = replace(SLUGS, title="wool")
    title = Fact(same, "title", "“wool”")
    text = "The newest post about “wool” is “wool”"
    assert checked(claim(f"{text}.", title, of_all="newest")).sentences
    reason = checked(claim(f"{text} zebras.", title, of_all="newest")).rejected[0].reason
    assert "more than the records" in reason
    split = claim("“Slugs about “wool” without pellets”.", TITLE)
    assert "does not name" in checked(split).rejected[0].reason
    assert not checked(claim("A post about “wool”.", title)).sentences


def test_screens_and_records_show_what_it_rests_on(assistant: Assistant) -> None:
    answer = assistant.ask("Which posts has Ines Moreau written?")
    said = markdown(answer)
    assert "” · Author: Ines Moreau*" in said.replace("\\", "")
    assert said.count("From the post's record") == 3
    quotes = [quote for card in view(answer).cards for quote in card.quotes]
    assert ("Published: ", "1 March 2020") in [(one.before, one.text) for one in quotes]
    assert [limit.name for limit in view(answer).limits] == ["Ines Moreau"]
    made = record(answer)
    assert made.recognised[0].words == "Ines Moreau"
    assert made.recognised[0].filters.authors == ("Ines Moreau",)
    assert made.sentences[1].citations[0].field == "published"
    assert made.sentences[1].basis == "record"


def test_the_command_line_tells_the_limit_and_can_ignore_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    asked = ["ask", "How many posts by Ines Moreau?", "--index", str(folder)]
    shown = CliRunner().invoke(app, asked).stdout
    assert "Searched in posts by Ines Moreau." in shown
    assert "There are 2 posts by Ines Moreau." in shown
    assert "Published: 1 March 2020" in shown
    assert "Searched in" not in CliRunner().invoke(app, [*asked, "--as-asked"]).stdout


def test_fields_of_one_posts_record_are_shown_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    asked = ["ask", "What is the newest post?", "--index", str(folder)]
    assert (
        "\n\n[1][2] Slugs without pellets, 1 March 2023\n"
        "    Published: 1 March 2023\n"
        "    Authors: Tom Baker\n"
        "    https://garden.example/slugs-without-pellets/\n\nNote"
    ) in CliRunner().invoke(app, asked).stdout


def test_a_line_of_questions_can_say_that_nothing_is_recognised(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        '{"question": "How many posts by Ines Moreau?"}\n'
        '{"question": "How many posts by Ines Moreau?", "recognise": false}\n'
    )
    asked = ["ask", "--input", str(questions), "--output", "-", "--index", str(folder)]
    first, second = CliRunner().invoke(app, asked).stdout.splitlines()
    assert '"recognised":[{"words":"by Ines Moreau"' in first
    assert '"recognised":[]' in second
