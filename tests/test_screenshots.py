"""Pictures of the page: taken in a real Chromium, and those that the docs show."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
import test_browser
from fake_assistant import EXAMPLES, serving
from PIL import Image

from bench.screenshots import IMAGES, LARGEST, SHOTS, Shot, take

ROOT = IMAGES.parents[1]
browser, skipped_without = test_browser.pytestmark


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_every_picture_is_there_small_and_shown(shot: Shot) -> None:
    file = IMAGES / f"{shot.name}.webp"
    assert 0 < file.stat().st_size <= LARGEST
    for page in (ROOT / "README.md", ROOT / "docs" / "page.md"):
        shown = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
        assert any(alt and (page.parent / target) == file for alt, target in shown), page.name


def test_no_picture_is_left_over() -> None:
    assert {file.stem for file in IMAGES.iterdir()} == {shot.name for shot in SHOTS}


@browser
@skipped_without
def test_pictures_are_taken_of_what_they_are_to_show() -> None:
    answer, refusal, phone, _ = SHOTS
    asked = (
        replace(answer, question=EXAMPLES[0]),
        replace(refusal, question=EXAMPLES[1]),
        replace(phone, question=EXAMPLES[0]),
    )
    with serving() as (address, _process):
        taken = {
            name: Image.open(io.BytesIO(picture)) for name, picture in take(address, asked).items()
        }
        with pytest.raises(AssertionError):
            take(address, (replace(refusal, question=EXAMPLES[0]),), patience=2000)
    assert {name: one.size for name, one in taken.items()} == {
        "answer": (1920, 1200), "refusal": (1920, 1200), "phone": (780, 1688),
    }  # fmt: skip
    assert {one.format for one in taken.values()} == {"WEBP"}
