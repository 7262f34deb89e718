"""Runs a sync and kills it, again and again; started by tests/test_killed.py as a process.

Everything is imported once, and each run is a fork: no search index is opened before it. The kills
may be parted among several such processes, each with its own folder. A step is
a statement that a connection to the catalog runs, or something done to a file of the index, as
audit events of Python tell.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from index_state import State, state

from ingest.sync import Options, sync
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.embedding.embedder import HashEmbedder
from rag.index.health import check
from rag.index.index import Index
from rag.place import Place, Where, place_of
from rag.settings import Settings, load_settings
from rag.text.language import language_of

_PATIENCE = 120.0  # seconds for looking at an index, which takes less than one
_FILES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}


def rest(number: int, text: str, **more: object) -> dict[str, object]:
    return {
        "id": number, "type": "post", "status": "publish",
        "link": f"https://garden.example/post-{number}/",
        "date_gmt": "2020-01-01T10:00:00", "modified_gmt": "2020-01-01T10:00:00",
        "title": {"rendered": f"Post {number}"}, "content": {"rendered": text}, **more,
    }  # fmt: skip


def paragraphs(number: int, kind: str, count: int) -> str:
    return "".join(
        f"<p>{kind} {number} part {i}: bed{number} held plant{i * number} in row{i} then.</p>"
        for i in range(count)
    )


def write_sources(folder: Path, posts: int, length: int, *, hide: bool) -> tuple[Path, Path]:
    """What a site was, and what it became: changed, added, gone, record changed, perhaps hidden."""
    before = [rest(n, paragraphs(n, "Old", length)) for n in range(1, posts + 1)]
    after = []
    for number in range(1, posts + 1):
        old = paragraphs(number, "Old", length)
        kind = number % 7
        if kind in (1, 2):
            newer = paragraphs(number, "New", length)
            after.append(rest(number, newer, modified_gmt="2021-01-01T10:00:00"))
        elif kind == 3:
            after.append(rest(number, old, link=f"https://garden.example/moved-{number}/"))
        elif number == 4 and hide:
            after.append(rest(number, old, status="private"))
        elif kind != 5 or number > 5:
            after.append(rest(number, old))
    after += [rest(n, paragraphs(n, "Added", length)) for n in range(posts + 1, posts + 3)]
    source = folder / "posts.json"
    target = folder / "after.json"
    source.write_text(json.dumps(before), encoding="utf-8")
    target.write_text(json.dumps(after), encoding="utf-8")
    return source, target


def run_sync(source: Path, where: Where) -> None:
    settings = settings_of(place_of(where))
    options = Options(prune=True, allow_mass_delete=True)
    sync([str(source)], settings, embedder=HashEmbedder(), options=options)


def settings_of(where: Place) -> Settings:
    """Of a test's index, with the model that needs none."""
    return load_settings(
        index=where.folder, embedding_model="hash",
        chroma_url=where.chroma.url if where.chroma else None,
        chroma_token=(where.chroma.token or None) if where.chroma else None,
        catalog_url=where.database.url if where.database else None,
        catalog_schema=where.database.schema if where.database else None,
    )  # fmt: skip


def forked(work: Callable[[], object], *, kill_after: float | None = None) -> int:
    """The exit status of a process that does the work; negative is the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    if kill_after is None:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    end = time.monotonic() + kill_after
    while True:
        left = end - time.monotonic()
        if left <= 0:
            os.kill(child, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        gone, status = os.waitpid(child, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status)
        time.sleep(min(left, 0.005))


def watched(work: Callable[[], object], index: Path, on_step: Callable[[str], None]) -> None:
    """Does the work and calls before every step of it."""
    inside = str(index)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FILES and inside in str(arguments[0]):
            on_step(event)

    traced: list[sqlite3.Connection] = []

    def profile(_: object, event: str, called: Any) -> None:
        # The first call of a method of a connection hands it over: the writer's is not the first.
        connection = getattr(called, "__self__", None)
        if event != "c_call" or not isinstance(connection, sqlite3.Connection):
            return
        if not any(connection is one for one in traced):
            traced.append(connection)
            connection.set_trace_callback(lambda statement: on_step(str(statement)))

    sys.addaudithook(audit)
    sys.setprofile(profile)
    work()


def steps(work: Callable[[], object], index: Path, file: Path) -> list[str]:
    """The steps of an undisturbed run."""

    def write() -> None:
        with file.open("w", encoding="utf-8") as out:
            watched(work, index, lambda step: print(" ".join(step.split()), file=out))

    assert forked(write) == 0
    return file.read_text(encoding="utf-8").splitlines()


def stopped_at(number: int, work: Callable[[], object], index: Path) -> int:
    """Killed just before the step, from 0."""
    left = [number]

    def on_step(_: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return forked(lambda: watched(work, index, on_step))


def kind(step: str) -> str:
    """What a step does, whatever the values."""
    return "".join(c for c in step.partition("VALUES")[0].partition("=")[0] if not c.isdigit())


def turning_points(found: list[str]) -> list[int]:
    """Steps that do another thing than the one before, each turn twice, and the last of all."""
    times: Counter[tuple[str, str]] = Counter()
    turns, before = [], ""
    for number, step in enumerate(found):
        turn = (before, kind(step))
        times[turn] += 1
        if turn[0] != turn[1] and times[turn] <= 2:
            turns.append(number)
        before = turn[1]
    return [*turns, len(found) - 1]


def consistent(index: Path, old: State, new: State) -> None:
    """Every post is the old one or the new one, and Chroma with the outbox is the catalog."""
    now = state(index)
    for id_ in {*old.posts, *new.posts, *now.posts}:
        found = now.posts.get(id_)
        assert found in (old.posts.get(id_), new.posts.get(id_)), f"{id_} is neither"
    with closing(Catalog(index)) as catalog:
        waiting = dict(catalog_write.outbox(catalog, 1_000_000))
    told = set(now.chroma) - set(waiting)
    assert told <= set(now.texts), "Chroma holds what the catalog does not"
    missing = set(now.texts) - set(now.chroma)
    assert all(waiting.get(id_) == "upsert" for id_ in missing), "nobody tells Chroma"
    for id_ in told:
        assert now.chroma[id_] in (old.chroma.get(id_), new.chroma.get(id_)), f"{id_} in Chroma"
    with closing(Index(index)) as opened:
        for one in opened.posts(5):
            vector = HashEmbedder().embed_question(opened.sections(one.id)[0].text[:300]).question
            assert opened.search(vector, 3)


class Trial:
    """An index as it was, and what an undisturbed sync makes of it."""

    def __init__(self, folder: Path, posts: int, length: int, *, hide: bool) -> None:
        self.base, self.whole, self.index = (folder / n for n in ("base", "whole", "index"))
        self.source, after = write_sources(folder, posts, length, hide=hide)
        assert forked(lambda: run_sync(self.source, self.base)) == 0
        after.replace(self.source)
        shutil.copytree(self.base, self.whole)
        started = time.monotonic()
        assert forked(lambda: run_sync(self.source, self.whole)) == 0
        self.seconds = time.monotonic() - started
        self.file = folder / "steps"
        self.before, self.after = (self.state(one) for one in (self.base, self.whole))

    def state(self, index: Path) -> State:
        """Of an index that another process opens."""
        assert forked(lambda: self.file.write_bytes(pickle.dumps(state(index)))) == 0
        found: State = pickle.loads(self.file.read_bytes())
        return found

    def fresh(self) -> None:
        shutil.rmtree(self.index, ignore_errors=True)
        shutil.copytree(self.base, self.index)

    def work(self) -> None:
        run_sync(self.source, self.index)

    def judge(self) -> bool:
        """After a kill: consistent now, and after the next run as if nothing had happened."""

        def verify() -> None:
            consistent(self.index, self.before, self.after)
            self.work()
            assert state(self.index) == self.after, "another end"
            wrong = [finding for finding in check(self.index) if not finding.ok]
            assert not wrong, wrong

        ended = forked(verify, kill_after=_PATIENCE)
        if ended == -signal.SIGKILL:
            # Chroma's own end hangs now and then in a process that was forked. What is wrong would
            # have ended it long before.
            print("verifying hung; once more", file=sys.stderr, flush=True)
            ended = forked(verify, kill_after=_PATIENCE)
        return ended == 0


def report(trial: Trial, kills: Iterable[tuple[str, int]]) -> None:
    """One line for each kill: what was killed, and how it went."""
    for what, ended in kills:
        verdict = "ok" if trial.judge() else "WRONG"
        print(f"{verdict} {'killed' if ended == -signal.SIGKILL else 'ended'} {what}", flush=True)


def at_steps(folder: Path, part: int, parts: int, *, hide: bool) -> None:
    trial = Trial(folder, 9, 2, hide=hide)
    trial.fresh()
    found = steps(trial.work, trial.index, trial.file)

    def kills() -> Iterable[tuple[str, int]]:
        for number in islice(turning_points(found), part, None, parts):
            trial.fresh()
            yield f"{number} {found[number][:90]}", stopped_at(number, trial.work, trial.index)

    report(trial, kills())


def at_random(folder: Path, seed: int, times: int) -> None:
    trial = Trial(folder, 70, 60, hide=seed % 2 == 0)
    moments = random.Random(seed)

    def kills() -> Iterable[tuple[str, int]]:
        longest, killed = trial.seconds, 0
        while killed < times:
            trial.fresh()
            after = moments.uniform(0.0, longest)
            ended = forked(trial.work, kill_after=after)
            if ended == -signal.SIGKILL:
                killed += 1
                yield f"after {after:.3f} s", ended
            else:  # it was quicker than its killer
                longest = max(after, trial.seconds / 3)

    report(trial, kills())


def load_what_forks_share() -> None:
    """Half of a short run's time is to read the languages and Chroma's own part."""
    language_of("Beds with mulch of wool lost fewer lettuces than those without.")
    for name in ("chromadb.api.rust", "chromadb.telemetry.product.posthog"):
        import_module(name)


if __name__ == "__main__":
    end, folder, *numbers = sys.argv[1:]
    load_what_forks_share()
    if end == "random":
        at_random(Path(folder), int(numbers[0]), int(numbers[1]))
    else:
        at_steps(Path(folder), int(numbers[0]), int(numbers[1]), hide=end == "erasure")
