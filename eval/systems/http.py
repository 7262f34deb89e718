"""Answers of other systems over HTTP: OpenAI-compatible servers, and addresses of one's own.

* An address that ends in `/v1` is asked for `chat/completions`, with the turns as messages.
* Any other is sent `{"id", "question", "history"}`, as our own `/api/ask` takes it.

Nothing is sent twice: asking until it works would flatter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import urllib3

from eval.ask_cases import MOST_WORKERS
from eval.cases.cases import Case
from eval.systems.answer import AnswerInvalid
from rag.errors import ConfigError, ModelUnavailable

_CONNECT = 10.0  # seconds
_LARGEST = 20_000_000  # bytes of an answer
_PART = 65_536  # bytes read at once
_SHOWN = 200  # characters of an error that a server tells
# Of a request that no question could have changed.
_NEVER = frozenset((401, 403, 404, 405))
_OPENING = tuple("[(【")


class NeverAnswers(ConfigError):
    """Whatever is asked, this fails."""


class Server:
    """Where another system is asked.

    Args:
        url: Its address.
        seconds: Until a read that brings nothing is given up.
        model: What an OpenAI-compatible server is asked for; None: its only one.
        key: Sent as a bearer token; None sends none.
    """

    def __init__(
        self, url: str, *, seconds: float, model: str | None = None, key: str | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"{url!r} is no address.", hint="Write it as http://127.0.0.1:8000/v1."
            )
        self._url = url.rstrip("/")
        self.speaks_openai = parts.path.rstrip("/").endswith("/v1")
        self._model = model
        self._headers = {"Accept": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._pool = urllib3.PoolManager(
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT, read=seconds),
            maxsize=MOST_WORKERS,  # kept open, where several cases are asked at once
        )

    def ask(self, case: Case) -> Mapping[str, Any]:
        """An answer in the form that `other_answer.read_answer` takes.

        Raises:
            NeverAnswers: Nobody is there, or the address or the key is wrong.
            ModelUnavailable: This question has no answer.
        """
        if self.speaks_openai:
            body = {"model": self.model, "messages": messages(case), "stream": False}
            return from_completion(self._sent("POST", "/chat/completions", body))
        turns = [{"question": one.question, "answer": one.answer} for one in case.history]
        return self._sent("POST", "", {"id": case.id, "question": case.question, "history": turns})

    @property
    def model(self) -> str:
        """What is asked for.

        Raises:
            ConfigError: The server has several, or names none.
        """
        if self._model is None:
            told = self._sent("GET", "/models").get("data")
            names = [str(one["id"]) for one in told or () if isinstance(one, Mapping)]
            if len(names) != 1:
                several = ", ".join(names[:10]) or "none"
                raise ConfigError(
                    f"{self._url} has these models: {several}.", hint="Name one by --model."
                )
            self._model = names[0]
        return self._model

    def _sent(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        try:
            response = self._pool.request(
                method, f"{self._url}{path}", json=body, headers=self._headers,
                redirect=False, preload_content=False,
            )  # fmt: skip
            try:
                data = _read(response)
            finally:
                response.release_conn()
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.NameResolutionError) as e:
            raise NeverAnswers(f"{self._url} cannot be reached: {e}.", hint="Start it.") from e
        except urllib3.exceptions.HTTPError as error:
            raise ModelUnavailable(
                f"No answer: {type(error).__name__}: {error}", hint="Look at the server."
            ) from error
        return self._object(response.status, data)

    def _object(self, status: int, data: bytes) -> Mapping[str, Any]:
        if status != 200:
            told = f"{self._url} answers {status}: {_plain(data)}"
            kind = NeverAnswers if status in _NEVER else ModelUnavailable
            raise kind(told, hint="Look at its log, its address and the setting eval_key.")
        try:
            found = json.loads(data)
        except ValueError as error:
            raise AnswerInvalid(
                f"What came back is no JSON: {_plain(data)}", hint="Look at the server."
            ) from error
        if not isinstance(found, Mapping):
            raise AnswerInvalid("What came back is no JSON object.", hint="Look at the server.")
        return found


def messages(case: Case) -> list[dict[str, str]]:
    """The turns and the question as a chat."""
    said = [
        message
        for turn in case.history
        for message in (("user", turn.question), ("assistant", turn.answer))
        if message[1]
    ]
    return [{"role": role, "content": text} for role, text in (*said, ("user", case.question))]


def from_completion(completion: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer in a chat completion.

    Taken are, in this order: `pullquote`, an answer's record, as our own server sends it;
    `citations` and `contexts` in the form of `other_answer`, of the completion or of its message;
    and `annotations` of the message, OpenAI's `url_citation`.

    Raises:
        AnswerInvalid: It holds no message.
    """
    own = completion.get("pullquote")
    if isinstance(own, Mapping):
        return own
    try:
        message = completion["choices"][0]["message"]
        text = message.get("content") or ""
        if not isinstance(text, str):
            text = "\n".join(part["text"] for part in text if part.get("type") == "text")
        refusal = message.get("refusal")
    except (LookupError, TypeError, AttributeError) as error:
        raise AnswerInvalid(
            "What came back is no chat completion.", hint="Look at the server."
        ) from error
    found: dict[str, Any] = {"text": text, "abstained": True if refusal else None}
    for name in ("citations", "contexts", "score"):
        told = message.get(name, completion.get(name))
        if told is not None:
            found[name] = _texts(told) if name != "score" else told
    if "citations" not in found and "contexts" not in found:
        found |= _annotated(text, message.get("annotations") or ())
    return found


def _texts(told: Any) -> Any:
    """Some servers name addresses alone."""
    if not isinstance(told, Sequence) or isinstance(told, str):
        return told
    return [{"url": one} if isinstance(one, str) else one for one in told]


def _annotated(text: str, annotations: Sequence[Any]) -> dict[str, Any]:
    """The text with a mark for each annotation, and what they point at."""
    found = [
        one["url_citation"]
        for one in annotations
        if isinstance(one, Mapping) and isinstance(one.get("url_citation"), Mapping)
    ]
    if not found:
        return {}
    for number, one in sorted(
        enumerate(found, 1), key=lambda item: -int(item[1].get("end_index") or 0)
    ):
        start, end = int(one.get("start_index") or 0), int(one.get("end_index") or 0)
        # A mark or a link of the server's own gives way; words that are cited stay.
        head = text[:start] if text[start:end].startswith(_OPENING) else text[:end]
        text = f"{head} [{number}]{text[end:]}"
    names = ("url", "title", "quote")
    citations = [{name: one[name] for name in names if one.get(name)} for one in found]
    return {"text": text, "citations": citations}


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    """The whole answer.

    Raises:
        AnswerInvalid: It is too large.
    """
    parts: list[bytes] = []
    size = 0
    for part in response.stream(_PART):
        size += len(part)
        if size > _LARGEST:
            raise AnswerInvalid(
                f"The answer is larger than {_LARGEST:,} bytes.", hint="Look at the server."
            )
        parts.append(part)
    return b"".join(parts)


def _plain(data: bytes) -> str:
    text = " ".join(data.decode("utf-8", "replace").split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
