"""QAGS: sentences of machine summaries, each judged by three people against the article.

Wang et al., 2020, https://arxiv.org/abs/2004.04228.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from eval.cases.jsonl import Text, read_lines
from eval.datasets.labelled import Family, Labelled, LeftOut


class _Response(BaseModel):
    response: Literal["yes", "no"]


class _Sentence(BaseModel):
    sentence: str
    responses: tuple[_Response, ...]


class _Line(BaseModel):
    article: Text
    summary_sentences: tuple[_Sentence, ...]


def read_qags(file: Path) -> Iterator[Labelled | LeftOut]:
    for number, line in read_lines(file, _Line):
        for place, one in enumerate(line.summary_sentences):
            yes = sum(answer.response == "yes" for answer in one.responses)
            if not one.sentence.strip() or 2 * yes == len(one.responses):
                yield LeftOut("no sentence" if not one.sentence.strip() else "no majority")
                continue
            yield Labelled(
                id=f"{file.stem}-{number}-{place}",
                claim=one.sentence.strip(),
                evidence=(line.article,),
                label=float(2 * yes > len(one.responses)),
                group=hashlib.sha256(line.article.encode()).hexdigest()[:16],
                slices=(("from", file.stem.removeprefix("mturk_")),),
            )


QAGS = Family(
    name="qags",
    title="QAGS",
    licence="none is named in its repository: for your own measurements only",
    source="https://github.com/W4ngatang/qags",
    counts_as="most of its three readers said “yes”",
    files=("mturk_*.jsonl",),
    read=read_qags,
)
