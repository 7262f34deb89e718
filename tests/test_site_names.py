"""What sites call themselves: from an export or a live site to the page's name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from test_wordpress_export import HEAD, TAIL, item
from wordpress_server import FakeSite, serving

from ingest.live.site_state import read_state
from ingest.sync import Options, sync
from rag import Assistant
from rag.catalog.catalog import Catalog
from rag.catalog.sources import note_site_names, set_source_state, source_labels, source_state
from rag.settings import Settings, load_settings
from ui.look import site_name
from ui.texts import load_texts


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(
        index=tmp_path / "index", embedding_model="hash", allow_private_network=True, fetch_sample=0
    )


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving(FakeSite()) as served:
        served.name = "Wool &amp; Rain"
        served.add(1)
        yield served


def sites(settings: Settings) -> tuple[str, ...]:
    with closing(Catalog(settings.place)) as catalog:
        return catalog.status().sites


def export(folder: Path, text: str) -> str:
    file = folder / "export.xml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_an_export_names_its_site(tmp_path: Path, settings: Settings) -> None:
    head = HEAD.replace("<title>Garden</title>", "<title>Garden &amp;amp; Shed</title>")
    sync([export(tmp_path, head + item(7, "One line.") + TAIL)], settings)
    assert sites(settings) == ("Garden & Shed",)
    with Assistant.open(settings.index, embedding_model="hash") as assistant:
        assert site_name(assistant, load_texts("en")) == "Garden & Shed"
    with Assistant.open(settings.index, embedding_model="hash", site_name="Beds") as assistant:
        assert site_name(assistant, load_texts("en")) == "Beds"


def test_a_site_without_a_name_goes_by_its_host(tmp_path: Path, settings: Settings) -> None:
    head = HEAD.replace("<title>Garden</title>", "")
    picture = "<image><title>Logo</title></image>"
    sync([export(tmp_path, head + picture + item(7, "One line.") + TAIL)], settings)
    assert sites(settings) == ("garden.example",)


def test_a_live_site_names_itself_and_may_change_its_name(
    site: FakeSite, settings: Settings
) -> None:
    sync([site.base], settings)
    assert sites(settings) == ("Wool & Rain",)
    site.name = "Wool"
    sync([site.base], settings, options=Options(full=True))
    assert sites(settings) == ("Wool",)


def test_a_site_that_was_synced_before_names_were_kept_is_asked_once(
    site: FakeSite, settings: Settings
) -> None:
    sync([site.base], settings)
    with closing(Catalog(settings.place)) as catalog:
        (label,) = source_labels(catalog)
        before = json.loads(source_state(catalog, label) or "")
        assert before.pop("name") == "Wool & Rain"
        set_source_state(catalog, label, json.dumps(before))
    site.asked.clear()
    sync([site.base], settings)
    sync([site.base], settings)
    assert site.count(lambda asked: asked.path == "/wp-json/") == 1
    with closing(Catalog(settings.place)) as catalog:
        assert read_state(source_state(catalog, label)).name == "Wool & Rain"


def test_names_are_those_of_sites_whose_posts_are_there(tmp_path: Path, settings: Settings) -> None:
    sync([export(tmp_path, HEAD + item(7, "One line.") + TAIL)], settings)
    with closing(Catalog(settings.place)) as catalog:
        note_site_names(catalog, {"other.example": "Other", "garden.example/news": "N" * 100})
        assert catalog.status().sites == ("Garden", "N" * 79 + "…")
        note_site_names(catalog, {"garden.example/news": "Garden"})
        assert catalog.status().sites == ("Garden",)
