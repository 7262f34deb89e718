"""What the first reader of a server waits for, in a real Chromium."""

from __future__ import annotations

import test_browser
from fake_assistant import LETTUCES, serving
from playwright.sync_api import Browser

from bench.bench_paint import PAINT, READY, SENTENCE, TYPING, Measured, text_of, waited
from bench.figures import spread

browser = test_browser.browser
pytestmark = test_browser.pytestmark


def test_each_time_of_a_reader_is_taken(browser: Browser) -> None:
    with serving() as (address, _):
        found = waited(browser, address, LETTUCES)
    assert list(found) == [PAINT, TYPING, SENTENCE]
    assert min(found.values()) > 0
    text = text_of(Measured({READY: spread([9.0]), **{k: spread([v]) for k, v in found.items()}}))
    assert len(text.splitlines()) == 2 + 1 + len(found)
    assert "9.00" in text
