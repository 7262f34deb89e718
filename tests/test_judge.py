from __future__ import annotations

import numpy as np
from answers import pointer
from calibrations import calibration

from rag.calibration import SUPPORT_FEATURES
from rag.embed import HashEmbedder
from rag.judge import OverlapJudge, support_features
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
    judge = OverlapJudge(
        HashEmbedder(), lambda ids: np.ones(len(ids), np.float32), calibration().support
    )
    claim = "The bare bed lost most lettuces."
    cited: tuple[Pointer, ...] = (pointer(BARE),)
    assert judge.support(claim, cited) > judge.support(claim, (pointer(MULCH),))
    assert 0 <= judge.support("Nothing of the kind.", cited) < 0.5
