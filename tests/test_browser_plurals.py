"""What is counted, in the forms of other languages, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import test_browser
from playwright.sync_api import Browser, Page

ASSETS = Path(__file__).resolve().parents[1] / "ui" / "assets"
Opened = Callable[[Page, str, dict[str, str]], str]
NUMBERS = (0, 1, 2, 3, 5, 11, 21, 22, 100)

browser = test_browser.browser
pytestmark = test_browser.pytestmark


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def readers_page(page: Page, language: str, texts: dict[str, str]) -> str:
    page.set_content("<p>A page</p>")
    page.evaluate("(told) => { window.pullquote = told; }", {"language": language, "texts": texts})
    page.add_script_tag(content=(ASSETS / "page_tools.js").read_text(encoding="utf-8"))
    return "pullquote"


def owners_page(page: Page, language: str, texts: dict[str, str]) -> str:
    told = json.dumps({"language": language, "texts": texts})
    # Where a page may keep something: its script asks whether light or dark was chosen.
    page.route("https://owner.example/", lambda route: route.fulfill(body="<!DOCTYPE html><p>"))
    page.goto("https://owner.example/")
    page.set_content(f"<script id='texts' type='application/json'>{told}</script>")
    page.add_script_tag(content=(ASSETS / "owner_tools.js").read_text(encoding="utf-8"))
    return "owner"


@pytest.mark.parametrize("opened", [readers_page, owners_page])
@pytest.mark.parametrize(
    ("language", "forms", "said"),
    [
        ("en", "one many", "many one many many many many many many many"),
        ("ru", "one few many", "many one few few many many one few many"),
        ("pl", "one few many", "many one few few many many many few many"),
        ("ar", "zero one two few many", "zero one two few few many many many many"),
        ("he", "one two many", "many one two many many many many many many"),
        ("ru", "one many", "many one many many many many one many many"),
        ("ja", "one many", "many many many many many many many many many"),
    ],
)
def test_a_number_has_the_form_of_its_language(
    page: Page, opened: Opened, language: str, forms: str, said: str
) -> None:
    texts = {f"posts_{form}": form for form in forms.split()}
    name = opened(page, language, texts)
    count = f"(numbers) => numbers.map((n) => window.{name}.count('posts', n))"
    assert page.evaluate(count, list(NUMBERS)) == said.split()
