"""The judge's training, on a handful of claims of our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from training import loss_left

from eval.fit.judge_data import Judged, Twins
from eval.fit.judge_pool import cases_of, load_cases, save_cases

MILL = "The mill at Linden Ford was built in 1871 by Anna Keller."
BEES = "Lavender draws bees, which sleep in winter."
CLAIMS = (
    Judged("Anna Keller built the mill in 1871.", (MILL,), True, ()),
    Judged("Anna Keller built the mill in 1817.", (MILL,), False, ((30, 34),)),
    Judged("Lavender attracts bees.", (BEES,), True, ()),
    Judged("Lavender repels bees.", (BEES,), False, ((9, 15),)),
)
TWINS = (Twins(*CLAIMS[:2]), Twins(*CLAIMS[2:]))


def test_cases_are_kept_as_numbers(tmp_path: Path) -> None:
    unsaid = Twins(CLAIMS[0], Judged("Bees sleep.", (MILL,), False), is_aside=True)
    cases = [*cases_of("read", TWINS), *cases_of("rule", [unsaid])]
    save_cases(cases, tmp_path / "pool.npz")
    found = load_cases(tmp_path / "pool.npz")
    assert [(one.part, one.is_aside) for one in found] == [
        ("read", False), ("read", False), ("rule", True),
    ]  # fmt: skip
    assert sum(found[0].true.wrong) == 0
    assert 1 <= sum(found[0].false.wrong) < len(found[0].false.wrong)
    assert set(found[2].false.wrong.tolist()) == {-1}
    for one, other in zip(cases, found, strict=True):
        assert one.true.ids.tolist() == other.true.ids.tolist()
        assert one.false.types.tolist() == other.false.types.tolist()
        assert other.false.types.sum() == len(other.false.ids) - len(other.false.wrong) - 2


@pytest.mark.model
def test_what_is_trained_is_kept_and_judges_again(tmp_path: Path) -> None:
    from eval.fit.judge import collate, figures, loss_of, scored
    from eval.fit.network import keep, new_net
    from rag.checking.with_numpy import NumpyClaimReader
    from rag.checking.with_torch import ClaimReader, JudgeNet

    cases = cases_of("read", TWINS)
    net = new_net(JudgeNet, 0, 2).train()
    assert loss_left(net, lambda: loss_of(net, collate(cases)), steps=40) < 0.2
    supports = scored(net, cases)
    assert supports[:, 0].min() > 0 > supports[:, 1].max()
    assert figures(net, cases) == {"auroc": 1.0, "in order": 1.0, "n": 2}

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


@pytest.mark.model
def test_several_networks_teach_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from eval.fit import judge as fit_judge
    from rag.checking.with_torch import ClaimReader

    pool, kept = tmp_path / "pool.npz", tmp_path / "judge.safetensors"
    aside = [Twins(one.true, one.false, is_aside=True) for one in TWINS]
    save_cases([*cases_of("read", [*TWINS, *aside]), *cases_of("rule", TWINS)], pool)
    monkeypatch.setattr(fit_judge, "CASES", 2)
    monkeypatch.setattr(
        "sys.argv",
        [
            *("fit_judge", str(pool), "--teachers", "2", "--first", "8", "--epochs", "8"),
            *("--passes", "4", "--frozen", "3", "--rate", "3e-4", "--output", str(kept)),
        ],
    )
    fit_judge.main()
    assert capsys.readouterr().out.count("'in order': 1.0") == 4
    reader = ClaimReader(weights=kept)
    true, false = (reader.read(one.claim, one.evidence) for one in CLAIMS[:2])
    assert true.support > false.support
