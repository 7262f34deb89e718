from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from small_site import post, put, section

from rag.catalog.catalog import Catalog
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.index.own_calibration import own_calibration
from rag.settings import Settings
from ui.commands.calibrating import EASIER, calibrate, print_calibrated

PLANTS = "bean pea leek kale chard beet carrot onion garlic radish turnip fennel".split()
BEASTS = ("slug", "crow", "mouse")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder, embedder = tmp_path / "index", HashEmbedder()
    with write_index(folder, embedder.id) as writer:
        for number, plant in enumerate(PLANTS, 1):
            parts = (
                section(
                    str(n),
                    (f"{plant}{beast} against {plant}wool",),
                    f"Our {plant}bed lost {number + n} {plant}{beast} rows to the {beast}{plant}.",
                )
                for n, beast in enumerate(BEASTS, 1)
            )
            put(writer, post(number, f"A year of {plant}", *parts), embedder)
        writer.finish()
    return Settings(index=folder, embedding_model="hash")


def test_only_force_keeps_what_no_case_speaks_for(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    done = calibrate(settings, questions=40, cases=None, force=False)
    assert not done.kept
    print_calibrated(done, settings.index)
    shown = capsys.readouterr().out
    assert EASIER in shown
    assert "Not kept" in shown
    assert done.refit.objection in shown
    with closing(Catalog(settings.index)) as catalog:
        assert own_calibration(catalog) is None
        calibrate(settings, questions=40, cases=None, force=True)
        kept = own_calibration(catalog)
    assert kept is not None
    assert kept.unread == done.refit.own.unread
    assert kept.drafted_by == "rules"
