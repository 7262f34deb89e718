"""The page of a report in a real Chromium, with ten and with five thousand questions."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from eval_parts import WOOL, answer, case, cited, hit
from playwright.sync_api import Browser, Page, expect, sync_playwright

from eval.beside import CITE_EVERYTHING, CITE_NOTHING, MEANING_ALONE, WORDS_ALONE
from eval.cases.cases import Case, fingerprint
from eval.grade import Failure, grade, summarise
from eval.journal import Entry, open_journal
from eval.made_with import MadeWith
from eval.report.as_html import write_html
from eval.run import EvalResult
from rag.record import AnswerRecord

_FLAGS = "--headless --no-sandbox --disable-gpu --no-first-run --disable-sync".split()
_CHROMIUM = shutil.which("chromium")
_REQUIRED = os.environ.get("PULLQUOTE_REQUIRE_BROWSER") == "1"  # noqa: TID251 - a test's own
MADE_WITH = MadeWith("c.jsonl", "ab" * 32, "cd" * 32, "i", 3, 14, 99, "hash", ())
EVIL = "<img src=x onerror=alert(1)>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not _CHROMIUM and not _REQUIRED, reason="there is no chromium on the search path"
    ),
]

OpenPage = Callable[..., Page]


def came(number: int) -> tuple[Case, AnswerRecord | Failure]:
    """Of five questions one is right, one wrong, one refused, one wrongly so, and one failed."""
    id_ = f"q{number}"
    if number % 5 == 4:
        return case(id_, WOOL), Failure(id_, f"Broke on {EVIL}", 900.0)
    if number % 5 == 2:
        return case(id_, kind="near"), answer(id_, score=0.1 + number % 7 / 100)
    if number % 5 == 3:
        return case(id_, WOOL), answer(id_, score=0.2)
    found = [hit(f"{WOOL.quote} {EVIL} Text {number % 99}. {'Much is said. ' * 60}")] * 10
    quote = None if number % 5 == 0 else "We compared five beds."
    citation = cited(WOOL, quote=quote, headings=["Some"])
    return case(id_, WOOL, must=[["so"]]), answer(id_, citation, text="So it is.", hits=found)


def write_page(path: Path, n: int) -> Path:
    pairs = [came(number) for number in range(n)]
    cases = tuple(one for one, _ in pairs)
    records = [back for _, back in pairs if isinstance(back, AnswerRecord)]
    failures = [back for _, back in pairs if isinstance(back, Failure)]
    own = grade(cases, records, failures=failures, resamples=2).cases
    beside = dict.fromkeys((WORDS_ALONE, MEANING_ALONE, CITE_EVERYTHING, CITE_NOTHING), own)
    graded = summarise(own, beside=beside, resamples=10)
    result = EvalResult(cases, tuple(map(fingerprint, cases)), graded, MADE_WITH, ())
    with open_journal(None) as journal:
        journal.begin({})
        for one, back in pairs:
            record = back if isinstance(back, AnswerRecord) else None
            journal.add(Entry(one.id, record, None if record else "It sleeps.", 10.0))
        write_html(result, journal, path)
    return path


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return {n: write_page(folder / f"{n}.html", n) for n in (10, 5000)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert _CHROMIUM, "PULLQUOTE_REQUIRE_BROWSER is set, and there is no chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, pages: dict[int, Path]) -> Iterator[OpenPage]:
    """Opens the page; nothing may be asked of the network, and no script may fail."""
    asked: list[str] = []
    wrong: list[str] = []
    contexts = []

    def open_one(n: int, hash_: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.goto(pages[n].as_uri() + hash_)
        expect(page.locator(".case").first).to_be_visible()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert asked
    assert not [url for url in asked if not url.startswith("file:")]
    assert not wrong


@pytest.mark.parametrize(
    ("n", "scheme", "width"),
    [
        (10, "light", 390), (10, "light", 1280), (10, "dark", 390), (10, "dark", 1280),
        (5000, "light", 1280), (5000, "dark", 390),
    ],
)  # fmt: skip
def test_the_page_has_no_serious_barrier_and_fits(
    open_page: OpenPage, n: int, scheme: str, width: int
) -> None:
    page = open_page(
        n, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    for place in range(5):
        page.locator(".case > summary").nth(place).click()
    page.locator("main > section > details > summary").first.click()
    found = Axe().run(page)["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_question_shows_gold_answer_and_evidence(open_page: OpenPage) -> None:
    page = open_page(10)
    first = page.locator(".case").first
    assert first.locator(".inside").count() == 0
    first.locator("summary").first.click()
    expect(first.locator(".evidence mark.gold").first).to_have_text(WOOL.quote)
    expect(first).to_contain_text("found at 1")
    first.locator(".hit > summary").first.click()
    expect(first.locator(".hit .text").first).to_contain_text(EVIL)
    expect(first.locator("img")).to_have_count(0)
    assert page.url.endswith("#case=q0")


def test_filter_search_and_order(open_page: OpenPage) -> None:
    page = open_page(10)
    expect(page.locator("#count")).to_have_text("All 10 questions")
    page.get_by_role("button", name="Wrongly refused 2").click()
    expect(page.locator(".ask")).to_have_text(["q3?", "q8?"])
    page.get_by_role("button", name="Not right 6").click()
    page.get_by_label("Order").select_option("worst")
    expect(page.locator(".verdict").first).to_have_text("failed")
    page.get_by_label("Search").fill("Q8")
    expect(page.locator(".ask")).to_have_text(["q8?"])
    expect(page.locator("#count")).to_have_text("1 question of 10")
    page.get_by_label("Kind", exact=True).select_option("near")
    expect(page.locator(".case")).to_have_count(0)


def test_the_keyboard_reaches_and_opens_every_question(open_page: OpenPage) -> None:
    page = open_page(10)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator(".case > summary").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".case > summary").nth(4)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".case").nth(4)).to_contain_text("It failed")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".case > summary").nth(3)).to_be_focused()


def test_an_address_leads_to_its_question_far_down(open_page: OpenPage) -> None:
    page = open_page(5000, "#case=q4000")
    opened = page.locator(".case[open]")
    expect(opened).to_have_count(1)
    expect(opened.locator(".ask")).to_have_text("q4000?")
    expect(opened.locator("summary").first).to_be_focused()


def test_five_thousand_questions_are_not_all_in_the_page_at_once(open_page: OpenPage) -> None:
    page = open_page(5000)
    expect(page.locator(".case")).to_have_count(50)
    page.locator("#more").click()
    expect(page.locator(".case")).to_have_count(100)
    expect(page.locator(".case > summary").nth(50)).to_be_focused()
    started = time.monotonic()
    page.get_by_label("Search").fill("q4999")
    expect(page.locator(".case")).to_have_count(1)
    page.locator(".case > summary").click()
    expect(page.locator(".inside")).to_be_visible()
    assert time.monotonic() - started < 10  # a hundred times what it takes: catches the hopeless


def test_the_theme_can_be_changed(open_page: OpenPage) -> None:
    page = open_page(10, color_scheme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(colour) != light
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate(colour) == light
