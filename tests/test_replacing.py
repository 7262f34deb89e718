from __future__ import annotations

from pathlib import Path

import pytest

from rag.replacing import replacing


def test_the_new_file_stands_where_the_old_one_stood(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    for text in ("old", "nëw"):  # where there is none yet, and where there is one
        with replacing(file) as opened:
            opened.write(text)
            before = file.read_text(encoding="utf-8") if file.exists() else None
        assert before != text
        assert file.read_text(encoding="utf-8") == text
    assert [one.name for one in tmp_path.iterdir()] == ["keys.json"]
    assert file.stat().st_mode & 0o077 == 0


def broken_off(file: Path, error: BaseException) -> None:
    with replacing(file) as opened:
        opened.write("new")
        raise error


@pytest.mark.parametrize("error", [OSError("full"), ValueError("bad"), KeyboardInterrupt()])
def test_of_a_try_that_failed_nothing_is_left(tmp_path: Path, error: BaseException) -> None:
    file = tmp_path / "keys.json"
    file.write_text("old", encoding="utf-8")
    with pytest.raises(type(error)):
        broken_off(file, error)
    assert file.read_text(encoding="utf-8") == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["keys.json"]


def test_what_cannot_be_put_in_its_place_is_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / "keys.json"
    folder.mkdir()
    with pytest.raises(OSError, match=r"keys\.json"), replacing(folder):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["keys.json"]
