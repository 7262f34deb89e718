"""Whatever a file or a page holds: no error but ours, no long wait, no heap of memory."""

from __future__ import annotations

import gc
import gzip
import io
import json
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_site import same_path

from bench.processes import in_own_process
from ingest.html.coverage import coverage
from ingest.html.sections import sections
from ingest.html.wpautop import as_html
from ingest.posts.wordpress_post import ReadPost, Skipped
from ingest.read import read_source
from rag.errors import SourceError
from rag.links import deep_link
from rag.text.sentences import search_words, split_sentences
from rag.types import Post

SIZE = 1_000_000  # characters of the worst texts; by default a part of it is enough to see a hang
PART = 250_000
_QUICK = 1.0  # seconds of a processor
_TRIES = 3  # a busy machine may be slow once; a text that takes too long does so each time
_MEMORY = 1_500_000_000  # bytes that reading one such file may take on top

quick = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
thorough = settings(quick, max_examples=5000)


Make = Callable[[int], str]
"""A text of about so many characters."""


def many(text: str, before: str = "", behind: str = "") -> Make:
    return lambda size: f"{before}{text * (size // len(text))}{behind}"


# ---------------------------------------------------------------- what readers are given

_KEYS = st.sampled_from(
    "id ID databaseId date date_gmt modified modified_gmt slug status type link guid title content "
    "excerpt rendered raw protected author categories tags lang password _links _embedded self "
    "href wp:term taxonomy name posts items data body post_title post_content post_date nodes "
    "edges node errors code message status x".split()
)
_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["publish", "https://a.example/a/", "http://[", "2024-01-01T00:00:00", "0000-00-00",
         "en_GB", "<p>x</p>", "<h2>x", "9" * 30, "post", "\ud800", "\0", "[a]", "&#x110000;"]
    ),
)  # fmt: skip
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=6)),
    max_leaves=20,
)
_POSTS = st.fixed_dictionaries(
    {"id": _VALUES, "date": _VALUES, "link": _VALUES, "title": _VALUES, "content": _VALUES},
    optional={"guid": _VALUES, "_embedded": _VALUES, "_links": _VALUES, "author": _VALUES},
)
_JSON = st.one_of(_VALUES, _POSTS, st.lists(_POSTS, max_size=3)).map(
    lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
)
_LINES = st.lists(_JSON, min_size=2, max_size=4).map(b"\n".join)
_WXR_PARTS = st.lists(
    st.sampled_from(
        "<item> </item> <title>x</title> <link>https://a.example/</link> <wp:post_id>7</wp:post_id>"
        " <wp:post_id>x</wp:post_id> <wp:status>publish</wp:status>"
        " <wp:post_type>post</wp:post_type>"
        " <content:encoded><![CDATA[<p>x</p>]]></content:encoded> <content:encoded> <![CDATA[ ]]>"
        " </content:encoded> <category>c</category> <wp:post_date_gmt>0</wp:post_date_gmt>"
        " &amp; &x; < > </channel> <wp:author> <!-- --> <?x?> \x0b é".split(" ")
    ),
    max_size=25,
).map("".join)
_WXR = _WXR_PARTS.map(
    lambda parts: (
        '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:wp="http://wordpress.org/export/1.2/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<wp:wxr_version>1.2</wp:wxr_version>{parts}</channel></rss>"
    ).encode()
)


def _zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("posts.json", data)
        archive.writestr("../a.xml", data)
    return packed.getvalue()


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file that a reader may meet: of some form, packed or not, whole or damaged."""
    data = draw(st.one_of(_JSON, _LINES, _WXR, st.binary(max_size=200)))
    packings: list[Callable[[bytes], bytes]] = [bytes, bytes, gzip.compress, _zipped]
    pack = draw(st.sampled_from(packings))
    damage = draw(st.sampled_from(["none", "none", "cut", "lost", "changed", "around", "doubled"]))
    if draw(st.booleans()):
        data, pack = pack(data), packings[0]
    place = draw(st.integers(0, len(data)))
    match damage:
        case "cut":
            data = data[:place]
        case "lost":
            data = data[:place] + data[place + draw(st.integers(1, 9)) :]
        case "changed":
            data = data[:place] + draw(st.binary(min_size=1, max_size=4)) + data[place + 1 :]
        case "around":
            data = b"<b>Warning</b> [x]\n" + data + b"\n<!-- cached -->"
        case "doubled":
            data += data
    return pack(data)


def read_all(data: bytes, folder: Path) -> None:
    """Read a file as ingest does; the only error that may come is ours."""
    file = folder / "file.json"
    file.write_bytes(data)
    try:
        for found in read_source(str(file)):
            assert isinstance(found, ReadPost | Skipped)
            if isinstance(found, ReadPost):
                use(found.raw.html, found.raw.post)
    except SourceError:
        return


def use(html: str, post: Post) -> None:
    """What ingest and an answer do with a post."""
    found = sections(html, title=post.title)
    assert coverage(html, found, title=post.title).lost == ()
    for section in found:
        for sentence in split_sentences(section.text, section.blocks, language=post.language):
            assert section.text[sentence.start : sentence.end] == sentence.text
            link = deep_link(post, section, sentence)
            link.encode("ascii")
        search_words(section.text).encode("utf-8")


@quick
@given(data=files())
def test_readers_raise_nothing_but_ours(data: bytes, tmp_path: Path) -> None:
    read_all(data, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@thorough
@given(data=files())
def test_readers_raise_nothing_but_ours_for_long(data: bytes, tmp_path: Path) -> None:
    read_all(data, tmp_path)


# ---------------------------------------------------------------- what the walker is given

_TAGS = (
    "a abbr article aside b blockquote br button caption code dd details div dl dt em figcaption "
    "figure font footer form frameset h1 h2 h3 h6 head hr html i iframe img input li math mi nav "
    "noscript ol option p plaintext pre q ruby rt s script section select span strong style sub "
    "summary sup svg table tbody td template textarea tfoot th thead title tr ul video xmp"
).split()
_ATTRIBUTES = st.sampled_from(
    ["", " id=a", " id=''", " class='a ez-toc-x'", " hidden", " style='display:none'", 
     " href='#a'", " rowspan=3", " colspan=9999999999", " name=n", " data-fn=f", " alt='x\ny'",
     " class=emoji",
     ' x="', " <", " id='\ufdd0'"]
)  # fmt: skip
_PIECES = st.one_of(
    st.tuples(st.sampled_from(_TAGS), _ATTRIBUTES).map(lambda t: f"<{t[0]}{t[1]}>"),
    st.sampled_from(_TAGS).map(lambda tag: f"</{tag}>"),
    st.sampled_from(
        ["<!--nextpage-->", "<!--", "-->", "<![CDATA[", "&nbsp;", "&nbsp; ", "&", "&#0;", 
         "&amp;lt;", "[a b='c']", "[/a]", "[1]", "word ", "Two. Words", " | ", "\n", "é", "漢字",
         "\u200b", "\0",
         "\ufdd0", "\ufdd1", "\ufdd2", 
         "\ufdd3", "\ud800", "🌱", "\u2029", "<", ">", "</", "<a"]
    ),
    st.text(max_size=5),
)  # fmt: skip
_HTML = st.lists(_PIECES, max_size=40).map("".join)
_POST = Post(id="a.example/1", title="word", url="https://a.example/a/")


@quick
@given(_HTML)
def test_any_html_becomes_sections_that_hold_all_of_it(html: str) -> None:
    use(html, _POST)
    use(as_html(html), _POST)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@thorough
@given(_HTML)
def test_any_html_becomes_sections_that_hold_all_of_it_for_long(html: str) -> None:
    use(html, _POST)
    use(as_html(html), _POST)


# ---------------------------------------------------------------- the worst of either


_REPEATED = (
    "<", "<<", "<a ", "&", "&#", "&amp;", "&NotEqualTilde;", "<div>", "<b>x", "<p>x", "<h2>x",
    "<h2>x</h2>", "<p><strong>x</strong></p>", "<ul><li>x", "<table><tr><td>x", "<td>", "<tr>",
    "<blockquote>x", "<b><p>", "<a><b></a>", "<b><i></b></i>", "<nobr>", "<select><option>",
    "<svg><g>", "<math><mi>", "<template>", "<script>", "<style>", "<textarea>", "<pre>", "<!--",
    "<?", "<![CDATA[", "<!--nextpage-->", "x<!--nextpage-->", "x<br>", "<br>",
    "<details><summary>x",
    "[", "[a ", "[[a", "[a_b]", "[/a]", "[caption ", "[gallery]",
    "[caption width=9]<img x>x[/caption]", "&nbsp;<img>&nbsp; ", "<a id=x></a>",
    "<sup><a href=#a>1</a></sup>", "<p hidden>", ".", "...", "x", "漢", "ก", "「雨」と", "Mr. A. ",
    '"', "'", ">", "\0", "\u0301", "\u202e", "\ud800", "-", "--", "1x", "1,", "---", " ", "\n",
    "word ", "<img class=emoji alt=x>", "<table><tr><td>x</td><td>y</td></tr></table>",
)  # fmt: skip


def _attributes(size: int) -> str:
    return f"<p {' '.join(f'a{n}=1' for n in range(size // 9))}>y"


def _ids(size: int) -> str:
    return "".join(f"<h2 id=x{n}>x</h2>" for n in range(size // 18))


def _notes(size: int) -> str:
    numbers = range(size // 70)
    marks = "".join(f'x<sup><a href="#n{n}">1</a></sup>' for n in numbers)
    return marks + "".join(f"<p id=n{n}>note</p>" for n in numbers)


def _wide_rows(size: int) -> str:
    cells, rows = "<td rowspan=1000>x</td>" * (size // 50), "<tr><td>y</td></tr>" * (size // 50)
    return f"<table><tr>{cells}</tr>{rows}</table>"


_PAGES: dict[str, Make] = {
    **{f"many {piece!a}": many(piece) for piece in _REPEATED},
    "closed": lambda size: "<div>" * (size // 11) + "</div>" * (size // 11),
    "huge class": many("x ", '<p class="', '">y'),
    "huge style": many("left : - ", '<p style="', '">y'),
    "huge attribute": many("x", "<p title='", "'>y"),
    "many attributes": _attributes,
    "many ids": _ids,
    "rows": many("<tr><td rowspan=1000>x</td><td>y</td></tr>", "<table>", "</table>"),
    "columns": many("<td colspan=1000>x</td>", "<table><tr>", "</tr></table>"),
    "wide rows": _wide_rows,
    "code": many("<br>", "<pre>", "</pre>"),
    "lines of code": many("x = 1 \n", "<pre>", "</pre>"),
    "notes": _notes,
    "an attribute of a plugin": many("a", "[x ", "]"),
    "a plugin's tag without end": many("a", "[[", ""),
}

_ENTRY = (
    '{"id":1,"date":"2024-01-01T00:00:00","link":"https://a.example/a/","title":{"rendered":"T"},'
    '"content":{"rendered":"'
)
_EXPORT = (
    '<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
    "<wp:wxr_version>1.2</wp:wxr_version>"
)
_STARTS = (
    "[", "{", "[{", '{"a":', '"', "\\", '\\"', '{"id":1,', '{"id":1,"date":"', "{}\n",
    '{"id":1,"date":"2024","content":{"rendered":"', '{"id":1}\n', " ", "<b>[x] {y}", "content {",
    "Ã©", "Ã", "/**/cb(",
)  # fmt: skip
_INSIDE = ("<\\/p>", "x ", "\n", "\n  • x", "\n\nx<\\/h2>", "</a", "<", "\\u")
_IN_EXPORT = ("<item>", "<a>", "&", "<", "]] ", "<item><wp:postmeta></wp:postmeta></item>")
_ENTITIES = "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 99))

_WHOLE = '{"id":1,"content":"x","link":"https://a.example/x"}'
_GAPS = (" x ", ",[", "x[", 'x["', " [x] {y} ")
_FILES: dict[str, Make] = {
    **{f"starts {piece!a}": many(piece) for piece in _STARTS},
    **{f"content {piece!a}": many(piece, f"{_ENTRY}x<\\/p>") for piece in _INSIDE},
    **{f"export {piece!a}": many(piece, _EXPORT) for piece in _IN_EXPORT},
    "whole lines, then none": many("x\n", f'{_ENTRY}"}}}}\n'),
    "whole lines, then broken ones": many('{"id":1,"content":"x\n', f'{_ENTRY}"}}}}\n'),
    **{f"posts parted by {gap}": many(_WHOLE + gap) for gap in _GAPS},
    "posts, then blanks": many(" ", _WHOLE, "x"),
    "errors, one behind the other": many('{"code":"a","message":"b"}', "", _WHOLE),
    "titles": many('"title":{"rendered":"', "", f"{_ENTRY}x<\\/p>"),
    "a title of brackets": lambda size: f'{_ENTRY.replace("T", "<" * size, 1)}x"}}}}',
    "lost quotes": many('"b ', _ENTRY, '"}}]'),
    "a page of answers": many(f"<pre>{_ENTRY}x</pre>", "<html>"),
    "a page of brackets": many("{", "<html><pre>"),
    "a huge number": lambda size: f'{_ENTRY.replace(":1,", ":" + "1" * 5000 + ",", 1)}x"}}}}',
    "a huge number as text": lambda size: f'{_ENTRY.replace(":1,", _quoted(size), 1)}x"}}}}',
    "entities in entities": lambda size: (
        _EXPORT.replace("<rss", f"<!DOCTYPE rss [{_ENTITIES}]><rss", 1) + "&a98;" * (size // 5)
    ),
}


def _quoted(size: int) -> str:
    return f':"{"1" * size}",'


def seconds_for(name: str, size: int, folder: Path) -> list[float]:
    """Of a processor, for each step that reads such a page or file."""
    if name in _FILES:
        file = folder / "file.json"
        file.write_text(_FILES[name](size), encoding="utf-8", errors="surrogatepass")
        return [_seconds(lambda: _read_quietly(str(file)))]
    html = _PAGES[name](size)
    return [_seconds(lambda: sections(html)), _seconds(lambda: as_html(html))]


def _seconds(step: Callable[[], object]) -> float:
    # Looking through all that other tests have left behind is not the step's own time.
    gc.disable()
    try:
        started = process_time()
        step()
        return process_time() - started
    finally:
        gc.enable()


def _read_quietly(file: str) -> None:
    try:
        for _ in read_source(file):
            pass
    except SourceError:
        return


def out_of_proportion(small: list[float], large: list[float]) -> list[tuple[float, float]]:
    """Four times the text may take ten times as long; with the square it would take sixteen."""
    # What is quick proves nothing: a pause of the machine is as long.
    pairs = zip(small, large, strict=True)
    return [(before, after) for before, after in pairs if after > max(10 * before, _QUICK)]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", [*_PAGES, *_FILES])
def test_no_page_and_no_file_takes_long(name: str, tmp_path: Path) -> None:
    for _ in range(_TRIES):
        small, large = (seconds_for(name, size, tmp_path) for size in (PART // 4, PART))
        found = out_of_proportion(small, large)
        if not found:
            break
    assert not found


def costs(name: str, folder: Path) -> tuple[list[float], list[float], int]:
    """Seconds for a part and for a million characters, and bytes that the process grows by."""
    small = seconds_for(name, PART, folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = seconds_for(name, SIZE, folder)
    unit = 1 if sys.platform == "darwin" else 1024
    return small, large, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit


@pytest.mark.slow
@pytest.mark.parametrize("name", [*_PAGES, *_FILES])
def test_a_million_characters_take_no_time_and_no_memory_out_of_proportion(
    name: str, tmp_path: Path
) -> None:
    small, large, grown = in_own_process(costs, name, tmp_path)
    assert not out_of_proportion(small, large)
    assert grown < _MEMORY


# ---------------------------------------------------------------- a fuzzer that follows the code

SEEDS = {
    "file": b"\x90" + json.dumps([
        {"id": 1, "type": "post", "status": "publish", "link": "https://a.example/1/",
         "title": {"rendered": "A"}, "content": {"rendered": "<h2>B</h2><p>C [gallery] d</p>"}},
    ]).encode(),
    "export": b"\x91" + _EXPORT.encode() + b"</channel></rss>",
    "pictures": b"\x92" + _EXPORT.encode() + b"<item><wp:post_id>1</wp:post_id><wp:encoded>"
                b'[gallery ids="2"]</wp:encoded></item><item><wp:post_id>2</wp:post_id>'
                b"<wp:post_type>attachment</wp:post_type><wp:status>inherit</wp:status>"
                b"<wp:attachment_url>a.jpg</wp:attachment_url></item></channel></rss>",
    "typed": b'\x41A -- b\n\n[caption width="9"]<a href=x><img src=x></a> c[/caption]\n[gallery]'
             b"\n<pre>x</pre><!--nextpage-->[[gallery]]",
    "page": b"\x01<h2 id=x>B</h2><p>C<br>d</p><table><tr><td>1</table><ul><li>x<ul><li>y</ul></ul>"
            b"<!--nextpage--><pre>a</pre>",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
def test_a_fuzzer_that_follows_the_code_finds_nothing(tmp_path: Path) -> None:
    for name, seed in SEEDS.items():
        (tmp_path / name).write_bytes(seed)
    script = Path(__file__).with_name("fuzz_atheris.py")
    done = subprocess.run(
        [sys.executable, str(script), "-max_total_time=60", "-timeout=5", str(tmp_path)],
        env=same_path(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r"Done [1-9]\d{2,} runs", done.stderr), done.stderr[-500:]
