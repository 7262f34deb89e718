"""MTRAG's human ratings: how faithful three people found answers to the passages they rest on.

Katsis et al., 2025, https://arxiv.org/abs/2501.03468. One JSON file in the form of InspectorRAGet:
`documents`, `tasks` with `contexts`, and `evaluations` with what each rater gave for each metric,
`faithfulness` from 1 to 4 among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

from pydantic import AliasChoices, BaseModel, Field

from eval.datasets.json_file import read_json
from eval.datasets.labelled import Family, Labelled, LeftOut

_METRIC = "faithfulness"
_MACHINES = {"system", "composite"}  # what stands in a rater's place for computed metrics


class _Document(BaseModel):
    document_id: str = Field(validation_alias=AliasChoices("document_id", "documentId"))
    text: str = ""


class _Utterance(BaseModel):
    speaker: str = ""
    text: str = ""


class _Task(BaseModel):
    task_id: str = Field(validation_alias=AliasChoices("task_id", "taskId"))
    contexts: tuple[_Document, ...] = ()
    input: tuple[_Utterance, ...] = ()


class _Evaluation(BaseModel):
    task_id: str = Field(validation_alias=AliasChoices("task_id", "taskId"))
    model_id: str = Field(validation_alias=AliasChoices("model_id", "modelId"))
    response: str = Field(
        default="", validation_alias=AliasChoices("model_response", "modelResponse")
    )
    annotations: dict[str, dict[str, Any]] = {}


class _File(BaseModel):
    documents: tuple[_Document, ...] = ()
    tasks: tuple[_Task, ...]
    evaluations: tuple[_Evaluation, ...]


def read_mtrag(file: Path) -> Iterator[Labelled | LeftOut]:
    whole = read_json(file, _File)
    texts = {one.document_id: one.text for one in whole.documents}
    tasks = {one.task_id: one for one in whole.tasks}
    for one in whole.evaluations:
        task = tasks.get(one.task_id)
        contexts = task.contexts if task else ()
        passages = tuple(
            text for c in contexts if (text := (c.text or texts.get(c.document_id, "")).strip())
        )
        given = _grades(one)
        if not passages or not given or not one.response.strip():
            yield LeftOut(
                "no passages"
                if not passages
                else "no answer"
                if given
                else f"nobody rated its {_METRIC}"
            )
            continue
        asked = [said.text for said in task.input if said.speaker == "user"] if task else []
        yield Labelled(
            id=f"{one.task_id}-{one.model_id}",
            claim=one.response.strip(),
            evidence=passages,
            label=fmean(given),
            group=one.task_id,
            question=asked[-1] if asked else "",
            slices=(("system", one.model_id),),
        )


def _grades(one: _Evaluation) -> list[float]:
    found = []
    for rater, said in one.annotations.get(_METRIC, {}).items():
        value = said.get("value") if isinstance(said, dict) else said
        if rater in _MACHINES or isinstance(value, bool):
            continue
        try:
            found.append(float(value))  # type: ignore[arg-type]  # None is caught as well
        except (TypeError, ValueError):
            continue
    return found


MTRAG = Family(
    name="mtrag",
    title="MTRAG, human ratings",
    licence="Apache-2.0",
    source="https://github.com/IBM/mt-rag-benchmark",
    counts_as="the mean of its raters' grades of faithfulness, 1 to 4",
    files=("reference_subset_with_human_evaluations.json",),
    read=read_mtrag,
    graded=True,
)
