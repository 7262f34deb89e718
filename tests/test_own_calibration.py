from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from calibrations import calibration
from small_site import garden

from rag.assistant import Assistant
from rag.calibration import (
    ANSWERABLE_FEATURES,
    ANSWERABLE_READ_FEATURES,
    Logistic,
    load_calibration,
)
from rag.catalog.catalog import Catalog
from rag.embedding.embedder import HashEmbedder
from rag.errors import IndexDamaged
from rag.index.backup import backup, restore
from rag.index.own_calibration import (
    OwnCalibration,
    Refusal,
    fingerprint,
    joined,
    keep,
    misfit,
    own_calibration,
    reset,
)
from rag.settings import Settings

MODEL = HashEmbedder().id
SHIPPED = load_calibration(MODEL.revision)
NEVER = Logistic((0.0,) * len(ANSWERABLE_FEATURES), -9.0)
OWN = OwnCalibration(
    unread=Refusal(NEVER, 0.5, fingerprint(SHIPPED)),
    read=None,
    model=MODEL.model,
    made=datetime(2026, 11, 25, tzinfo=UTC),
    questions=400,
    drafted_by="rules",
    generation=1,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return garden(tmp_path / "index")


def kept_in(folder: Path) -> OwnCalibration | None:
    with closing(Catalog(folder)) as catalog:
        return own_calibration(catalog)


def test_what_was_kept_is_read_again_and_taken_away(folder: Path) -> None:
    assert kept_in(folder) is None
    keep(folder, OWN)
    assert kept_in(folder) == OWN
    assert reset(folder)
    assert kept_in(folder) is None
    assert not reset(folder)


def test_it_travels_with_a_backup(folder: Path, tmp_path: Path) -> None:
    keep(folder, OWN)
    backup(folder, tmp_path / "away.tar.gz")
    restore(tmp_path / "away.tar.gz", tmp_path / "back")
    assert kept_in(tmp_path / "back") == OWN


def test_answers_follow_it_at_the_next_question_and_name_it(folder: Path) -> None:
    settings = Settings(index=folder, embedding_model="hash")
    with Assistant(settings) as assistant:
        before = assistant.ask("How many lettuces did the bare bed lose?")
        assert before.answered
        assert before.provenance.refusal == ""
        keep(folder, OWN)
        after = assistant.ask("How many lettuces did the bare bed lose?")
        assert not after.answered
        assert after.provenance.refusal == OWN.name
        assert after.provenance.thresholds["min_answerable"] == 0.5
        reset(folder)
        assert assistant.ask("How many lettuces did the bare bed lose?").answered


@pytest.mark.parametrize(
    "own",
    [
        replace(OWN, model="another@0/8"),
        replace(OWN, unread=replace(OWN.unread, beside="0" * 16)),
    ],
)
def test_one_of_another_model_or_of_other_weights_is_passed_over_with_a_warning(
    folder: Path, own: OwnCalibration, caplog: pytest.LogCaptureFixture
) -> None:
    keep(folder, own)
    with Assistant(Settings(index=folder, embedding_model="hash")) as assistant:
        answer = assistant.ask("How many lettuces did the bare bed lose?")
    assert answer.answered
    assert answer.provenance.refusal == ""
    assert "own calibration does not count" in caplog.text


def test_reading_needs_what_was_fitted_with_this_very_reader() -> None:
    shipped = calibration(read=True)
    closely = Refusal(
        Logistic((0.0,) * len(ANSWERABLE_READ_FEATURES), 1.0), 0.7, fingerprint(shipped, "one")
    )
    own = replace(OWN, unread=replace(OWN.unread, beside=fingerprint(shipped)))
    assert misfit(own, MODEL.model, shipped) == ""
    assert "reader" in misfit(own, MODEL.model, shipped, "one")
    own = replace(own, read=closely)
    assert misfit(own, MODEL.model, shipped, "one") == ""
    assert "reader" in misfit(own, MODEL.model, shipped, "two")
    now = joined(shipped, own, read=True)
    assert now.thresholds(read=True)[0] == 0.7
    assert now.read is not None
    assert now.read.passage == shipped.read.passage if shipped.read else False
    assert now.thresholds(read=False)[0] == shipped.min_answerable


def test_one_that_cannot_be_read_is_said_as_damage(folder: Path) -> None:
    with closing(Catalog(folder)) as catalog, catalog.writing():
        catalog.set_meta("calibration", "{}")
    with pytest.raises(IndexDamaged, match="own calibration"):
        kept_in(folder)
