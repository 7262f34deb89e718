"""Figures in Prometheus' text form. The only file that knows its client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from rag.errors import PullquoteError
from rag.index.index import Index
from rag.types import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The figures of one server."""

    def __init__(self, index: Index) -> None:
        """Figures about an index and about what is asked of it."""
        self._open: set[object] = set()
        self._all = CollectorRegistry()
        self._requests = Counter(
            "pullquote_requests", "Requests, by door and status", ["door", "status"],
            registry=self._all,
        )  # fmt: skip
        self._seconds = Histogram(
            "pullquote_request_seconds", "Seconds from a request to the end of its answer",
            ["door"], buckets=_SECONDS, registry=self._all,
        )  # fmt: skip
        self._answers = Counter(
            "pullquote_answers", "Questions, by door and what became of them",
            ["door", "outcome"], registry=self._all,
        )  # fmt: skip
        self._first = Histogram(
            "pullquote_first_sentence_seconds", "Seconds from a question to its first sentence",
            ["door"], buckets=_SECONDS, registry=self._all,
        )  # fmt: skip
        Gauge(
            "pullquote_questions_running", "Questions that are answered or wait for it",
            registry=self._all,
        ).set_function(lambda: self.running)  # fmt: skip
        self._all.register(_IndexFigures(index))

    def request(self, door: str, status: int, seconds: float) -> None:
        self._requests.labels(door, status).inc()
        self._seconds.labels(door).observe(seconds)

    @property
    def running(self) -> int:
        """Questions that are being answered or wait for it."""
        return len(self._open)

    @contextmanager
    def question(self, door: str) -> Iterator[Callable[[Answer], None]]:
        """Count one question, which is open inside; what is given is told of each answer."""
        started, outcome, first, own = perf_counter(), "left", True, object()

        def heard(answer: Answer) -> None:
            nonlocal outcome, first
            if first and answer.answered:
                first = False
                self._first.labels(door).observe(perf_counter() - started)
            if answer.complete:
                outcome = "answered" if answer.answered else "refused"

        self._open.add(own)
        try:
            yield heard
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._open.discard(own)
            self._answers.labels(door, outcome).inc()

    async def watch(
        self, door: str, answers: AsyncGenerator[Answer, None]
    ) -> AsyncGenerator[Answer, None]:
        """The same answers, counted."""
        with self.question(door) as heard:
            async with aclosing(answers):
                async for answer in answers:
                    heard(answer)
                    yield answer

    def text(self) -> bytes:
        return generate_latest(self._all)


class _IndexFigures(Collector):
    def __init__(self, index: Index) -> None:
        self._index = index

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            status = self._index.status()
        except PullquoteError:  # which /readyz tells
            return
        figures: dict[str, tuple[str, float]] = {
            "posts": ("Posts in the index", status.posts),
            "passages": ("Passages in the index", status.passages),
            "generation": ("How often the index was changed", status.generation),
        }
        if self._index.synced_at:
            synced = self._index.synced_at.timestamp()
            figures["synced_timestamp_seconds"] = ("When the last sync ended", synced)
        for name, (meaning, value) in figures.items():
            yield GaugeMetricFamily(f"pullquote_index_{name}", meaning, value=value)
