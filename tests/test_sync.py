from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from small_site import same_path

from ingest.last_sync import FILE
from ingest.read import read_source
from ingest.report import Progress, Report
from ingest.sync import Options, sync
from ingest.updating import OnProgress
from rag.catalog.writer_lock import locked
from rag.embedding.embedder import HashEmbedder, PassageText, PassageVectors
from rag.errors import IndexBusy, IndexMismatch, ModelUnavailable, SourceError
from rag.index.index import Index
from rag.settings import load_settings
from rag.types import Filters


class Counting(HashEmbedder):
    """Counts what it embeds."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        self.texts += [text.text for text in texts]
        return super().embed_passages(texts)


def entry(number: int, html: str, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": number,
        "date_gmt": "2024-03-01T12:00:00",
        "modified_gmt": "2024-03-01T12:00:00",
        "link": f"https://garden.example/post-{number}/",
        "title": {"rendered": f"Post {number}"},
        "content": {"rendered": html, "protected": False},
        "author_name": "Ines Moreau",
        "tags": ["spring"],
    }
    return {**made, **changes}


BEDS = "<p>Beds need sun.</p><h2>Soil</h2><p>Dig it deep.</p><h2>Seed</h2><p>Sow in May.</p>"


class Site:
    """A source file and the index made from it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "posts.json"
        self.index = folder / "index"
        self.embedder = Counting()

    def sync(
        self, *entries: dict[str, Any], on_progress: OnProgress | None = None, **options: Any
    ) -> Report:
        self.file.write_text(json.dumps(entries))
        self.embedder.texts.clear()
        return sync(
            [str(self.file)],
            load_settings(index=self.index, embedding_model="hash"),
            options=Options(**options),
            embedder=self.embedder,
            on_progress=on_progress,
        )

    def posts(self) -> int:
        with closing(Index(self.index)) as opened:
            return opened.status().posts

    def texts(self) -> list[str]:
        opened = Index(self.index)
        try:
            return [s.text for post in opened.posts() for s in opened.sections(post.id)]
        finally:
            opened.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_first_run_reports_what_it_did(site: Site) -> None:
    seen: list[Progress] = []
    report = site.sync(entry(1, BEDS), entry(2, "<p>Slugs.</p>"), on_progress=seen.append)
    assert (report.added, report.posts, report.sections, report.passages) == (2, 2, 4, 4)
    assert report.embedded == len(site.embedder.texts) == 4
    assert seen[-1] == Progress(posts=2, passages=4, embedded=4)
    assert sorted(site.texts()) == ["Beds need sun.", "Dig it deep.", "Slugs.", "Sow in May."]


def test_a_second_run_embeds_nothing(site: Site) -> None:
    site.sync(entry(1, BEDS))
    report = site.sync(entry(1, BEDS))
    assert (report.unchanged, report.added, report.embedded) == (1, 0, 0)
    assert site.embedder.texts == []


def test_a_heading_above_embeds_only_its_own_text(site: Site) -> None:
    site.sync(entry(1, BEDS))
    report = site.sync(
        entry(1, BEDS.replace("<h2>Soil", "<h2>Site</h2><p>Face south.</p><h2>Soil"))
    )
    assert report.changed == 1
    assert site.embedder.texts == ["Post 1 › Site\nFace south."]
    assert site.texts() == ["Beds need sun.", "Face south.", "Dig it deep.", "Sow in May."]


@pytest.mark.parametrize(
    "change",
    [
        {"date_gmt": "2023-01-01T00:00:00"},
        {"link": "https://garden.example/new-address/"},
        {"tags": ["autumn"]},
        {"author_name": "Tom Baker"},
        {"modified_gmt": "2025-01-01T00:00:00"},
    ],
)
def test_a_changed_record_embeds_nothing_and_is_searched_at_once(
    site: Site, change: dict[str, Any]
) -> None:
    site.sync(entry(1, BEDS))
    report = site.sync(entry(1, BEDS, **change))
    assert (report.record_only, report.changed, report.embedded) == (1, 0, 0)
    opened = Index(site.index)
    (post,) = opened.posts()
    opened.close()
    assert {
        "date_gmt": post.published and f"{post.published:%Y-%m-%dT%H:%M:%S}",
        "link": post.url,
        "tags": list(post.tags),
        "author_name": post.authors[0],
        "modified_gmt": post.modified and f"{post.modified:%Y-%m-%dT%H:%M:%S}",
    }.items() >= change.items()


def test_a_changed_title_embeds_anew(site: Site) -> None:
    site.sync(entry(1, BEDS))
    assert site.sync(entry(1, BEDS, title={"rendered": "Raised beds"})).embedded == 3


def test_a_post_that_is_no_longer_public_goes_at_once(site: Site) -> None:
    site.sync(entry(1, BEDS), entry(2, "<p>Slugs.</p>"))
    hidden = {"rendered": BEDS, "protected": True}
    report = site.sync(entry(1, "", content=hidden), entry(2, "<p>Slugs.</p>", status="draft"))
    assert (report.removed, report.posts) == (2, 0)
    assert [skipped.post_id for skipped in report.skipped] == [
        "garden.example/1",
        "garden.example/2",
    ]


def test_the_newest_of_two_versions_counts_wherever_it_stands(site: Site) -> None:
    old, new = entry(1, "<p>Old.</p>"), entry(1, "<p>New.</p>", modified_gmt="2024-05-01T00:00:00")
    for order in ((old, new), (new, old)):
        report = site.sync(*order)
        assert site.texts() == ["New."]
        assert report.posts == 1
    assert report.unchanged == 1


def test_prune_removes_what_is_gone_unless_it_is_too_much(site: Site) -> None:
    posts = [entry(n, f"<p>Text {n}.</p>") for n in range(1, 11)]
    site.sync(*posts)
    assert site.sync(*posts[:9]).posts == 10
    assert site.sync(*posts[:9], prune=True).posts == 9
    report = site.sync(*posts[:5], prune=True)
    assert report.posts == 9
    assert "4 posts are gone from the source and were kept" in report.warnings[0]
    assert site.sync(*posts[:5], prune=True, allow_mass_delete=True).removed == 4


def test_prune_removes_nothing_when_something_could_not_be_read(site: Site) -> None:
    posts = [entry(n, f"<p>Text {n}.</p>") for n in range(1, 11)]
    site.sync(*posts)
    report = site.sync(*posts[:9], {"id": 11, "slug": "no-content"}, prune=True)
    assert report.posts == 10
    assert "not everything could be read" in report.warnings[0]


def test_posts_without_text_are_listed_and_found_by_nobody(site: Site) -> None:
    report = site.sync(entry(1, ""), entry(2, "<p>Slugs.</p>"))
    assert report.empty == ("garden.example/1",)
    assert (report.posts, report.passages) == (2, 1)


def test_an_empty_title_is_the_first_heading(site: Site) -> None:
    site.sync(entry(1, BEDS, title={"rendered": ""}))
    opened = Index(site.index)
    assert opened.posts()[0].title == "Soil"
    opened.close()


def test_a_post_that_comes_twice_is_counted_once_and_the_newer_one_stays(site: Site) -> None:
    older = entry(1, BEDS, modified="2024-01-01T00:00:00", modified_gmt="2024-01-01T00:00:00")
    newer = entry(
        1, "<p>Frogs.</p>", modified="2024-02-01T00:00:00", modified_gmt="2024-02-01T00:00:00"
    )
    report = site.sync(older, newer, older)
    assert (report.added, report.changed, report.unchanged) == (1, 0, 0)
    assert site.texts() == ["Frogs."]
    report = site.sync(older, newer)
    assert site.texts() == ["Frogs."]
    assert (report.changed, report.unchanged, len(report.skipped), report.posts) == (0, 1, 1, 1)


def test_what_one_entry_hides_and_another_shows_stays_out(site: Site) -> None:
    report = site.sync(entry(1, BEDS), entry(2, BEDS), entry(1, BEDS, status="private"))
    assert (report.added, report.removed, report.posts) == (1, 0, 1)
    report = site.sync(entry(2, BEDS, status="private"), entry(2, BEDS))
    assert (report.added, report.removed, report.posts) == (0, 1, 0)


def test_a_broken_source_leaves_the_index_untouched(site: Site) -> None:
    site.sync(entry(1, BEDS))

    def content() -> dict[Path, bytes]:
        files = [file for file in site.index.rglob("*") if file.is_file() and file.name != FILE]
        return {file: file.read_bytes() for file in files}

    before = content()
    site.file.write_text("<html>Error</html>")
    settings = load_settings(index=site.index, embedding_model="hash")
    with pytest.raises(SourceError):
        sync([str(site.file)], settings)
    assert content() == before


def test_a_broken_source_makes_no_index(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(SourceError):
        sync(
            [str(tmp_path / "x.json")], load_settings(index=tmp_path / "i", embedding_model="hash")
        )
    assert not (tmp_path / "i").exists()


def test_a_source_that_cannot_be_read_does_not_stop_the_others(site: Site) -> None:
    site.sync(entry(1, BEDS))
    settings = load_settings(index=site.index, embedding_model="hash")
    report = sync([str(site.file), "nowhere.json"], settings, embedder=site.embedder)
    assert report.unchanged == 1
    assert report.skipped[0].reason == "does not exist"


def test_another_model_is_refused(site: Site) -> None:
    site.sync(entry(1, BEDS))
    with pytest.raises(IndexMismatch, match="hash"):
        sync([str(site.file)], load_settings(index=site.index))


def test_a_second_writer_is_told(site: Site) -> None:
    site.sync(entry(1, BEDS))
    with locked(site.index), pytest.raises(IndexBusy):
        site.sync(entry(1, BEDS))


def test_other_passage_lengths_split_anew(site: Site) -> None:
    words = " ".join(f"Sentence number {n} is here." for n in range(40))
    site.sync(entry(1, f"<p>{words}</p>"))
    settings = load_settings(index=site.index, embedding_model="hash", passage_tokens=64)
    report = sync([str(site.file)], settings, embedder=site.embedder)
    assert report.changed == 1
    assert report.passages > 1


def test_filters_know_the_changed_tag(site: Site) -> None:
    from rag import Assistant

    site.sync(entry(1, BEDS))
    site.sync(entry(1, BEDS, tags=["autumn"]))
    with Assistant.open(site.index, embedding_model="hash", min_answerable=0.0) as assistant:
        assert assistant.ask("How to dig soil?", filters=Filters(tags=("autumn",))).hits
        assert not assistant.ask("How to dig soil?", filters=Filters(tags=("spring",))).hits


_SYNC = """
import sys, time
from ingest.sync import sync
from rag.settings import load_settings
def show(progress):
    if progress.embedded >= int(sys.argv[3]):
        print("now", flush=True)
        time.sleep(60)  # to be killed in
sync([sys.argv[1]], load_settings(index=sys.argv[2], embedding_model="hash"), on_progress=show)
"""


@pytest.mark.slow
def test_a_killed_run_is_finished_by_the_next(site: Site) -> None:
    posts = [
        entry(n, f"<p>{' '.join(f'w{n}x{i}' for i in range(150))}.</p>") for n in range(1, 2000)
    ]
    site.file.write_text(json.dumps(posts))
    for kill_at in (600, 300):
        command = [sys.executable, "-c", _SYNC, str(site.file), str(site.index), str(kill_at)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=same_path(), text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "now\n"
            child.send_signal(signal.SIGKILL)
        opened = Index(site.index)
        assert 0 < opened.status().posts < len(posts)
        opened.close()
    report = site.sync(*posts)
    assert report.posts == len(posts)
    assert report.unchanged > 0
    assert report.embedded < len(posts)


class Waiting(Counting):
    """Does not end its first window before posts of a later one are split."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[int] = []
        self.at_once = False
        self._split = threading.Event()

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        if self.windows:
            self._split.set()
        return super().token_spans(texts)

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        self.windows.append(len(texts))
        if len(self.windows) == 1:
            self.at_once = self._split.wait(timeout=30)
        return super().embed_passages(texts)


def many(count: int) -> list[dict[str, Any]]:
    return [entry(n, f"<p>Bed {n} needs sun.</p>") for n in range(1, count + 1)]


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.embedding._WINDOW", 8)


@pytest.mark.usefixtures("small_windows")
def test_posts_are_read_and_split_while_the_model_has_others(tmp_path: Path) -> None:
    site = Site(tmp_path)
    embedder = Waiting()
    site.embedder = embedder
    report = site.sync(*many(20))
    assert embedder.at_once
    assert len(embedder.windows) == 3
    assert sum(embedder.windows) == report.embedded == 20
    assert site.posts() == 20


@pytest.mark.usefixtures("small_windows")
def test_a_text_of_two_windows_is_embedded_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    same = [entry(n, "<p>Beds need sun.</p>", title={"rendered": "Beds"}) for n in range(1, 21)]
    report = site.sync(*same)
    assert len(site.embedder.texts) == 1
    assert report.embedded == 1
    assert site.posts() == 20


class Failing(Counting):
    """Fails in its second window."""

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        if self.texts:
            raise ModelUnavailable("The model is gone.", hint="Wait.")
        return super().embed_passages(texts)


@pytest.mark.usefixtures("small_windows")
def test_what_fails_in_the_models_thread_is_told_and_the_next_sync_goes_on(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.embedder = Failing()
    with pytest.raises(ModelUnavailable, match="The model is gone"):
        site.sync(*many(20))
    kept = site.posts()
    assert kept == 8
    site.embedder = Counting()
    assert site.sync(*many(20)).added == 20 - kept
    assert site.posts() == 20


def test_what_was_read_before_a_source_broke_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.embedding._WINDOW", 8)
    site = Site(tmp_path)

    def break_off(path: str) -> Iterator[Any]:
        for number, one in enumerate(read_source(path)):
            if number == 12:
                raise SourceError("The source is gone.", hint="Try again.")
            yield one

    monkeypatch.setattr("ingest.sources.read_source", break_off)
    with pytest.raises(SourceError, match="gone"):
        site.sync(*many(20))
    assert site.posts() == 8
