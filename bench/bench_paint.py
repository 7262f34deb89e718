"""How soon does the page stand before its first reader?

    python -m bench.bench_paint [--index DIR] [--question TEXT] [--repeats N] [--json]
                                [--save [FOLDER]]

Each time a fresh server, which is waited for until its models are loaded, and a fresh Chromium
that has nothing of the page yet. Without an index: the sample's.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from playwright.sync_api import Browser, expect, sync_playwright

from bench.bench_ask import settings_for
from bench.figures import Spread, spread, table
from bench.landing import FLAGS
from bench.machine import this_machine
from bench.results import add_output, hand_over
from bench.served import served
from rag.settings import Settings
from ui.commands.sample import EXAMPLES
from ui.ports import free_port

READY = "from the server's start until its models are loaded"
PAINT = "then from the reader's request until something is seen (first contentful paint)"
TYPING = "… until a question can be typed"
SENTENCE = "from the first question until its first sentence"
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"  # ms


@dataclass(frozen=True, slots=True)
class Measured:
    """What readers waited for."""

    seconds: dict[str, Spread]
    """By what for."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, help="else that of the sample site")
    parser.add_argument("--question", default=EXAMPLES[0])
    parser.add_argument("--repeats", type=int, default=5)
    add_output(parser)
    arguments = parser.parse_args()
    machine = this_machine()
    settings = settings_for(arguments.index)
    measured = measure(settings, arguments.question, arguments.repeats)
    hand_over(arguments, "first_paint", machine, measured, text_of(measured), {})


def measure(settings: Settings, question: str, repeats: int) -> Measured:
    """What each of as many first readers waited for."""
    expect.set_options(timeout=60_000)
    seconds: dict[str, list[float]] = {}
    with sync_playwright() as playwright, TemporaryDirectory(prefix="pullquote-bench-") as folder:
        for _ in range(repeats):
            own = settings.model_copy(update={"port": free_port(settings.host, settings.port)})
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=list(FLAGS)
            )
            with served(own, Path(folder) / "log", examples=EXAMPLES) as server:
                found = {READY: server.seconds, **waited(browser, server.address, question)}
                browser.close()
            for name, taken in found.items():
                seconds.setdefault(name, []).append(taken)
    return Measured({name: spread(taken) for name, taken in seconds.items()})


def waited(browser: Browser, address: str, question: str) -> dict[str, float]:
    """Seconds of one reader."""
    page = browser.new_page()
    begun = perf_counter()
    page.goto(address)
    expect(page.locator("#pq.pq-ready")).to_be_visible()
    typing = perf_counter() - begun
    painted = page.evaluate(_PAINTED) / 1000
    page.fill("#pq-box", question)
    begun = perf_counter()
    page.press("#pq-box", "Enter")
    expect(page.locator(".pq-said").first).to_be_visible()
    return {PAINT: painted, TYPING: typing, SENTENCE: perf_counter() - begun}


def text_of(measured: Measured) -> str:
    rows = [[name, taken.text(2)] for name, taken in measured.seconds.items()]
    n = len(next(iter(measured.seconds.values())).values)
    return table([f"Waiting (n {n})", "s, median [lowest, highest]"], rows)


if __name__ == "__main__":
    main()
