"""What stands around a quote is found and shown once."""

from __future__ import annotations

import pytest
from answers import FixedJudge, draft_of, pointer
from small_site import post, section

from rag.checking.verify import Check, verify
from rag.text.sentences import around, split_sentences
from rag.types import Answer, Basis, Block, Claim, Pointer, Section
from ui.context import contexts

TIP = "Coffee grounds drive slugs away."
BEFORE = "Every garden book has this tip."
AFTER = "Our trial has shown nothing of the kind."
GARDEN = post(9, "Myths", section("0", (), f"{BEFORE} {TIP}", f"{AFTER} We counted twice."))


def quoted(*texts: str) -> Answer:
    claims = [Claim(text, (pointer(text, GARDEN, GARDEN.sections[0]),)) for text in texts]
    *_, answer = verify(draft_of(claims), Check(FixedJudge(), 0.5))
    return answer


def test_a_quote_knows_its_neighbours_across_paragraphs() -> None:
    (sentence,) = quoted(TIP).sentences
    (citation,) = sentence.citations
    assert (sentence.basis, citation.before, citation.after) == (Basis.QUOTED, BEFORE, AFTER)
    assert contexts(quoted(TIP)) == [f"Around it: {BEFORE} […] {AFTER}"]
    assert contexts(quoted(BEFORE)) == [f"After it: {TIP}"]
    assert contexts(quoted("We counted twice.")) == [f"Before it: {AFTER}"]


def test_nothing_is_shown_twice() -> None:
    assert contexts(quoted(TIP, AFTER)) == [f"Before it: {BEFORE}", "After it: We counted twice."]
    assert contexts(quoted(BEFORE, AFTER)) == [f"After it: {TIP}", "After it: We counted twice."]


def test_what_is_supported_is_in_its_own_words_and_has_no_place() -> None:
    own = "Slugs run from coffee grounds."
    claim = Claim(own, (pointer(TIP, GARDEN, GARDEN.sections[0]),))
    *_, answer = verify(draft_of([claim]), Check(FixedJudge({own: 0.9}), 0.5))
    assert answer.sentences[0].basis is Basis.SUPPORTED
    assert contexts(answer) == [""]


@pytest.mark.parametrize("kind", ["row", "item", "code", "note", "heading"])
def test_neighbours_of_what_is_no_running_text_say_nothing_of_it(kind: str) -> None:
    text = "One bed.\nTwo beds.\nThree beds."
    blocks = tuple(Block(a, b, kind) for a, b in ((0, 8), (9, 18), (19, 30)))  # type: ignore[arg-type]
    listed = Section("0", (), None, 1, text, blocks)
    assert around(listed, split_sentences(text, blocks)[1]) == ("", "")
    beside = (Block(0, 8), Block(9, 18), blocks[2])
    mixed = Section("0", (), None, 1, text, beside)
    assert around(mixed, split_sentences(text, beside)[1]) == ("One bed.", "")


def test_a_long_neighbour_is_cut_between_words() -> None:
    long = f"Here {'leaf and soil ' * 30}end there."
    parsed = post(8, "Long", section("0", (), f"{long} {TIP} Then {long}"))
    one = Pointer(parsed.post, parsed.sections[0], split_sentences(parsed.sections[0].text)[1])
    *_, answer = verify(draft_of([Claim(TIP, (one,))]), Check(FixedJudge(), 0.5))
    (told,) = contexts(answer)
    before, after = told.removeprefix("Around it: ").split(" […] ")
    assert before.startswith("… ")
    assert before.endswith("soil end there.")
    assert after.startswith("Then Here leaf and")
    assert after.endswith(" …")
    assert len(told) < 500
