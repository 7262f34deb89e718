"""Sheets that are filled on a page, in a real Chromium."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import test_browser
import uvicorn
from eval_parts import COPPER, WOOL, answer, cited
from owner_site import EVIL
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect
from test_browser import serious

from eval.cases.draft import Drafted
from eval.cases.from_readers import reader_proposals
from eval.cases.proposed import Proposed, accepted_lines, write_proposals
from eval.judging.review import write_sheets
from ui.marking.app import marking_app
from ui.marking.kinds import DRAFT, REVIEW, Sheet

browser = test_browser.browser
pytestmark = test_browser.pytestmark

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
RECORDS = [
    answer(
        "c0", cited(WOOL, headings=("Results",)), cited(COPPER), text="Wool saved most of them."
    ),
    answer("c1", cited(WOOL), text=f"It {EVIL} held."),
    answer("c2", cited(COPPER), text="Copper did nothing."),
]
PROPOSALS = (
    Drafted("What about “Results”?", "heading", "garden.example/2", "Results", WOOL.quote),
    Drafted(f"Why {EVIL}?", "sentence", "garden.example/2", "", COPPER.quote),
)
OpenSheets = Callable[..., Page]


@pytest.fixture
def open_sheets(browser: Browser) -> Iterator[OpenSheets]:
    """A page over sheets, which must neither fail nor ask anybody else."""
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme.startswith("http") and parts.hostname != "127.0.0.1":
            wrong.append(url)

    def heard(error: str) -> None:
        if "409 (Conflict)" not in error:  # which the browser says by itself
            wrong.append(error)

    def opened(*sheets: Sheet, **options: Any) -> Page:
        served = marking_app(sheets, "pullquote eval next", colour="#0f766e")
        server = uvicorn.Server(uvicorn.Config(served, port=0, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        servers.append((server, thread))
        while not server.started:
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.on("request", lambda request: asked(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: heard(m.text) if m.type == "error" else None)
        page.goto(f"http://127.0.0.1:{port}/")
        return page

    yield opened
    before = list(wrong)  # a request that ends with its page is no mistake
    for context in contexts:
        context.close()
    for server, thread in servers:
        server.should_exit = True
        thread.join()
    assert before == []


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    write_sheets(RECORDS, tmp_path / "labels", questions=3)
    return tmp_path / "labels"


@pytest.fixture
def proposals(tmp_path: Path) -> Path:
    file = tmp_path / "proposals.csv"
    write_proposals([Proposed.of(one) for one in PROPOSALS], file)
    return file


def reviews(labels: Path) -> list[Sheet]:
    names = {"I am the first person": "first.csv", "I am the second person": "second.csv"}
    return [Sheet(name, labels / file, REVIEW) for name, file in names.items()]


def cells(file: Path, column: str) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return [row[column] for row in csv.DictReader(opened)]


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("Saved")


def said_of(page: Page) -> list[dict[str, str]]:
    """The cells that the page sends from now on, in their order."""
    told: list[dict[str, str]] = []

    def heard(request: Request) -> None:
        if request.post_data:
            told.append(json.loads(request.post_data)["cells"])

    page.on("request", heard)
    return told


def test_a_person_judges_a_sheet_with_the_keyboard_alone(
    open_sheets: OpenSheets, labels: Path
) -> None:
    page = open_sheets(*reviews(labels))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Line 1 of 3")).to_be_visible()
    group = page.get_by_role("group", name=re.compile("cited sentences say all"))
    expect(group.get_by_role("button", name="Yes")).to_be_focused()
    page.keyboard.press("y")
    other = page.get_by_role("group", name=re.compile("answer the question"))
    expect(other.get_by_role("button", name="Yes")).to_be_focused()
    expect(group.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_focused()
    assert cells(labels / "first.csv", "supported") == ["yes", "", ""]
    assert cells(labels / "first.csv", "answers") == ["no", "", ""]
    assert cells(labels / "second.csv", "supported") == ["", "", ""]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Line 2 of 3")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # No
    expect(other.get_by_role("button", name="Yes")).to_be_focused()
    assert cells(labels / "first.csv", "supported") == ["yes", "no", ""]


def test_an_answer_is_taken_back_and_the_next_open_line_is_found(
    open_sheets: OpenSheets, labels: Path
) -> None:
    page = open_sheets(reviews(labels)[0])
    for _ in range(2):
        page.get_by_role("button", name="Yes").first.click()
        saved(page)
        page.get_by_role("button", name="Yes").last.click()
        expect(page.get_by_role("button", name="Next", exact=True)).to_be_focused()
        page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator("#counted")).to_have_text("2 of 3 lines answered")
    page.get_by_role("button", name="Previous").click()
    page.get_by_role("button", name="Yes").first.click()
    expect(page.locator("#counted")).to_have_text("1 of 3 lines answered")
    assert cells(labels / "first.csv", "supported") == ["yes", "", ""]
    page.reload()
    expect(page.get_by_role("heading", name="Line 2 of 3")).to_be_visible()
    page.get_by_role("button", name="Yes").first.click()
    expect(page.locator("#counted")).to_have_text("2 of 3 lines answered")
    page.get_by_role("button", name="Next open").click()
    expect(page.get_by_role("heading", name="Line 3 of 3")).to_be_visible()
    expect(page.locator("#done")).to_be_hidden()
    page.get_by_role("button", name="No").first.click()
    saved(page)
    page.get_by_role("button", name="No").last.click()
    expect(page.locator("#done")).to_contain_text("pullquote eval next")


def test_a_proposal_is_mended_and_accepted(open_sheets: OpenSheets, proposals: Path) -> None:
    page = open_sheets(Sheet("proposals", proposals, DRAFT))
    question = page.get_by_label("Question")
    expect(question).to_have_value("What about “Results”?")
    question.fill("Which bed lost only three lettuces, any?")
    page.get_by_role("group", name="Accept it as a case?").get_by_role("button", name="Yes").click()
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_focused()
    (line,) = accepted_lines(proposals)
    assert "Which bed lost only three lettuces, any?" in line
    page.get_by_role("button", name="Next", exact=True).click()
    answerable = page.get_by_role("group", name="Do the posts answer it?")
    answerable.get_by_role("button", name="No").click()
    saved(page)
    assert cells(proposals, "answerable") == ["true", "false"]
    question.press("y")  # a letter in a field is a letter
    assert cells(proposals, "accept") == ["yes", ""]


def test_what_is_mended_in_one_line_of_a_case_stands_in_its_others(
    open_sheets: OpenSheets, tmp_path: Path
) -> None:
    file = tmp_path / "proposals.csv"
    readers = reader_proposals("wool", answer("c0", cited(WOOL), cited(COPPER)), note="")
    write_proposals([*readers, Proposed.of(PROPOSALS[0])], file)
    page = open_sheets(Sheet("proposals", file, DRAFT))
    question, place = page.get_by_label("Question"), re.compile("/sheets/0")
    held: list[Route] = []
    page.route(place, lambda route: held.append(route))
    question.fill("Does wool help?")
    with page.expect_request(place):  # which the next line does not wait for
        page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", name="Line 2 of 3")).to_be_visible()
    expect(question).to_have_value("wool")
    held[0].continue_()
    page.unroute(place)
    expect(question).to_have_value("Does wool help?")
    accept = page.get_by_role("group", name="Accept it as a case?")
    accept.get_by_role("button", name="Yes").click()
    saved(page)
    answerable = page.get_by_role("group", name="Do the posts answer it?")
    answerable.get_by_role("button", name="No").click()
    saved(page)
    page.get_by_role("button", name="Previous").click()
    expect(question).to_have_value("Does wool help?")
    no = answerable.get_by_role("button", name="No")
    expect(no).to_have_attribute("aria-pressed", "true")
    accept.get_by_role("button", name="Yes").click()
    saved(page)
    assert len(accepted_lines(file)) == 1
    assert cells(file, "question")[2] == PROPOSALS[0].question


def test_a_key_that_is_held_answers_once(open_sheets: OpenSheets, labels: Path) -> None:
    page = open_sheets(reviews(labels)[0])
    told = said_of(page)
    first, other = (page.get_by_role("button", name="Yes").nth(n) for n in (0, 1))
    for key in ("y", "Enter"):
        first.focus()
        page.keyboard.down(key)
        expect(other).to_be_focused()
        page.keyboard.down(key)
        page.keyboard.up(key)
        first.focus()
        page.keyboard.press("n")
        expect(other).to_be_focused()
        saved(page)
    assert told == [{"supported": "yes"}, {"supported": "no"}] * 2


def test_answers_that_come_before_the_last_was_saved_are_taken_in_turn(
    open_sheets: OpenSheets, labels: Path
) -> None:
    page = open_sheets(reviews(labels)[0])
    told = said_of(page)
    yes, no = (page.get_by_role("button", name=name).first for name in ("Yes", "No"))
    both = page.get_by_role("group").first
    yes.click()
    saved(page)
    both.evaluate("(row) => { row.children[1].click(); row.children[0].click(); }")
    expect(no).to_have_attribute("aria-pressed", "false")
    expect(yes).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="No").last.click()
    saved(page)
    assert told == [{"supported": one} for one in ("yes", "no", "yes")] + [{"answers": "no"}]
    both.evaluate("(row) => { row.children[0].click(); row.children[0].click(); }")
    expect(yes).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="No").last.click()
    expect(page.get_by_role("button", name="No").last).to_have_attribute("aria-pressed", "false")
    assert told[4:] == [{"supported": ""}, {"answers": ""}]


def test_what_a_sheet_holds_is_only_text(open_sheets: OpenSheets, labels: Path) -> None:
    page = open_sheets(reviews(labels)[0])
    held = page.locator("dd.sentence", has_text="held")
    for _ in range(2):
        if held.count():
            break
        page.get_by_role("button", name="Next", exact=True).click()
    expect(held).to_have_text(f"It {EVIL} held.")
    assert page.title().startswith("Judge the sentences")
    assert page.locator("main img, main script").count() == 0


def test_what_cannot_be_saved_is_told_and_not_shown_as_said(
    open_sheets: OpenSheets, labels: Path
) -> None:
    page = open_sheets(reviews(labels)[0])
    yes = page.get_by_role("button", name="Yes").first
    expect(yes).to_be_visible()
    whole = (labels / "first.csv").read_bytes()
    (labels / "first.csv").write_bytes(whole.splitlines(keepends=True)[0])
    with page.expect_response(re.compile("/sheets/0")) as answered:
        yes.click()
    assert answered.value.status == 409
    expect(page.locator("#trouble")).to_contain_text("Load the page again.")
    expect(yes).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_software(
    open_sheets: OpenSheets, labels: Path, proposals: Path, scheme: str
) -> None:
    page = open_sheets(*reviews(labels), color_scheme=scheme, reduced_motion="reduce")
    assert serious(page) == [], "who are you"
    page.get_by_role("button", name="I am the first person").click()
    page.get_by_role("button", name="Yes").first.click()
    saved(page)
    assert serious(page) == [], "review"
    page = open_sheets(Sheet("proposals", proposals, DRAFT), color_scheme=scheme)
    expect(page.get_by_label("Question")).to_be_visible()
    assert serious(page) == [], "draft"


def test_a_phone_is_wide_enough(open_sheets: OpenSheets, proposals: Path) -> None:
    page = open_sheets(Sheet("proposals", proposals, DRAFT), **PHONE)
    expect(page.get_by_label("Question")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate(
        "[...document.querySelectorAll('button')].filter((one) => one.offsetParent &&"
        " one.getBoundingClientRect().height < 24).length"
    )
    assert small == 0
