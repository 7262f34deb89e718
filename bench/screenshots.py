"""Pictures of the chat page for README and docs, taken in a real Chromium.

    python -m bench.screenshots [--out DIR]

The page is that of `pullquote demo`, on the bundled sample site. No picture is taken of a question
that is not answered, or not refused, as its picture is to show.
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.landing import FLAGS
from bench.processes import in_own_process
from bench.served import served
from ui.commands.demo_site import BASE, demo_pages
from ui.commands.sample import EXAMPLES, ingest_sample, sample_settings
from ui.ports import page_address

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
LARGEST = 150_000
"""Bytes of one picture."""
_QUALITY = 70  # of WebP, of 100
_DESKTOP = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1.5}
_PHONE = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True,
    "has_touch": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture."""

    name: str
    question: str
    screen: dict[str, Any]
    pose: Callable[[Page], None]
    """What is done once the answer is there."""


def _open_source(page: Page) -> None:
    """The first source beside its answer, with its quote marked."""
    page.locator(".pq-mark[data-number='1']").first.click()
    expect(page.locator("#pq-source-1 mark")).to_be_in_viewport()


def _see_answer(page: Page) -> None:
    expect(page.locator(".pq-mark[data-number='1']").first).to_be_in_viewport()


def _see_nearest(page: Page) -> None:
    """A refusal with the sections that are near."""
    expect(page.locator(".pq-mark")).to_have_count(0)
    expect(page.locator(".pq-near").first).to_be_visible()


SHOTS = (
    Shot("answer", EXAMPLES[0], _DESKTOP, _open_source),
    Shot("refusal", EXAMPLES[3], _DESKTOP, _see_nearest),
    Shot("phone", EXAMPLES[2], _PHONE, _see_answer),
    Shot("dark", EXAMPLES[1], {**_DESKTOP, "color_scheme": "dark"}, _open_source),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    settings = sample_settings()
    in_own_process(ingest_sample, settings)
    base = page_address(settings.host, settings.port) + BASE
    settings = settings.model_copy(update={"link_base": base, "site_name": "Peninsula Notes"})
    with (
        TemporaryDirectory(prefix="pullquote-bench-") as folder,
        served(settings, Path(folder) / "log", pages=demo_pages(), examples=EXAMPLES) as server,
    ):
        for shot, picture in take(server.address, SHOTS).items():
            file = arguments.out / f"{shot}.webp"
            file.write_bytes(picture)
            print(f"{file}: {len(picture):,} bytes")


def take(address: str, shots: tuple[Shot, ...], *, patience: int = 60_000) -> dict[str, bytes]:
    """Names to pictures, as WebP.

    Args:
        address: Of the page.
        shots: The pictures.
        patience: Milliseconds until something on the page will not come any more.

    Raises:
        AssertionError: The page does not show what a picture is to show, or it is too large.
    """
    expect.set_options(timeout=patience)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        try:
            return {shot.name: _take(browser, address, shot) for shot in shots}
        finally:
            browser.close()


def _take(browser: Browser, address: str, shot: Shot) -> bytes:
    still = {"color_scheme": "light", "reduced_motion": "reduce", "locale": "en-GB"}
    context = browser.new_context(**(still | shot.screen))
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#pq.pq-ready")).to_be_visible()
    page.fill("#pq-box", shot.question)
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-answer")).to_be_visible()
    expect(page.locator("#pq-send")).to_be_visible()
    shot.pose(page)
    page.mouse.move(0, 0)
    expect(page.locator("#pq-pop")).to_be_hidden()
    picture = io.BytesIO()
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(
        picture, "WEBP", quality=_QUALITY, method=6
    )
    context.close()
    found = picture.getvalue()
    assert len(found) <= LARGEST, f"{shot.name} has {len(found):,} bytes"
    return found


if __name__ == "__main__":
    main()
