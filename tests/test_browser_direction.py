"""The owner's page and the log-in in a language that is written from right to left."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import test_browser
from fake_assistant import PASSWORD, serving
from owner_site import source_file
from playwright.sync_api import Browser, Locator, Page, expect
from test_browser import serious
from test_browser_owner import OWNER, PHONE

from ui.texts import english

browser = test_browser.browser
pytestmark = test_browser.pytestmark

ARABIC = {
    "door_password": "كلمة المرور",
    "door_log_in": "ادخل",
    "door_wrong_password": "هذه ليست كلمة المرور.",
    "door_wait_many": "أخطأت كثيرا. انتظر {n} ثانية ثم حاول من جديد.",
    "own_head": "صفحة المالك",
    "own_choose": "اختر جملا …",
}
GAP = re.compile(r"(\{[^}]*\})|[A-Za-z]")
TEXT = """(one) => {
  const range = document.createRange();
  range.selectNodeContents(one);
  const box = range.getBoundingClientRect();
  return [box.left, box.right];
}"""


def right(one: Locator) -> float:
    """Where the text of an element begins, in pixels from the left."""
    return float(one.evaluate(TEXT)[1])


def left(one: Locator) -> float:
    return float(one.evaluate(TEXT)[0])


@contextmanager
def in_arabic(browser: Browser, folder: Path, **options: Any) -> Iterator[tuple[Page, str]]:
    """A page, and the address of a server with both passwords."""
    words = folder / "ar.json"
    # Every text is there, so that none of the page is English by mistake of its own.
    texts = {key: GAP.sub(lambda one: one[1] or "س", text) for key, text in english().items()}
    words.write_text(json.dumps({**texts, **ARABIC}), encoding="utf-8")
    given: dict[str, Any] = {
        "owner_password": OWNER, "keep_questions": True, "keep_feedback": True,
        "sync_sources": source_file(folder), "owner_cases": folder / "cases.jsonl",
        "page_language": "ar", "page_texts": words, "site_name": "حديقة الخضار",
    }  # fmt: skip
    with serving("owner", "locked", **given) as (address, _):
        context = browser.new_context(reduced_motion="reduce", **options)
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        yield page, address
        assert wrong == []
        context.close()


def log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/owner")
    page.fill("#password", OWNER)
    page.press("#password", "Enter")
    expect(page.locator("#questions .asked")).to_have_count(4, timeout=60_000)
    expect(page.locator("#health .pill")).to_be_visible(timeout=60_000)


def test_the_log_in_is_turned_around(browser: Browser, tmp_path: Path) -> None:
    with in_arabic(browser, tmp_path) as (page, address):
        page.goto(address)
        assert page.evaluate("[document.documentElement.lang, document.dir]") == ["ar", "rtl"]
        logo, name = page.locator(".logo").bounding_box(), page.locator("h1 span").last
        assert logo
        assert right(name) < logo["x"]
        field = page.locator("#password")
        box = field.bounding_box()
        assert box
        assert right(page.locator("label")) == pytest.approx(box["x"] + box["width"], abs=2)
        for _ in range(10):
            page.fill("#password", f"not {PASSWORD}")
            page.press("#password", "Enter")
            told = page.get_by_role("alert")
            expect(told).to_have_text(ARABIC["door_wrong_password"])
        edge = told.bounding_box()
        assert edge
        bar = told.evaluate("(one) => getComputedStyle(one).borderRightWidth")
        assert bar == "4px"
        assert 4 < edge["x"] + edge["width"] - right(told) < 24
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        expect(told).to_have_text(re.compile(r"^أخطأت كثيرا\. انتظر \d+ ثانية ثم حاول من جديد\.$"))
        assert serious(page) == []
        page.screenshot(path=tmp_path / "log-in.png")


def test_the_owners_page_is_turned_around(browser: Browser, tmp_path: Path) -> None:
    size = {"width": 1280, "height": 900}
    with in_arabic(browser, tmp_path, viewport=size) as (page, address):
        log_in(page, address)
        page.locator("#sync").click()
        # The page is drawn anew behind a sync, and this is drawn last.
        expect(page.locator("#sync-state .pill")).to_be_visible(timeout=60_000)
        table = page.locator("#report table").first
        # Columns begin where their heads do, and what is in English as well.
        for number in (0, 1):
            head, cell = table.locator("th").nth(number), table.locator("tbody td").nth(number)
            assert right(cell) == pytest.approx(right(head), abs=1)
        assert right(table.locator("th").first) == pytest.approx(
            table.evaluate("(one) => one.getBoundingClientRect().right"), abs=1
        )
        names, values = page.locator("#facts dt"), page.locator("#facts dd")
        starts = {round(right(values.nth(n))) for n in range(names.count())}
        assert max(starts) - min(starts) <= 8  # a folder has a margin of its own
        assert max(starts) < min(left(names.nth(n)) for n in range(names.count()))
        asked = page.locator("#questions .asked")
        assert max(right(one) for one in asked.all()) - min(right(one) for one in asked.all()) < 2
        count = page.locator("#questions .count").first.bounding_box()
        assert count
        assert 0 < count["x"] - right(asked.first) < 40
        page.locator("#questions .make button").nth(1).click()
        choice = page.locator("#choose-list .choice").first
        expect(choice).to_be_visible(timeout=60_000)
        box = choice.locator("input").bounding_box()
        assert box
        assert 0 < box["x"] - right(choice.locator("span")) < 24
        assert left(page.locator("#choose-question")) > 0
        head = page.locator("#choose-name")
        assert right(page.locator("#choose-question")) == pytest.approx(right(head), abs=2)
        assert serious(page) == []
        page.screenshot(path=tmp_path / "owner.png")


def test_a_phone_is_wide_enough_from_right_to_left(browser: Browser, tmp_path: Path) -> None:
    with in_arabic(browser, tmp_path, **PHONE) as (page, address):
        log_in(page, address)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        out = page.evaluate(
            "[...document.querySelectorAll('main *')].filter((one) => {"
            " const box = one.getBoundingClientRect();"
            " return box.width && (box.left < 0 || box.right > 390)"
            " && !one.closest('.table, .unseen');"
            "}).map((one) => one.outerHTML.slice(0, 120))"
        )
        assert out == []
        page.screenshot(path=tmp_path / "phone.png", full_page=True)
