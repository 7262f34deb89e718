"""Posts of different dates that do not say the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from answers import RESULTS, hit
from small_site import GARDEN, garden

from eval.cases.cases import load_cases
from eval.older_newer import DIFFERING, PairLine, bundled_pairs, grade_pair, load_pairs
from eval.small_index import SmallPost, SmallSection, small_assistant
from rag.catalog.catalog import Catalog
from rag.embedding.embedder import HashEmbedder
from rag.errors import SourceError
from rag.index.lexicon import Lexicon
from rag.index.newer import FITTED, newer_first
from rag.record import record
from rag.settings import load_settings
from rag.text.differing import about, conflict, denies_another_thing, said
from rag.types import Answer, Found, Hit, ParsedPost, Span
from ui.copied import markdown
from ui.show import print_answer
from ui.view import view

PAIRS = load_pairs(bundled_pairs())


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Entry costs 5 euros.", "Entry costs 7 euros.", True),
        ("Entry costs £5.", "Entry costs five pounds and £5.", False),
        ("It seats 90 people.", "It seats ninety people.", False),
        ("It has 1,200 members.", "It has 1200 members.", False),
        ("It is on Monday.", "It is on Tuesday.", True),
        ("It ends in June 2023.", "It ends in July 2024.", True),
        ("It was built in 1742.", "It was built in 1718.", True),
        ("In 2015 it had 300 guests.", "In 2018 it had 450 guests.", False),
        ("Dogs are allowed.", "Dogs are not allowed.", True),
        ("Dogs are not allowed.", "Dogs are no longer allowed.", False),
        ("The dough takes longer to rise.", "The dough takes its time to rise.", False),
        ("Harriers won the cup.", "Rovers lifted the cup.", False),
        ("Don Pedro sings.", "Pedro sings.", False),
        ("It is no sin.", "It is not a sin.", False),
        ("He opened his shop.", "Han åpnet sin butikk.", False),
        ("Ya se admiten perros.", "Se admiten perros.", False),
        ("Ya no se admiten perros.", "Se admiten perros.", True),
        ("El café se sirve sin azúcar.", "El café se sirve con azúcar.", True),
        ("Sin embargo, el café abre.", "El café abre.", False),
        ("Dogs won't be let in.", "Dogs will be let in.", True),
        ("Dogs can’t come in.", "Dogs can come in.", True),
        ("It takes 3 hours.", "It weighs 5 kilos.", False),
        ("You may come.", "It is on 3 May.", False),
        ("The baker is not always there.", "- the baker", False),
        ("The baker is not always there.", "The baker is always there.", True),
        ("It ended with a bid of $1.", "The bid was $1.", False),
        ("The sale ended in a fight.", "The sale was a fight.", False),
        ("The sale ended poorly.", "The sale was held.", False),
        ("The sale ended.", "The sale goes on.", True),
        ("We give the 2024 Reed Award to Ann.", "We give the 2023 Reed Award to Bob.", False),
        ("The 2020 census counted 90 cats.", "The 2010 census counted 70 cats.", False),
        ("The mill was built in 1901 by Ann.", "The mill was built in 1912 by Ann.", True),
    ],
)
def test_sentences_differ_by_their_values(one: str, other: str, differ: bool) -> None:
    assert conflict(said(one), said(other)) == differ
    assert conflict(said(other), said(one)) == differ


@pytest.mark.parametrize(
    ("one", "other", "another"),
    [
        ("Nobody need ask for a permit for the wood.", "The wood has a permit.", False),
        ("The wood is open without any lengthy queue.", "The wood is open in November.", True),
        ("The wood is closed until spring.", "The wood is open.", False),
        ("The wood has no gate and 3 paths.", "The wood has 5 paths.", False),
    ],
)
def test_a_denial_is_of_what_stands_behind_it(one: str, other: str, another: bool) -> None:
    shared = about(one).keys() & about(other).keys()
    assert denies_another_thing(said(one), said(other), shared) == another
    assert denies_another_thing(said(other), said(one), shared) == another


def test_the_bundled_pairs_are_forty_that_differ_and_as_many_that_do_not() -> None:
    assert Counter((one.held_out, one.differs) for one in PAIRS) == {
        (False, True): 20,
        (False, False): 20,
        (True, True): 20,
        (True, False): 20,
    }
    assert {one.kind for one in PAIRS if one.held_out and one.differs} == DIFFERING
    assert len({one.question for one in PAIRS}) == len(PAIRS)


def test_no_pair_of_posts_can_be_fitted_on() -> None:
    with pytest.raises(SourceError, match="mistakes"):
        load_cases(bundled_pairs())
    made_from = json.loads(FITTED.read_text(encoding="utf-8"))["made_from"]["data"]
    assert bundled_pairs().name not in made_from


def asked(question: str, *posts: tuple[str, str]) -> Answer:
    """What is answered from posts of the given dates and texts."""
    own = [SmallPost(f"Lido {date}", (SmallSection("", text),), date) for date, text in posts]
    with small_assistant(
        own, load_settings(embedding_model="hash"), embedder=HashEmbedder()
    ) as assistant:
        return assistant.ask(question)


OLD = ("2019-05-02", "A day ticket for the lido costs 5 euros.")
NEW = ("2023-05-04", "A day ticket for the lido costs 7 euros.")
TICKET = "What does a day ticket for the lido cost?"


@pytest.mark.parametrize("posts", [(OLD, NEW), (NEW, OLD)])
def test_the_newer_post_is_quoted_and_the_older_one_is_told(
    posts: Sequence[tuple[str, str]],
) -> None:
    answer = asked(TICKET, *posts)
    assert [one.text for one in answer.sentences] == [NEW[1]]
    (told,) = answer.disagreements
    assert told.is_older
    assert (told.cited.quote, told.other.quote) == (NEW[1], OLD[1])
    assert told.other.url.startswith("https://small.example/")


def test_what_answers_by_itself_is_still_known(tmp_path: Path) -> None:
    told = [(OLD[0], "Copper tape saved 5 beds."), (NEW[0], "Copper tape saved 7 beds.")]
    short = Span(18, 24)

    def hits() -> Iterator[Hit]:
        for number, (date, text) in enumerate(told):
            post = replace(GARDEN[0].post, id=str(number), published=datetime.fromisoformat(date))
            section = replace(RESULTS, text=text, blocks=())
            one = hit(ParsedPost(post, (section,)), section, 0.9 - number / 10)
            yield replace(one, sentences=(replace(one.sentences[0], short=short),))

    with closing(Catalog(garden(tmp_path / "index"))) as catalog:
        asked = "How many beds did copper tape save?"
        found = newer_first(asked, Found(tuple(hits()), 0.9), Lexicon(catalog), share=0.5)
    assert [(score.relevance, score.short) for one in found.hits for score in one.sentences] == [
        (0.0, short),
        (0.9, short),
    ]


def test_posts_of_one_date_put_none_right() -> None:
    answer = asked(TICKET, OLD, (OLD[0], NEW[1]))
    assert not answer.disagreements


def test_what_the_question_names_is_what_is_asked_for() -> None:
    answer = asked("What did a day ticket for the lido cost in 2019?", OLD, NEW)
    assert not answer.disagreements


def test_a_year_that_the_question_names_is_not_put_right_by_another() -> None:
    older = (OLD[0], "The cup of the lido went to Ann in 2018.")
    newer = (NEW[0], "The cup of the lido went to Ann in 2022.")
    assert asked("When did the cup of the lido go to Ann?", older, newer).disagreements
    assert not asked("Did the cup of the lido go to Ann in 2022?", older, newer).disagreements


def test_what_is_denied_of_something_else_is_no_disagreement() -> None:
    older = (OLD[0], "A day ticket for the lido is sold without any lengthy queue.")
    newer = (NEW[0], "A day ticket for the lido is sold at the gate.")
    assert not asked("Where is a day ticket for the lido sold?", older, newer).disagreements
    lengthy = (NEW[0], "A day ticket for the lido is sold after a lengthy queue.")
    assert asked("Where is a day ticket for the lido sold?", older, lengthy).disagreements


def test_every_screen_shows_what_an_older_post_says(capsys: pytest.CaptureFixture[str]) -> None:
    answer = asked(TICKET, OLD, NEW)
    shown = markdown(answer)
    assert "An older post says otherwise" in shown
    assert "2 May 2019" in shown
    assert answer.disagreements[0].other.url in shown
    (otherwise,) = view(answer).otherwise
    assert (otherwise.older, otherwise.card.quotes[0].text) == (True, OLD[1])
    print_answer(answer)
    printed = capsys.readouterr().out
    assert f"Note: An older post says otherwise: “{OLD[1]}”" in printed
    assert answer.disagreements[0].other.url in printed
    (told,) = record(answer).disagreements
    assert (told.other.quote, told.other_is_older) == (OLD[1], True)


def pair(**changed: object) -> PairLine:
    values = {
        "id": "x", "kind": "number", "differs": True, "question": TICKET, "old": OLD[1],
        "new": NEW[1], "older": {"title": "a", "date": OLD[0], "text": OLD[1]},
        "newer": {"title": "b", "date": NEW[0], "text": NEW[1]},
    }  # fmt: skip
    return PairLine.model_validate_json(json.dumps({**values, **changed}))


def test_a_pair_earns_what_is_shown() -> None:
    answer = asked(TICKET, OLD, NEW)
    assert grade_pair(pair(), answer).marks == (True, True, False, False)
    control = grade_pair(pair(kind="other_thing", differs=False), answer)
    assert control.marks == (True, False, False, True)
    assert grade_pair(pair(), asked(TICKET, OLD)).marks == (False, False, True, False)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"old": "Free."}, "old"),
        ({"kind": "same"}, "differs"),
        ({"newer": {"title": "b", "date": "2018-01-01", "text": NEW[1]}}, "newer"),
    ],
)
def test_mistakes_in_pairs_are_told(changed: dict[str, object], problem: str) -> None:
    assert pair(**changed).problems()[0].startswith(problem)


def test_a_file_of_pairs_says_which_line_is_wrong(tmp_path: Path) -> None:
    from rag.errors import SourceError

    file = tmp_path / "pairs.jsonl"
    file.write_text('{"id": "x"}\n', encoding="utf-8")
    with pytest.raises(SourceError):
        load_pairs(file)
