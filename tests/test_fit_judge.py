"""The judge's training, on a handful of claims of our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from training import loss_left

from eval.judge_data import Judged

MILL = "The mill at Linden Ford was built in 1871 by Anna Keller."
BEES = "Lavender draws bees, which sleep in winter."
CLAIMS = (
    Judged("Anna Keller built the mill in 1871.", (MILL,), True, ()),
    Judged("Anna Keller built the mill in 1817.", (MILL,), False, ((30, 34),)),
    Judged("Lavender attracts bees.", (BEES,), True, ()),
    Judged("Lavender repels bees.", (BEES,), False, ((9, 15),)),
)


@pytest.mark.model
def test_what_is_trained_is_kept_and_judges_again(tmp_path: Path) -> None:
    import torch

    from eval.fit_judge import collate, loss_of, prepare, scored
    from eval.fit_network import keep, trained_encoder
    from rag.judge_model import ClaimReader, JudgeNet
    from rag.judge_numpy import NumpyClaimReader

    torch.manual_seed(0)
    prepared = [prepare(one) for one in CLAIMS]
    assert prepared[1].wrong
    assert sum(prepared[1].wrong) >= 1
    assert prepared[0].wrong
    assert not any(prepared[0].wrong)
    net = JudgeNet(trained_encoder()).train()
    assert loss_left(net, lambda: loss_of(net, collate(prepared)), steps=40) < 0.2
    supports = scored(net, prepared)
    assert min(supports[0], supports[2]) > 0 > max(supports[1], supports[3])

    keep(net, tmp_path / "judge.safetensors")
    reader = ClaimReader(weights=tmp_path / "judge.safetensors")
    true, false = (reader.read(one.claim, one.evidence) for one in CLAIMS[2:])
    assert true.support > 1 > -1 > false.support
    assert (false.missed, false.sure > 0) == ("repels", True)
    assert true.sure < 0
    assert reader.id.startswith("judge@")
    long = reader.read("Bees sleep. " * 200, ("Bees sleep. " * 400,))  # what is too long is cut
    assert -1e4 < long.support < 1e4

    exact = ClaimReader(weights=tmp_path / "judge.safetensors", precision="float32")
    numpy = NumpyClaimReader(weights=tmp_path / "judge.safetensors")
    assert numpy.id == reader.id
    for claim, evidence in [(one.claim, one.evidence) for one in CLAIMS] + [
        ("Bees sleep. " * 200, ("Bees sleep. " * 400,)),
        ("", (MILL,)),
    ]:
        one, other = numpy.read(claim, evidence), exact.read(claim, evidence)
        assert one.support == pytest.approx(other.support, abs=1e-3)
        assert one.missed == other.missed
        assert one.sure == pytest.approx(other.sure, abs=1e-3)
