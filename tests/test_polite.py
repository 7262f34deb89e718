"""Asking a site without being a burden, and making sense of what comes back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wordpress_server import Asked, FakeSite, Response, serving

from ingest.live.census import take_census
from ingest.live.fetch import Fetched
from ingest.live.polite import Client, SiteUnavailable
from ingest.live.wordpress_api import Site, parse
from rag.errors import SourceError
from rag.settings import load_settings


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving(FakeSite()) as served:
        yield served


class Time:
    """Goes on when somebody waits, and by nothing else."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def client(pretended: Time | None = None, **more: Any) -> Client:
    near = load_settings(allow_private_network=True, **more)
    if pretended is None:
        return Client(near)
    return Client(near, sleep=pretended.sleep, clock=lambda: pretended.now)


def busy(retry_after: str | None = None, status: int = 503) -> Response:
    return Response(b"", status, {"Retry-After": retry_after} if retry_after else {})


def test_each_wait_is_longer_than_the_one_before(site: FakeSite) -> None:
    site.faults = [lambda asked: busy()]
    pretended = Time()
    with pytest.raises(SiteUnavailable):
        client(pretended, fetch_backoff=2).get(f"{site.base}/")
    assert len(site.asked) == 4
    for wait, least in zip(pretended.waits, (2, 4, 8), strict=True):
        assert least <= wait <= least * 1.25


def test_a_wait_may_be_told_as_a_number_or_as_a_date(site: FakeSite) -> None:
    answers = iter([busy("7"), busy(format_datetime(datetime.now(UTC) + timedelta(seconds=60)))])
    site.faults = [lambda asked: next(answers, None)]
    pretended = Time()
    assert client(pretended).get(f"{site.base}/").status == 200
    assert pretended.waits[0] == 7
    assert 55 < pretended.waits[1] <= 60


def test_what_one_request_was_told_to_wait_holds_for_the_others(site: FakeSite) -> None:
    asked_at: dict[str, float] = {}
    once = iter([busy("7")])

    class Meanwhile(Time):
        def sleep(self, seconds: float) -> None:
            first = not self.waits
            super().sleep(0.0 if first else seconds)
            if first:  # while the first request waits, another one comes
                assert asker.get(f"{site.base}/second").status == 200
                asked_at["second"] = self.now

    pretended = Meanwhile()
    asker = client(pretended)
    site.faults = [lambda asked: next(once, None) or Response(b"{}")]
    assert asker.get(f"{site.base}/first").status == 200
    assert asked_at == {"second": 7}
    assert pretended.waits == [0, 7]  # the first one's, which is spent by then, and the second's


@pytest.mark.parametrize("told", ["soon", "-5", "", "1e9", "Thu, 99 Foo 2020"])
def test_a_wait_that_makes_no_sense_counts_as_none(site: FakeSite, told: str) -> None:
    answers = iter([busy(told)])
    site.faults = [lambda asked: next(answers, None)]
    pretended = Time()
    assert client(pretended, fetch_backoff=1).get(f"{site.base}/").status == 200
    assert len(pretended.waits) == 1
    assert 1 <= pretended.waits[0] <= 1.25


def test_what_will_not_help_is_not_tried_again(site: FakeSite) -> None:
    site.faults = [lambda asked: Response(b"", 404)]
    assert client(Time()).get(f"{site.base}/").status == 404
    assert len(site.asked) == 1


def test_no_more_requests_are_under_way_than_allowed_and_their_order_is_kept(
    site: FakeSite,
) -> None:
    under_way: list[int] = []
    now = [0]
    guard = threading.Lock()

    def count(asked: Asked) -> Response:
        with guard:
            now[0] += 1
            under_way.append(now[0])
        time.sleep(0.02 if asked.path.endswith("1") else 0.01)
        with guard:
            now[0] -= 1
        return Response(asked.path.encode())

    site.faults = [count]
    asker = client(fetch_at_once=3)
    paths = [f"/{number}" for number in range(20)]
    answers = asker.side_by_side(lambda path: asker.get(f"{site.base}{path}").body, paths)
    assert [body.decode() for body in answers] == paths
    assert max(under_way) == 3


# ---------------------------------------------------------------- what comes back


def fetched(body: bytes, status: int = 200) -> Fetched:
    return Fetched("https://garden.example/wp-json/", status, {}, body)


@given(st.binary(max_size=200), st.sampled_from([200, 403, 404, 500]))
def test_no_bytes_are_more_than_an_error(body: bytes, status: int) -> None:
    try:
        reply = parse(fetched(body, status))
    except SourceError:
        return
    assert isinstance(reply.value, (list, dict))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(_json, st.text(alphabet="<>br b/[]{}Warning0", max_size=20))
def test_json_is_found_behind_what_stands_before_it(value: Any, before: str) -> None:
    whole = json.dumps([{"id": 1, "content": value}])
    try:
        reply = parse(
            fetched(f"Warning {before.replace('[', '').replace('{', '')}{whole}".encode())
        )
    except SourceError:
        pytest.fail("nothing was found")
    assert reply.value == [{"id": 1, "content": value}]


@settings(max_examples=40)
@given(st.lists(_json, max_size=5))
def test_no_census_breaks_on_strange_entries(values: list[Any]) -> None:
    class Told(Client):
        def get(self, url: str, *, etag: str = "", accept: str = "") -> Fetched:
            return fetched(json.dumps(values).encode())

    census = take_census(
        Told(load_settings()), Site("https://x.example/wp-json/", "https://x.example"), "posts", {}
    )
    assert all(isinstance(one.id, int) for one in census.listed)
