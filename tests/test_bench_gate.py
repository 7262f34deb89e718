"""That a slowdown fails the gate, and that noise does not. All results here are made up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import log
from pathlib import Path

import pytest

from bench import gate
from bench.machine import this_machine

STEADY = {"ingest": (1.00, 1.02, 0.98, 1.01, 0.99), "start": (3.0, 3.1, 2.9, 3.0, 3.05)}
NOISY = (1.0, 1.5, 0.7, 1.2, 0.8)
AS_BEFORE = {"ingest": 1.01, "start": 3.0}


class Runs:
    """Quick runs with results that are known beforehand; the last one again and again."""

    def __init__(self, *results: Mapping[str, float]) -> None:
        self._results = list(results)
        self.taken = 0

    def __call__(self) -> Mapping[str, float]:
        self.taken += 1
        return self._results[min(self.taken, len(self._results)) - 1]


def worse(runs: Runs, *, elsewhere: bool = False) -> list[str]:
    verdicts = gate.compare(STEADY, runs, elsewhere=elsewhere)
    return [one.name for one in verdicts if one.is_worse]


def test_the_same_again_passes_after_one_run() -> None:
    runs = Runs(AS_BEFORE)
    assert worse(runs) == []
    assert runs.taken == 1


def test_what_has_become_half_as_slow_again_fails_and_is_named() -> None:
    runs = Runs({**AS_BEFORE, "ingest": 1.5})
    assert worse(runs) == ["ingest"]
    assert runs.taken == gate.TRIES


def test_something_slow_once_or_twice_is_a_neighbour_on_the_machine() -> None:
    slow = {**AS_BEFORE, "start": 9.0}
    assert worse(Runs(slow, AS_BEFORE)) == []
    assert worse(Runs(slow, slow, AS_BEFORE)) == []
    assert worse(Runs(slow, slow, slow)) == ["start"]


def test_two_things_that_were_each_slow_once_pass() -> None:
    slow_one, slow_other = {**AS_BEFORE, "ingest": 2.0}, {**AS_BEFORE, "start": 9.0}
    runs = Runs(slow_one, slow_other)
    assert worse(runs) == []  # of the second run, only what was slow in the first is looked at
    assert runs.taken == 2


def test_what_has_become_quicker_passes() -> None:
    assert worse(Runs({"ingest": 0.2, "start": 0.5})) == []


def test_a_ratio_that_is_no_longer_measured_is_an_error() -> None:
    with pytest.raises(KeyError):
        worse(Runs({"ingest": 1.0}))


def test_the_room_follows_from_the_noise_and_is_never_less_than_a_quarter() -> None:
    assert gate.limit_of((2.0, 2.0, 2.0)) == pytest.approx(2.5)
    assert gate.limit_of(STEADY["ingest"]) == pytest.approx(1.25)
    deviation = sorted(abs(log(value)) for value in NOISY)[2] * 1.4826  # its median is 1, its log 0
    assert log(gate.limit_of(NOISY)) == pytest.approx(4 * deviation)
    assert gate.limit_of(NOISY) > max(NOISY)


def test_on_another_processor_there_is_more_room() -> None:
    slower = {**AS_BEFORE, "ingest": 1.4}
    assert worse(Runs(slower)) == ["ingest"]
    assert worse(Runs(slower), elsewhere=True) == []
    assert worse(Runs({**AS_BEFORE, "ingest": 2.0}), elsewhere=True) == ["ingest"]


def test_what_is_learned_is_what_is_compared_with(tmp_path: Path) -> None:
    file = tmp_path / "gate.json"
    gate.learn(file, this_machine(), 3, Runs({"ingest": 1.0}, {"ingest": 1.2}, {"ingest": 1.1}))
    usual, elsewhere = gate.read_baselines(file, this_machine())
    assert usual == {"ingest": (1.0, 1.2, 1.1)}
    assert not elsewhere
    content = json.loads(file.read_text())
    content["machine"]["processor"] = "another one"
    file.write_text(json.dumps(content))
    assert gate.read_baselines(file, this_machine())[1]
    assert "| ingest " in file.with_suffix(".md").read_text()


def test_a_regression_ends_the_command_with_1_and_says_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gate.json"
    gate.learn(file, this_machine(), 3, Runs({"ingest": 1.0, "start": 3.0}))
    monkeypatch.setattr("sys.argv", ["gate", "--baselines", str(file)])

    monkeypatch.setattr(gate, "quick_ratios", Runs({"ingest": 1.1, "start": 3.0}))
    gate.main()
    assert "slower" not in capsys.readouterr().out

    monkeypatch.setattr(gate, "quick_ratios", Runs({"ingest": 2.1, "start": 3.0}))
    with pytest.raises(SystemExit) as ended:
        gate.main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == "Slower than before in 3 runs: ingest."
    assert "2.10 2.10 2.10" in said.out


def test_the_baselines_that_came_with_this_version_can_be_compared_with() -> None:
    if not gate.BASELINES.is_file():
        pytest.skip("no baselines were learned yet: python -m bench.gate --learn 10")
    usual, _ = gate.read_baselines(gate.BASELINES, this_machine())
    assert usual
    assert all(len(values) >= 5 and min(values) > 0 for values in usual.values())
