from __future__ import annotations

from pathlib import Path

import pytest
from eval_parts import WOOL, answer, cited

from eval.journal import NAME, Entry, open_journal
from rag.errors import SourceError

RESTS_ON = {"index_generation": 3, "case_sha256": "ab" * 32}
WOOL_ENTRY = Entry("wool", answer("wool", cited(WOOL), text="It lost three – “so”."), None, 12.5)
FAILED = Entry("price", None, "The model is asleep.", 60_000.0)


def begun(folder: Path, *entries: Entry) -> Path:
    with open_journal(folder) as journal:
        journal.begin(RESTS_ON)
        for entry in entries:
            journal.add(entry)
    return folder / NAME


def test_what_was_added_is_there_for_the_next_process(tmp_path: Path) -> None:
    begun(tmp_path, WOOL_ENTRY, FAILED)
    with open_journal(tmp_path, resume=True) as journal:
        journal.begin(RESTS_ON)
        assert len(journal) == 2
        assert "wool" in journal
        assert "sow" not in journal
        assert journal.entry("sow") is None
        assert journal.entry("price") == FAILED
        assert journal.entry("wool") == WOOL_ENTRY
        assert list(journal.records(iter(["price", "wool"]))) == [WOOL_ENTRY.record]


def test_a_line_that_a_kill_cut_off_is_asked_again(tmp_path: Path) -> None:
    file = begun(tmp_path, FAILED, WOOL_ENTRY)
    whole = file.read_bytes()
    for cut in range(1, len(whole)):
        file.write_bytes(whole[:cut])
        with open_journal(tmp_path, resume=True) as journal:
            journal.begin(RESTS_ON)
            for entry in (FAILED, WOOL_ENTRY):
                if entry.case_id not in journal:
                    journal.add(entry)
        assert file.read_bytes() == whole


def test_a_stopped_run_is_not_overwritten_by_another_one(tmp_path: Path) -> None:
    file = begun(tmp_path, FAILED)
    before = file.read_bytes()
    with (
        pytest.raises(SourceError, match="holds a run that was stopped") as told,
        open_journal(tmp_path),
    ):
        pass
    assert "--resume" in told.value.hint
    assert file.read_bytes() == before


def test_a_run_on_something_else_does_not_go_on_with_it(tmp_path: Path) -> None:
    begun(tmp_path, FAILED)
    with (
        open_journal(tmp_path, resume=True) as journal,
        pytest.raises(SourceError, match=r"something else: index_generation \(3, now 4\)\."),
    ):
        journal.begin(RESTS_ON | {"index_generation": 4})


def test_a_line_that_is_none_of_a_journal_is_told(tmp_path: Path) -> None:
    file = begun(tmp_path, FAILED)
    with file.open("ab") as stream:
        stream.write(b"{}\n")
    with pytest.raises(SourceError, match="Line 3 of"), open_journal(tmp_path, resume=True):
        pass


def test_without_a_folder_nothing_is_left_behind(tmp_path: Path) -> None:
    with open_journal(None) as journal:
        journal.begin(RESTS_ON)
        journal.add(WOOL_ENTRY)
        assert journal.entry("wool") == WOOL_ENTRY
    assert list(tmp_path.iterdir()) == []
