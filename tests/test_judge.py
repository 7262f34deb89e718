from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from answers import pointer
from calibrations import calibration
from small_site import GARDEN

from rag.calibration import SUPPORT_FEATURES
from rag.checking.judge import ClaimReading, EstimatingJudge, best_reading, support_features
from rag.embedding.embedder import HashEmbedder
from rag.types import Pointer

BARE = "The bare bed lost twenty-two lettuces."
MULCH = "The bed with wool mulch lost three of forty lettuces."


def features(claim: str, *evidence: str) -> dict[str, float]:
    values = support_features(
        claim, evidence, HashEmbedder(), lambda ids: np.ones(len(ids), np.float32)
    )
    return dict(zip(SUPPORT_FEATURES, values, strict=True))


def test_a_copied_claim_has_everything_for_it() -> None:
    found = features(BARE, BARE)
    assert found["share"] == found["one_sentence"] == 1
    assert found["late"] > 0.97
    assert found["numbers"] == found["names"] == found["negation"] == 0


def test_numbers_and_names_that_are_not_in_the_evidence_are_counted() -> None:
    assert features("It lost 22 of 40.", "It lost 22 of 50.")["numbers"] == 0.5
    assert features("In 1,200 beds.", "In 1200 beds.")["numbers"] == 0
    assert features("On 2 July.", "On 27 July.")["numbers"] == 1
    assert features("Thanks to Ann.", "Thanks to Annika.")["names"] == 1
    assert features("The club thanked Ines Moreau.", "The club thanked Ines.")["names"] == 0.5


def test_one_sided_negation_is_noticed() -> None:
    assert features("Tape helps.", "Tape does not help.")["negation"] == 1
    assert features("Tape doesn't help.", "Tape does not help.")["negation"] == 0


def test_two_sentences_together_say_more_than_each() -> None:
    found = features("wool copper", "wool", "copper")
    assert (found["share"], found["one_sentence"]) == (1.0, 0.5)


def test_the_judge_prefers_the_sentence_that_says_it() -> None:
    own = calibration().support
    judge = EstimatingJudge(HashEmbedder(), lambda ids: np.ones(len(ids), np.float32), own)
    claim = "The bare bed lost most lettuces."
    cited: tuple[Pointer, ...] = (pointer(BARE),)
    assert judge.support(claim, cited) > judge.support(claim, (pointer(MULCH),))
    assert 0 <= judge.support("Nothing of the kind.", cited) < 0.5


class FixedReader:
    """Reads what it was told to read."""

    id = "fixed"

    def __init__(self, support: float, missed: str = "", sure: float = 0.0) -> None:
        self.reading = ClaimReading(support, missed, sure)
        self.given: list[list[str]] = []

    def read(self, claim: str, evidence: Sequence[str]) -> ClaimReading:
        self.given.append(list(evidence))
        return self.reading


def judge(reader: FixedReader) -> EstimatingJudge:
    own = calibration(read=True).read_support
    assert own
    weigh = np.ones
    return EstimatingJudge(
        HashEmbedder(), lambda ids: weigh(len(ids), np.float32), own.support, reader
    )


def test_a_close_reading_counts_and_stands_in_the_name() -> None:
    cited = (pointer(BARE),)
    against, speaking = judge(FixedReader(-50.0)), judge(FixedReader(50.0))
    assert against.support(BARE, cited) < 0.5 < speaking.support(BARE, cited)
    assert speaking.name == "fixed"


def test_a_reader_is_told_once_what_sentences_stand_under() -> None:
    reader = FixedReader(0.0)
    judge(reader).support(BARE, (pointer(BARE), pointer(MULCH)))
    head = f"{GARDEN[1].post.title} › Results:"
    # Each by itself, then both together.
    assert reader.given == [[head, BARE], [head, MULCH], [head, BARE, MULCH]]


class ReadsBest(FixedReader):
    """Finds that as many sentences together support a claim as it was told."""

    def __init__(self, sentences: int) -> None:
        super().__init__(0.0)
        self.sentences = sentences

    def read(self, claim: str, evidence: Sequence[str]) -> ClaimReading:
        super().read(claim, evidence)
        return ClaimReading(9.0 if len(evidence) == self.sentences else -9.0, "", 0.0)


@pytest.mark.parametrize(("sentences", "best"), [(1, 9.0), (2, 9.0), (4, -9.0)])
def test_the_best_of_one_sentence_and_of_few_together_counts(sentences: int, best: float) -> None:
    for count in (2, 4):
        evidence = [f"Sentence {n}." for n in range(count)]
        reader = ReadsBest(sentences)
        found = best_reading(reader, "A claim.", [[one] for one in evidence], evidence)
        together = count == 2  # of four together it would make little
        wanted = best if sentences == 1 or (sentences == 2 and together) else -9.0
        assert found.support == wanted
        assert len(reader.given) == count + together


@pytest.mark.parametrize(
    ("claim", "reading", "said"),
    [
        ("The bare bed lost 23 lettuces.", (), "They do not mention “23”."),
        ("It was Ines Moreau in May.", (), "They do not mention “Ines” or “Moreau”."),
        ("The bare bed lost no lettuces.", (), "Only one of the two says no."),
        ("The bare bed won lettuces.", ("won", 2.0), "They do not seem to say “won”."),
        ("The bare bed won lettuces.", ("won", -2.0), ""),
    ],
)
def test_what_is_missing_is_said_in_words(
    claim: str, reading: tuple[str, float] | tuple[()], said: str
) -> None:
    reader = FixedReader(0.0, *reading) if reading else FixedReader(0.0)
    assert judge(reader).objection(claim, (pointer(BARE),)) == said
