"""Readers and the HTML walker on bytes that a coverage-guided fuzzer makes up.

    python tests/fuzz_atheris.py -max_total_time=60 -timeout=5

A process of its own, which ends at the first error that is not ours; tests/test_fuzz.py runs it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from ingest.html.sections import sections
    from ingest.html.wpautop import as_html
    from ingest.posts.wordpress_post import ReadPost
    from ingest.read import read_source
from rag.errors import SourceError

_FOLDER = Path(tempfile.mkdtemp(prefix="pullquote-fuzz-"))


def one_input(data: bytes) -> None:
    """The first byte says whether the rest is a file, a post's HTML, or a post as it was typed."""
    if data[:1] < b"\x80":
        html = data[1:].decode("utf-8", "replace")
        typed = data[:1] >= b"\x40"
        sections(as_html(html, lambda gallery: [*gallery]) if typed else html, title="Beds")
        return
    file = _FOLDER / "data"
    file.write_bytes(data[1:])
    try:
        for found in read_source(str(file)):
            if isinstance(found, ReadPost):
                sections(found.raw.html, title=found.raw.post.title)
    except SourceError:
        pass


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
