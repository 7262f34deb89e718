"""Asking a site often without being a burden: few requests at once, and waiting when told to."""

from __future__ import annotations

import email.utils
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import TypeVar

from ingest.live.fetch import Fetched, FetchFailed, Limits, fetch
from ingest.live.hosts import Secret
from rag.errors import SourceError
from rag.settings import Settings

Item = TypeVar("Item")
Result = TypeVar("Result")
_log = logging.getLogger(__name__)
_AGAIN = frozenset((429, 500, 502, 503, 504))  # what passes by itself, often


class SiteUnavailable(SourceError):
    """A site does not answer for now.

    Args:
        problem: What happened.
        hint: What to do.
        status: What it answered.
        retry_after: Seconds that the site asks to be left alone; 0 where it does not say.
    """

    def __init__(self, problem: str, *, hint: str, status: int, retry_after: float = 0.0) -> None:
        super().__init__(problem, hint=hint)
        self.status = status
        self.retry_after = retry_after


class Client:
    """Asks one site. Safe to use from several threads.

    Args:
        settings: The group "fetching" is used.
        secret: What opens the site.
        sleep: Takes the place of waiting.
        clock: Seconds since some moment; goes on while `sleep` waits.
    """

    def __init__(
        self,
        settings: Settings,
        secret: Secret | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests = 0
        """Answers and failures so far."""
        self.secret = secret
        self._settings = settings
        self._limits = Limits(
            seconds=settings.fetch_timeout,
            size=settings.fetch_bytes,
            allow_private=settings.allow_private_network,
        )
        self._sleep, self._clock = sleep, clock
        self._guard = threading.Lock()
        self._not_before = 0.0

    def get(self, url: str, *, etag: str = "", accept: str = "application/json") -> Fetched:
        """The answer to a request, tried again where that may help.

        Args:
            url: The address.
            etag: Of the answer that is known: a 304 says that it is still good.
            accept: The kind of answer that is wanted.

        Raises:
            SiteUnavailable: It is overloaded or broken, and stays so.
            FetchFailed: No answer came.
            AddressRefused: The address is not of the internet.
        """
        headers = {"User-Agent": user_agent(), "Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        tries = self._settings.fetch_tries
        for attempt in range(1, tries + 1):
            self._wait_until_allowed()
            answer, failed = None, None
            try:
                answer = fetch(url, self._limits, headers=headers, secret=self.secret)
            except FetchFailed as error:
                failed = error
            with self._guard:
                self.requests += 1
            if answer and answer.status not in _AGAIN:
                return answer
            told = _retry_after(answer) if answer else None
            if failed and (not failed.temporary or attempt == tries):
                raise failed
            if answer and (attempt == tries or (told or 0) > self._settings.fetch_max_wait):
                raise _unavailable(answer, told)
            self._pause(attempt, told)
        raise FetchFailed(f"{url} was not asked.", hint="Raise the setting fetch_tries.")

    def side_by_side(
        self, work: Callable[[Item], Result], items: Iterable[Item]
    ) -> Iterator[Result]:
        """The results in the order of the items, some of them worked on ahead.

        Args:
            work: Asks this client; run in several threads.
            items: What to do it with.
        """
        at_once = self._settings.fetch_at_once
        left = iter(items)
        ahead: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(at_once, thread_name_prefix="fetch") as pool:
            try:
                ahead.extend(pool.submit(work, item) for item in islice(left, at_once))
                while ahead:
                    result = ahead.popleft().result()
                    ahead.extend(pool.submit(work, item) for item in islice(left, 1))
                    yield result
            finally:
                for waiting in ahead:
                    waiting.cancel()

    def _pause(self, attempt: int, told: float | None) -> None:
        backoff = self._settings.fetch_backoff * 2 ** (attempt - 1)
        # Jitter: several requests that failed together must not come back together.
        seconds = told if told is not None else backoff * (1 + random.random() / 4)
        seconds = min(seconds, self._settings.fetch_max_wait)
        _log.info("waiting %.1f seconds", seconds)
        with self._guard:
            self._not_before = max(self._not_before, self._clock() + seconds)
        self._sleep(seconds)

    def _wait_until_allowed(self) -> None:
        """What one request was told holds for the others."""
        with self._guard:
            left = self._not_before - self._clock()
        if left > 0:
            self._sleep(left)


def user_agent() -> str:
    """Who asks, with the version."""
    number = "0"
    with suppress(PackageNotFoundError):
        number = version("pullquote")
    return f"pullquote/{number}"


def _retry_after(answer: Fetched) -> float | None:
    """Seconds, from a number or a date; None where the site does not say."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        moment = email.utils.parsedate_to_datetime(told)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _unavailable(answer: Fetched, told: float | None) -> SiteUnavailable:
    what = {429: "asks for fewer requests", 503: "is overloaded or being maintained"}
    wait = f" and asks to wait {told:,.0f} seconds" if told else ""
    return SiteUnavailable(
        f"{answer.url} {what.get(answer.status, 'is broken')} (status {answer.status}){wait}.",
        hint="Try again later; the index is as it was.",
        status=answer.status,
        retry_after=told or 0.0,
    )
