"""Patterns of names, mirrors, and archives within their limits."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.files import archives
from ingest.posts.wordpress_post import ReadPost, Skipped
from ingest.read import read_source
from rag.errors import SourceError


def entry(number: int) -> dict[str, object]:
    return {
        "id": number,
        "link": f"https://garden.example/post-{number}/",
        "title": {"rendered": f"Post {number}"},
        "content": {"rendered": "<p>Beds need sun.</p>", "protected": False},
    }


def packed(*members: tuple[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def titles(source: Path | str) -> list[str]:
    return sorted(
        result.raw.post.title for result in read_source(str(source)) if isinstance(result, ReadPost)
    )


def skipped(source: Path | str) -> list[str]:
    return [f"{r.origin}: {r.reason}" for r in read_source(str(source)) if isinstance(r, Skipped)]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A file of each number, in a folder of its own."""
    folder = tmp_path / "saved"
    folder.mkdir()
    for number in (1, 2, 3):
        (folder / f"page-{number}.json").write_text(json.dumps([entry(number)]))
    return folder


def test_a_pattern_of_names_is_every_file_that_fits(saved: Path) -> None:
    assert titles(f"{saved}/page-[12].json") == ["Post 1", "Post 2"]
    assert titles(f"{saved.parent}/**/*.json") == ["Post 1", "Post 2", "Post 3"]
    with pytest.raises(SourceError, match="no file with WordPress data"):
        titles(f"{saved}/*.xml")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(saved: Path) -> None:
    (saved / "a[1].json").write_text(json.dumps([entry(9)]))
    assert titles(saved / "a[1].json") == ["Post 9"]


@pytest.mark.parametrize("inside", ["mirror", "mirror/wp-json", "mirror/wp-json/wp/v2/posts"])
def test_a_mirror_s_answers_are_read_whatever_they_are_called(tmp_path: Path, inside: str) -> None:
    posts = tmp_path / "mirror" / "wp-json" / "wp" / "v2" / "posts"
    posts.mkdir(parents=True)
    (posts / "index.html").write_text(json.dumps([entry(1)]))
    (posts / "index.html?per_page=100&page=2").write_text(json.dumps([entry(2)]))
    (tmp_path / "mirror" / "index.html").write_text("<html>A page</html>")
    assert titles(tmp_path / inside) == ["Post 1", "Post 2"]
    assert skipped(tmp_path / inside) == []


def test_lines_of_a_large_file_are_read_one_by_one(tmp_path: Path) -> None:
    long = "word " * 20_000
    lines = [
        json.dumps({**entry(n), "content": {"rendered": f"<p>{long}{n}</p>"}})
        for n in range(1, 201)
    ]
    lines[99] = '{"id": 100, "content": nothing}'
    lines[150] = ""
    file = tmp_path / "posts.ndjson"
    file.write_text("\n".join(lines))
    assert file.stat().st_size > 16_000_000
    results = read_source(str(file))
    assert isinstance(first := next(results), ReadPost)
    assert first.origin == f"{file}, line 1"
    assert len(titles(file)) == 198
    assert [place.partition(": ")[0] for place in skipped(file)] == [f"{file}, line 100"]
    with file.open("ab") as stream:
        stream.write(b"\n" + b"x" * 100_500_000)
    with pytest.raises(SourceError, match="a line of more than"):
        titles(file)


def test_an_archive_is_read_with_what_is_packed_in_it(tmp_path: Path) -> None:
    inner = packed(("deep/c.json", json.dumps([entry(3)])))
    archive = tmp_path / "all.zip"
    archive.write_bytes(
        packed(
            ("a.json", json.dumps([entry(1)])),
            ("b.json.gz", gzip.compress(json.dumps([entry(2)]).encode())),
            ("inner.zip", inner),
            ("__MACOSX/._a.json", b"resource fork"),
            ("page.html", "<html>Not data</html>"),
        )
    )
    assert titles(archive) == ["Post 1", "Post 2", "Post 3"]
    assert skipped(archive) == [f"{archive}/page.html: a web page, not WordPress data"]


def test_an_archive_in_a_folder_and_under_any_name_is_read(saved: Path) -> None:
    (saved / "more.zip").write_bytes(packed(("a.json", json.dumps([entry(7)]))))
    assert titles(saved) == ["Post 1", "Post 2", "Post 3", "Post 7"]
    (saved / "page-1.json").write_bytes((saved / "more.zip").read_bytes())
    assert titles(saved / "page-1.json") == ["Post 7"]


def test_names_that_lead_out_of_the_archive_are_only_names(tmp_path: Path) -> None:
    archive = tmp_path / "in" / "a.zip"
    archive.parent.mkdir()
    archive.write_bytes(packed(("../../out.json", json.dumps([entry(1)]))))
    before = sorted(tmp_path.rglob("*"))
    assert titles(archive) == ["Post 1"]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["zip", "gzip", "zip in zip"])
def test_a_bomb_is_refused(tmp_path: Path, kind: str) -> None:
    zeros = bytes(40_000_000)
    bomb = {
        "zip": lambda: packed(("a.json", zeros)),
        "gzip": lambda: gzip.compress(zeros),
        "zip in zip": lambda: packed(("b.zip", packed(("a.json", zeros)))),
    }[kind]()
    (tmp_path / "bomb").write_bytes(bomb)
    with pytest.raises(SourceError):
        titles(tmp_path / "bomb")


def test_archives_too_deep_in_archives_are_left_out(tmp_path: Path) -> None:
    data = packed(("a.json", json.dumps([entry(1)])))
    for _ in range(3):
        data = packed(("a.zip", data), ("b.json", json.dumps([entry(2)])))
    (tmp_path / "deep.zip").write_bytes(data)
    assert titles(tmp_path / "deep.zip") == ["Post 2", "Post 2"]
    assert any("too deep" in reason for reason in skipped(tmp_path / "deep.zip"))


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "many.zip").write_bytes(packed(*((f"{n}.json", "[]") for n in range(10_001))))
    with pytest.raises(SourceError, match="more than 10,000 files"):
        titles(tmp_path / "many.zip")


def test_an_encrypted_or_empty_or_cut_archive_says_so(tmp_path: Path) -> None:
    whole = packed(("a.json", json.dumps([entry(1)])))
    encrypted = bytearray(whole)
    encrypted[6] |= 1  # the flag in the member's own head
    central = whole.index(b"PK\x01\x02")
    encrypted[central + 8] |= 1
    for data in (bytes(encrypted), whole[:-10], packed()):
        (tmp_path / "a.zip").write_bytes(data)
        with pytest.raises(SourceError):
            titles(tmp_path / "a.zip")


def test_a_member_without_a_name_is_skipped() -> None:
    data = packed(("x.json", json.dumps([entry(1)])), ("y.json", json.dumps([entry(2)])))
    found = list(archives.members(io.BytesIO(data.replace(b"x.json", b"\0.json")), "a.zip"))
    assert [one.reason for one in found if isinstance(one, Skipped)] == [
        "a damaged member of the archive, without a name"
    ]
    assert [one.data for one in found if isinstance(one, archives.Member)] == [
        json.dumps([entry(2)]).encode()
    ]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_no_damaged_archive_is_more_than_an_error(place: int, junk: bytes) -> None:
    data = bytearray(packed(("a.json", json.dumps([entry(1)])), ("b.zip", packed(("c", "x")))))
    data[place % len(data) : place % len(data) + len(junk)] = junk
    with suppress(SourceError):
        list(archives.members(io.BytesIO(bytes(data)), "a.zip"))
