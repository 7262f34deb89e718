"""A real assistant over the small site, slower and less reliable where a question asks for it.

As a program it serves the page: `python fake_assistant.py PORT`, with any of these words behind it:
empty, locked, open, owner, hostile, seldom.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from small_site import GARDEN, post, put, same_path, section
from xss_site import PAYLOADS, posts

from rag.asked import Conversation, Limits, asked
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.errors import ModelUnavailable
from rag.index.index import write_index
from rag.settings import load_settings
from rag.types import (
    Answer,
    Claim,
    Damage,
    Draft,
    Found,
    ParsedPost,
    Pointer,
    Query,
    Turn,
)

EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
SPECIAL = r"**bold** `code` [link](javascript:alert(1)) $x^2$ ${document.title='owned'} | a_b_c #1"
HOSTILE = post(
    9,
    f"Zebras {EVIL} {SPECIAL}",
    section("0", (), f"Zebras wear stripes {EVIL} and {SPECIAL} in the wild."),
    section("1", (f"Zebra food {EVIL} {SPECIAL}",), "Zebras eat ![grass](http://evil.example/g)."),
)
EXAMPLES = ("How many lettuces did the bare bed lose?", "Who won the world cup?")
LETTUCES = EXAMPLES[0]
PASSWORD = "three beds of lettuce"
INVENTED = "The moon is made of <b>cheese</b>."
let_go = threading.Event()
"""Set by SIGUSR1 where the page is served in a process of its own."""
CLEANED = "The moon is made of (…)cheese(…)."  # without markup that no post has


def site() -> Iterator[ParsedPost]:
    """The garden, its last post from a damaged file, and a post by somebody who means harm."""
    yield from GARDEN[:2]
    damage = Damage("from plain text that lost its tags", complete=False)
    yield replace(GARDEN[2], post=replace(GARDEN[2].post, damage=damage))
    yield replace(HOSTILE, post=replace(HOSTILE.post, url="javascript:alert(1)", authors=(EVIL,)))


def site_index(
    folder: Path, *, empty: bool = False, posts: Iterable[ParsedPost] | None = None
) -> Path:
    embedder = HashEmbedder()
    with write_index(folder, embedder.id) as writer:
        for parsed in () if empty else posts or site():
            put(writer, parsed, embedder)
        writer.finish()
    return folder


class InventiveWriter:
    """Quotes what was found first; for "invent" it also says what nothing supports.

    For "wait" it waits in front of its first sentence until it is let go, for "hold" behind it, and
    fails where nobody does so. For "everything" it quotes a sentence of whatever was found.
    """

    name = "inventive"

    def write(self, query: Query, found: Found) -> Draft:
        def claims() -> Iterator[Claim]:
            holding = "hold" in query.question
            if "wait" in query.question:
                _hold()
            everything = "everything" in query.question
            for hit in found.hits if everything else found.hits[:2]:
                for sentence in hit.passage.sentences[: 1 if everything else 2]:
                    if "slow" in query.question:
                        time.sleep(4 if "very slow" in query.question else 0.7)
                    pointer = Pointer(hit.passage.post, hit.passage.section, sentence)
                    yield Claim(sentence.text, (pointer,))
                    if "invent" in query.question:
                        yield Claim(INVENTED, (pointer,))
                    if holding:
                        holding = False
                        _hold()

        return Draft(query, found, claims(), self.name)


def _hold() -> None:
    if not let_go.wait(20):
        raise ModelUnavailable("Nobody let go.", hint="Send SIGUSR1.")
    let_go.clear()


class FakeAssistant(Assistant):
    """Fails for "fail" and "crash", waits for "stuck", and refuses "world cup"."""

    def __init__(self, index: Path, *, link_base: str = "", **more: Any) -> None:
        # Tests ask more often than readers do.
        given = {"questions_a_minute": 0, **more}
        settings = load_settings(
            index=index, embedding_model="hash", min_answerable=1e-9, link_base=link_base, **given
        )
        super().__init__(settings, embedder=HashEmbedder(), writer=InventiveWriter())
        self.histories: list[tuple[Turn, ...]] = []

    def stream(
        self,
        question: str,
        *,
        history: Conversation = (),
        filters: Limits = None,
        recognise: bool = True,
        without: Limits = None,
    ) -> Iterator[Answer]:
        given = asked(question, history, filters, recognise, without)
        self.histories.append(given.history)
        if "fail" in question:
            if "late" in question:
                time.sleep(0.7)
            raise ModelUnavailable("The model <b>m</b> did not answer.", hint="Start its server.")
        if "crash" in question:
            raise RuntimeError(f"the secret of the house, and {question!r}")
        if "stuck" in question:
            time.sleep(20)
        pipeline = self.pipeline
        if "world cup" in question:
            settings = self.settings.model_copy(update={"min_answerable": 1.0})
            pipeline = replace(pipeline, settings=settings)
        return pipeline.answers(given.question, **given.beside)


_TAKEN = "address already in use"
_TRIES = 3  # ports


@contextmanager
def serving(
    *words: str, port: int | None = None, **settings: object
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of the page in a process of its own, and the process."""
    own = {f"PULLQUOTE_{name.upper()}": str(value) for name, value in settings.items()}
    said = _TAKEN
    for _ in range(_TRIES):
        if _TAKEN not in said:
            break
        command = [sys.executable, __file__, str(port or _free_port()), *words]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**same_path(), **own},
        ) as process:
            assert process.stdout
            said = ""
            try:
                for line in process.stdout:
                    said += line
                    if line.startswith("ready "):
                        yield line.split()[1], process
                        return
            finally:
                process.kill()
    raise AssertionError(said)


def _free_port() -> int:
    """One that is free now; another program may be quicker to take it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def main() -> None:
    from ui.page.app import serve

    signal.signal(signal.SIGUSR1, lambda *_: let_go.set())
    port, empty = int(sys.argv[1]), "empty" in sys.argv
    given: dict[str, Any] = {"password": PASSWORD} if "locked" in sys.argv else {}
    if "seldom" in sys.argv:  # may one ask, not so seldom that the page's files are too many
        given["questions_a_minute"] = 3
    with tempfile.TemporaryDirectory() as folder:
        hostile = "hostile" in sys.argv
        index = site_index(Path(folder) / "index", empty=empty, posts=posts() if hostile else None)
        if "owner" in sys.argv:
            from owner_site import furnish

            furnish(index, PAYLOADS if hostile else ())
        base = f"http://127.0.0.1:{port}/site"
        with FakeAssistant(index, link_base=base, **given) as assistant:
            examples = () if empty else EXAMPLES
            serve(
                assistant, "127.0.0.1", port, _ready, pages=_pages(), examples=examples,
                everyone="open" in sys.argv,
            )  # fmt: skip


def _pages() -> dict[str, str]:
    pages = {}
    for parsed in GARDEN:
        blocks = [
            f"<p>{part.text[block.start : block.end]}</p>"
            for part in parsed.sections
            for block in part.blocks
        ]
        far = f"<p>{'far ' * 4000}</p>"  # what is linked to lies below the first screen
        page = f"<!DOCTYPE html><html lang='en'><title>Post</title>{far}{''.join(blocks)}{far}"
        pages[f"/site/{parsed.post.url.split('/', 3)[3]}"] = page
    return pages


def _ready(address: str) -> None:
    sys.stdout.write(f"ready {address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
