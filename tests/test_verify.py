from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from answers import RESULTS, FixedJudge, draft, draft_of, pointer
from small_site import post, section

from rag.checking.verify import Check, verify
from rag.errors import ModelUnavailable
from rag.types import Answer, Basis, Claim, Draft, Found, Pointer, Sentence, Span

BARE = "The bare bed lost twenty-two lettuces."
TAPE = "Copper tape made no difference."


def last(made: Draft, judge: FixedJudge | None = None, **check: object) -> Answer:
    *_, answer = verify(made, Check(judge or FixedJudge(), 0.6, **check))  # type: ignore[arg-type]
    return answer


def test_a_copied_sentence_is_quoted_without_asking_the_judge() -> None:
    judge = FixedJudge()
    answer = last(draft(Claim(BARE, (pointer(BARE),))), judge)
    (sentence,) = answer.sentences
    assert (sentence.basis, sentence.support, judge.asked) == (Basis.QUOTED, 1.0, [])
    (citation,) = sentence.citations
    assert citation.quote == BARE
    assert citation.url.startswith(
        "https://garden.example/slugs-without-pellets/#:~:text=The%20bare"
    )


def test_a_supported_sentence_is_shown_and_called_an_estimate() -> None:
    claim = Claim("The bare one fared worst.", (pointer(BARE),))
    answer = last(draft(claim), FixedJudge({claim.text: 0.7}))
    (sentence,) = answer.sentences
    assert (sentence.basis, sentence.support) == (Basis.SUPPORTED, 0.7)
    assert sentence.reason == "Estimated by the judge 'fixed'."


def test_what_is_not_supported_is_left_out_and_reported() -> None:
    claim = Claim("Slugs love copper.", (pointer(TAPE),))
    answer = last(draft(claim), FixedJudge({claim.text: 0.59}))
    assert not answer.answered
    (rejected,) = answer.rejected
    assert rejected.claim is claim
    assert "0.59, below 0.60" in rejected.reason


def test_a_claim_without_a_pointer_is_left_out() -> None:
    answer = last(draft(Claim("Trust me.", ())), FixedJudge({"Trust me.": 1.0}))
    assert answer.rejected[0].reason == "It points at no sentence of a post."


def test_an_invented_quote_is_left_out_whatever_the_judge_thinks() -> None:
    forged = Pointer(pointer(BARE).post, RESULTS, Sentence("The bare bed won.", 3))
    for text in ("The bare bed won.", "The bare bed did win."):
        answer = last(draft(Claim(text, (forged,))), FixedJudge({text: 1.0}))
        assert not answer.sentences
        assert len(answer.rejected) == 1


def test_a_quote_cites_only_where_it_stands() -> None:
    answer = last(draft(Claim(BARE, (pointer(TAPE), pointer(BARE)))))
    assert [c.quote for c in answer.sentences[0].citations] == [BARE]


def test_answers_grow_and_a_shown_sentence_stays() -> None:
    claims = [Claim(BARE, (pointer(BARE),)), Claim("No.", ()), Claim(TAPE, (pointer(TAPE),))]
    answers = list(verify(draft(*claims), Check(FixedJudge(), 0.6)))
    assert [len(a.sentences) for a in answers] == [1, 1, 2, 2]
    assert [a.complete for a in answers] == [False, False, False, True]
    assert all(
        b.sentences[: len(a.sentences)] == a.sentences for a, b in itertools.pairwise(answers)
    )


def test_a_refusal_names_the_nearest_sections_once_each() -> None:
    answer = last(draft())
    assert not answer.answered
    assert [c.section.headings for c in answer.nearest if c.section] == [
        ("Results",),
        ("When to sow",),
    ]
    assert last(draft(Claim(BARE, (pointer(BARE),)))).nearest == ()
    assert last(draft(found=Found((), 0.0))).nearest == ()


def test_links_can_be_led_to_another_host() -> None:
    answer = last(draft(Claim(BARE, (pointer(BARE),))), link_base="http://127.0.0.1:1/site")
    url = answer.sentences[0].citations[0].url
    assert url.startswith("http://127.0.0.1:1/site/slugs-without-pellets/#")


def failing(*claims: Claim) -> Iterator[Claim]:
    yield from claims
    raise ModelUnavailable("The chat model fell silent.", hint="Ask again.")


def test_a_model_that_fails_at_once_is_an_error() -> None:
    with pytest.raises(ModelUnavailable):
        last(draft_of(failing()))


def test_a_model_that_fails_later_leaves_what_was_shown() -> None:
    answer = last(draft_of(failing(Claim(BARE, (pointer(BARE),)))))
    assert answer.complete
    assert answer.warnings == ("cut short: The chat model fell silent.",)
    assert answer.text == BARE


def test_a_model_that_fails_behind_what_did_not_pass_is_an_error() -> None:
    with pytest.raises(ModelUnavailable):
        last(draft_of(failing(Claim("No.", ()))))


@dataclass
class FailingJudge(FixedJudge):
    """Does not answer."""

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        super().support(claim, cited)
        raise ModelUnavailable("The chat model fell silent.", hint="Ask again.")


OTHERWISE = Claim("The bare one fared worst.", (pointer(BARE),))
UNCHECKED = "What could not be checked is left out: The chat model fell silent."


def quoted(problem: str) -> Iterator[Claim]:
    assert problem == "The chat model fell silent."
    yield Claim(BARE, (pointer(BARE),))


def test_where_the_judge_fails_posts_are_quoted_and_it_is_asked_once_an_answer() -> None:
    judge = FailingJudge()
    made = replace(draft(OTHERWISE, replace(OTHERWISE, text="So it was.")), instead=quoted)
    for asked in (1, 2):
        answer = last(made, judge)
        assert answer.text == BARE
        assert [one.claim.text for one in answer.rejected] == [OTHERWISE.text, "So it was."]
        assert answer.warnings == (UNCHECKED,)
        assert len(judge.asked) == asked


def test_where_the_judge_fails_at_what_was_said_again_posts_are_quoted() -> None:
    made = replace(draft(Claim("No.", ())), again=lambda wrong: [OTHERWISE], instead=quoted)
    assert last(made, FailingJudge()).text == BARE


def test_where_the_judge_fails_behind_a_sentence_nothing_is_quoted() -> None:
    shown = Claim(TAPE, (pointer(TAPE),))
    claims = draft(Claim("No.", ()), shown, OTHERWISE)
    made = replace(claims, instead=quoted, again=lambda wrong: pytest.fail("It was asked again."))
    answer = last(made, FailingJudge())
    assert (answer.text, answer.warnings) == (TAPE, (UNCHECKED,))


def test_where_the_judge_fails_and_nothing_is_to_be_quoted_it_is_an_error() -> None:
    with pytest.raises(ModelUnavailable):
        last(draft(OTHERWISE), FailingJudge())


def test_time_is_kept_by_stage() -> None:
    made = draft(Claim(BARE, (pointer(BARE),)))
    *_, answer = verify(replace(made), Check(FixedJudge(), 0.6), timing={"retrieve": 5.0})
    assert answer.timing["retrieve"] == 5.0
    assert set(answer.timing) == {"retrieve", "write", "verify"}


def test_a_short_answer_is_a_span_of_a_quote_or_nothing() -> None:
    words = Span(BARE.index("twenty"), BARE.index(" lettuces"))
    (sentence,) = last(draft(Claim(BARE, (pointer(BARE),), short=words))).sentences
    assert sentence.short == words
    assert sentence.text[words.start : words.end] == "twenty-two"
    for wrong in (
        Span(3, 3),
        Span(5, 2),
        Span(-4, 3),
        Span(30, 99),
        Span(3, 9),
        Span(4, 7),
        Span(1, 3),
    ):
        (sentence,) = last(draft(Claim(BARE, (pointer(BARE),), short=wrong))).sentences
        assert sentence.short is None, wrong
    own = Claim("The bare one fared worst.", (pointer(BARE),), short=Span(4, 8))
    (sentence,) = last(draft(own), FixedJudge({own.text: 0.9})).sentences
    assert sentence.basis is Basis.SUPPORTED
    assert sentence.short is None


def test_words_of_a_script_without_spaces_may_be_a_short_answer() -> None:
    text = "工場は1871年に建てられた。"
    mill = post(9, "工場", section("0", (), text))
    claim = Claim(text, (pointer(text, mill, mill.sections[0]),), short=Span(3, 8))
    (sentence,) = last(draft(claim)).sentences
    assert sentence.short == Span(3, 8)
