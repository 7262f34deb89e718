"""Fitting late interaction's projection, on a handful of questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eval.reader_data import Corpus, Passage, Question
from eval.reader_pool import pool_of


@pytest.mark.model
def test_a_projection_is_fitted_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from eval import fit_late
    from rag.embed import BUNDLED_SHA256

    things = ("mill", "brook", "hive", "orchard", "bakery", "tower")
    passages = tuple(
        Passage(thing.title(), (f"The {thing} was built of stone.", "It is old."))
        for thing in things
    )
    questions = tuple(
        Question(f"what is the {thing} made of", i, (0,), others=(1 - i % 2,), is_graded=graded)
        for i, thing in enumerate(things)
        for graded in (False, True)
    )
    pool = tmp_path / "pool.npz"
    pool_of([("own", Corpus(passages, questions))]).save(pool)
    monkeypatch.setattr("sys.argv", ["fit_late", str(pool), "--output", str(tmp_path)])
    monkeypatch.setattr(fit_late, "_STOP_SHARE", 0.9)
    fit_late.main()
    said = capsys.readouterr().out
    assert "own: first 1.0000" in said
    with np.load(tmp_path / f"late-{BUNDLED_SHA256[:16]}.npz") as kept:
        assert kept["projection"].shape == (384, 64)
        assert np.isfinite(kept["projection"].astype(np.float32)).all()
        assert 0 < len(kept["stop_tokens"]) < 20
    fit_late.main()  # beside what stood there before
    assert "before" in capsys.readouterr().out
