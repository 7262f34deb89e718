"""A file of evaluation cases that the owner's page adds to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from eval.cases.cases import CaseLine
from eval.cases.from_readers import reader_id
from eval.cases.gold import Gold
from rag.errors import ConfigError, QuestionInvalid
from rag.replacing import replacing


@dataclass(frozen=True, slots=True)
class Listed:
    """A case of the file, in short."""

    id: str
    question: str
    answerable: bool
    gold: int
    """How many sentences answer."""


class CaseFile:
    """Cases as docs/evaluation-cases.md has them. What else stands in the file is left as it is."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def text(self) -> str:
        """All of it; empty where there is none yet.

        Raises:
            ConfigError: It cannot be read.
        """
        return "".join(f"{line}\n" for line in self._lines())

    def listed(self) -> tuple[Listed, ...]:
        """In the order of the file; lines that are no cases are passed over."""
        return tuple(
            Listed(one.id, one.question, one.answerable, len(one.gold))
            for line in self._lines()
            if (one := _read(line)) is not None
        )

    def add(self, question: str, *, kind: str, gold: Sequence[Gold]) -> Listed:
        """A case, in the place of one that was made of the same question before.

        Args:
            question: As a reader typed it.
            kind: Its slice in reports.
            gold: What answers it; empty where the posts do not.

        Raises:
            QuestionInvalid: It is no case.
            ConfigError: The file cannot be written.
        """
        made = {
            "id": reader_id(question),
            "kind": kind,
            "question": question,
            "answerable": bool(gold),
            "gold": [
                {"post_id": one.post_id, "heading": one.heading, "quote": one.quote}
                for one in gold
            ],
        }  # fmt: skip
        try:
            line = CaseLine.model_validate_json(json.dumps(made))
        except ValidationError as error:
            raise QuestionInvalid(
                "This cannot be made a case.", hint=str(error.errors()[0]["msg"])
            ) from error
        if problems := line.problems():
            raise QuestionInvalid("This cannot be made a case.", hint=problems[0])
        self._change(lambda id_: id_ == line.id, json.dumps(made, ensure_ascii=False))
        return Listed(line.id, line.question, line.answerable, len(line.gold))

    def remove(self, id_: str) -> None:
        """Take a case out; one that is not there is no mistake.

        Raises:
            ConfigError: The file cannot be written.
        """
        self._change(lambda known: known == id_)

    def _lines(self) -> list[str]:
        try:
            text = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{self.file} cannot be read as cases: {error}.",
                hint="Set owner_cases to another file.",
            ) from error
        # Not splitlines(): JSON holds other ends of lines than this one as they are.
        return text.removesuffix("\n").split("\n") if text else []

    def _change(self, goes: Callable[[str], bool], *more: str) -> None:
        try:
            with FileLock(f"{self.file}.lock"):
                stay = [
                    line for line in self._lines() if not ((one := _read(line)) and goes(one.id))
                ]
                with replacing(self.file) as opened:
                    opened.writelines(f"{line}\n" for line in (*stay, *more))
        except OSError as error:
            raise ConfigError(
                f"{self.file} cannot be written: {error.strerror or error}.",
                hint="Set owner_cases to a file that this server may write.",
            ) from error


def _read(line: str) -> CaseLine | None:
    try:
        return CaseLine.model_validate_json(line)
    except ValidationError:
        return None
