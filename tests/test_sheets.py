"""Sheets as files: what is written is read back, and what was there stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval import sheets
from eval.sheets import change_cells, read_sheet, write_sheet
from rag.errors import SourceError


def test_a_cell_is_written_and_all_else_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    before = 'id,note,said\n\na,"x, ""y""\nz",\n\'=b,own,no\nc\nd,"x\ry","x\r\ny"\ne\n'
    file.write_text(before, encoding="utf-8", newline="")
    change_cells(file, 1, "=b", {"said": "yes"})
    change_cells(file, 2, "c", {"said": "-5"})
    after = 'id,note,said\na,"x, ""y""\nz",\n\'=b,own,yes\nc,,\'-5\nd,"x\ry","x\r\ny"\ne\n'
    assert file.read_bytes().decode("utf-8-sig") == after
    said = [row.cells["said"] for row in read_sheet(file, ("said",))]
    assert said == ["", "yes", "-5", "x\r\ny", ""]
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_cell_of_several_lines_is_one_cell(tmp_path: Path, end: str) -> None:
    file = tmp_path / "sheet.csv"
    write_sheet(file, ("id", "said"), [("a", f"x{end}y"), ("b", "yes")])
    assert [row.cells["said"] for row in read_sheet(file, ("said",))] == [f"x{end}y", "yes"]


def test_what_lines_have_in_common_is_written_in_each_of_that_id(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text("said,id,note\nx,a,1\nx,b,2\nx\nx,a\nx,,3\n", encoding="utf-8")
    change_cells(file, 3, "a", {"said": "y", "note": "4"}, common=("said",))
    change_cells(file, 4, "", {"said": "z"}, common=("said",))
    assert file.read_text("utf-8-sig") == "said,id,note\ny,a,1\nx,b,2\nx\ny,a,4\nz,,3\n"


@pytest.mark.parametrize(
    ("place", "id_", "column"), [(0, "b", "said"), (7, "a", "said"), (0, "a", "x")]
)
def test_a_line_that_moved_is_not_written_over(
    tmp_path: Path, place: int, id_: str, column: str
) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text("id,said\na,no\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no longer has the line"):
        change_cells(file, place, id_, {column: "yes"})
    assert file.read_text(encoding="utf-8") == "id,said\na,no\n"


@pytest.mark.parametrize("said", ["caf\xe9".encode("latin-1"), b"x" * 200_000])
def test_a_file_that_is_no_csv_in_utf8_is_told_as_that(tmp_path: Path, said: bytes) -> None:
    file = tmp_path / "sheet.csv"
    file.write_bytes(b"id,said\na," + said + b"\n")
    with pytest.raises(SourceError, match=r"cannot be read as CSV: .* Save it as CSV in UTF-8"):
        change_cells(file, 0, "a", {"said": "yes"})
    assert file.read_bytes().endswith(said + b"\n")


def test_who_may_read_a_sheet_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text("id,said\na,no\n", encoding="utf-8")
    for mode in (0o644, 0o640):
        file.chmod(mode)
        change_cells(file, 0, "a", {"said": "yes"})
        assert file.stat().st_mode & 0o777 == mode


def test_a_sheet_behind_a_link_is_written_where_it_lies(tmp_path: Path) -> None:
    file, link = tmp_path / "kept" / "sheet.csv", tmp_path / "link.csv"
    file.parent.mkdir()
    file.write_text("id,said\na,no\n", encoding="utf-8")
    link.symlink_to(file)
    change_cells(link, 0, "a", {"said": "yes"})
    assert link.is_symlink()
    assert file.read_text("utf-8-sig") == "id,said\na,yes\n"
    assert list(file.parent.iterdir()) == [file]


def test_nothing_is_left_of_a_sheet_that_was_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text("id,said\na,no\n", encoding="utf-8")

    def broken_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sheets, "_lines", broken_off)
    with pytest.raises(KeyboardInterrupt):
        change_cells(file, 0, "a", {"said": "yes"})
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text(encoding="utf-8") == "id,said\na,no\n"
