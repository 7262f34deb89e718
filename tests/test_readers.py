"""Readers in another process go on, and see a whole index, while others change it beneath them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from small_site import post, put, same_path, section
from test_reembed import NarrowEmbedder

from ingest.reembed import reembed
from ingest.sync import Options, sync
from rag.catalog.catalog import Catalog
from rag.embedding.embedder import HashEmbedder
from rag.index.forget import forget
from rag.index.health import check, repair
from rag.index.index import write_index
from rag.index.search_home import search_name
from rag.settings import Settings, load_settings

EMBEDDER = HashEmbedder()
POSTS = 40
PARTS = 12  # sentences of a post, of which some make a passage

# Asks all the time. Every post it meets must be whole: all its sentences of one version, with
# vectors for each of its passages, and what is found must be what stands in the catalog.
_ASK = """
import json, sys, threading
from pathlib import Path
from rag.catalog import read as catalog_read
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from test_reembed import NarrowEmbedder
folder, parts = Path(sys.argv[1]), int(sys.argv[2])
embedders = {str(e.id): e for e in (HashEmbedder(), NarrowEmbedder())}
index = Index(folder)
asked, versions, seen, models, places = 0, set(), set(), set(), set()

def look(number):
    with index.catalog.reading():
        model = index.model
        place = index.catalog.meta("chroma") or "chroma"
        question = embedders[model].embed_question(f"bed {number} row 3 soil frost").question
        found = index.search(question, 5)
        passages = catalog_read.passages(index.catalog, list(found))
        assert len(found) == 5, (len(found), model)
        assert set(passages) == set(found), "found what the catalog does not have"
        for id_ in {p.post.id for p in passages.values()}:
            (section,) = index.sections(id_)
            said = section.text.split(". ")
            kinds = {sentence.split()[0] for sentence in said}
            assert len(said) == parts and len(kinds) == 1, (id_, kinds, len(said))
            versions.update(kinds)
            own = [p for p in passages.values() if p.post.id == id_]
            known, rows = catalog_read.passage_vectors(index.catalog, [p.id for p in own])
            assert len(known) == len(own)
            for key, row in zip(known, rows):
                cosine = float(row @ question)
                assert abs(cosine - found[key]) < 0.01, (model, cosine, found[key])
            seen.add(id_)
    models.add(model)
    places.add(place)

stop = threading.Event()
look(1)
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
print("asking", flush=True)
while not stop.is_set():
    look(asked % 40 + 1)
    asked += 1
look(1)
print(json.dumps({"asked": asked, "versions": sorted(versions), "models": sorted(models),
                  "places": sorted(places), "seen": len(seen)}))
"""


def text(number: int, version: str) -> str:
    return ". ".join(f"{version} bed {number} row {i} soil frost" for i in range(PARTS))


def rest(number: int, version: str) -> dict[str, object]:
    return {
        "id": number, "type": "post", "status": "publish",
        "link": f"https://garden.example/post-{number}/",
        "title": {"rendered": f"Post {number}"},
        "content": {"rendered": f"<p>{text(number, version)}</p>"},
    }  # fmt: skip


class Site:
    def __init__(self, folder: Path) -> None:
        self.index = folder / "index"
        self.source = folder / "posts.json"

    @property
    def settings(self) -> Settings:
        return load_settings(index=self.index, embedding_model="hash")

    def sync(self, version: str, *, of: range = range(1, POSTS + 1)) -> None:
        posts = [rest(n, version if n in of else "Old") for n in range(1, POSTS + 1)]
        self.source.write_text(json.dumps(posts), encoding="utf-8")
        options = Options(prune=True, allow_mass_delete=True)
        sync([str(self.source)], self.settings, embedder=EMBEDDER, options=options)

    @contextmanager
    def reader(self) -> Iterator[dict[str, object]]:
        """What it saw stands in the dictionary afterwards."""
        seen: dict[str, object] = {}
        asking = subprocess.Popen(
            [sys.executable, "-c", _ASK, str(self.index), str(PARTS)],
            stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=same_path(),
        )  # fmt: skip
        try:
            assert asking.stdout
            assert asking.stdout.readline() == "asking\n", asking.communicate()[1]
            yield seen
        finally:
            said, complaint = asking.communicate("stop\n", timeout=120)
        assert asking.returncode == 0, complaint
        assert "Traceback" not in complaint
        seen |= json.loads(said)
        assert int(str(seen["asked"])) > 5

    def chroma(self) -> str:
        with closing(Catalog(self.index)) as catalog:
            return search_name(catalog)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.sync("Old")
    return made


def test_a_sync_is_seen_post_by_post_and_each_is_whole(site: Site) -> None:
    with site.reader() as seen:
        for last in (10, 25, POSTS):
            site.sync("New", of=range(1, last + 1))
    assert "New" in str(seen["versions"])


def test_an_erasure_is_not_noticed(site: Site) -> None:
    before = site.chroma()
    with site.reader() as seen:
        for number in (5, 6, 7):
            forget(site.index, f"garden.example/{number}")
    assert site.chroma() != before
    assert len(list(seen["places"])) > 1  # type: ignore[call-overload]


def test_a_repair_is_not_noticed(site: Site) -> None:
    with site.reader() as seen:
        for _ in range(4):
            repair(site.index)
    assert len(list(seen["places"])) > 1  # type: ignore[call-overload]


def test_another_model_is_seen_as_a_whole_or_not_at_all(site: Site) -> None:
    with site.reader() as seen:
        for embedder in (NarrowEmbedder(), EMBEDDER, NarrowEmbedder()):
            reembed(site.settings, embedder=embedder)
    assert seen["models"] == ["hash@1/256/float32", "narrow@1/256/float32"]


def test_everything_one_after_another(site: Site) -> None:
    with site.reader():
        site.sync("New", of=range(1, 20))
        forget(site.index, "garden.example/39")
        repair(site.index)
        reembed(site.settings, embedder=NarrowEmbedder())
        with write_index(site.index, NarrowEmbedder.id) as writer:
            parsed = post(77, "Post 77", section("0", (), text(77, "New")))
            put(writer, parsed, NarrowEmbedder(), limit=16)
            writer.finish()
        reembed(site.settings, embedder=EMBEDDER)
    assert all(finding.ok for finding in check(site.index)), check(site.index)
