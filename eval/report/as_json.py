"""A graded run as JSON, and read back: of two runs alike to the byte, but for `timing`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.bootstrap import Figure
from eval.citations import CitationGrade
from eval.figures import METRICS, CaseGrade
from eval.made_with import mark_of, seen_mark
from eval.outcomes import outcome, outcomes
from eval.retrieval import RankGrade
from eval.run import EvalResult
from eval.seen import fitted_on
from rag.errors import SourceError

NAME = "report.json"
_TIME = {metric.name for metric in METRICS if metric.group == "time"}


def json_report(result: EvalResult) -> str:
    """All figures and every case's own grades, as indented JSON.

    A figure that nothing could be measured on is null. What a clock said stands in `timing` alone.
    """
    grades = result.grades
    made = asdict(result.made_with)
    content = {
        "schema": 2,
        "made_with": made
        | {name: dict(getattr(result.made_with, name)) for name in ("versions", "thresholds")},
        "bootstrap": {"seed": grades.seed, "resamples": grades.resamples, "interval": 0.95},
        "headline": not result.made_with.mark,
        "outcomes": {one.value: n for one, n in outcomes(grades.cases).items()},
        "figures": _mapping(grades.figures),
        "baselines": {one.name: _mapping(one.figures) for one in grades.trivial},
        "not_beside": dict(grades.not_beside),
        "kinds": {kind: _mapping(figures) for kind, figures in grades.kinds},
        "kind_baselines": {
            kind: {one.name: _mapping(one.figures) for one in some}
            for kind, some in grades.trivial_kinds
        },
        "failed": {one.case_id: one.reason for one in grades.failed},
        "missing_gold": result.missing,
        "cases": list(_cases(result)),
        "timing": {
            "figures": _mapping(grades.figures, time=True),
            "cases": {one.id: one.milliseconds for one in grades.cases},
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _cases(result: EvalResult) -> Iterator[Mapping[str, object]]:
    graded = zip(result.cases, result.fingerprints, result.grades.cases, strict=True)
    for case, fingerprint, grade in graded:
        own = asdict(grade)
        del own["milliseconds"]
        yield {"question": case.question, "sha256": fingerprint, "outcome": outcome(grade), **own}


def _mapping(figures: Sequence[Figure], *, time: bool = False) -> dict[str, object]:
    return {
        one.name: asdict(one.estimate) if one.estimate else None
        for one in figures
        if (one.name in _TIME) == time
    }


# ---------------------------------------------------------------- read back


@dataclass(frozen=True, slots=True)
class SavedCase:
    """A case of a report: what was asked, and what it earned."""

    question: str
    fingerprint: str
    grade: CaseGrade


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A report that was written earlier."""

    name: str
    case_file: str
    seed: int
    resamples: int
    cases: tuple[SavedCase, ...]
    missing: tuple[str, ...] = ()
    """Ids of cases with gold that the index did not hold."""
    mark: str = ""
    """Why its figures are no headlines, as `MadeWith.mark`."""
    fitted: str = ""
    """What of ours was fitted on the family of its questions; empty: nothing that is known."""


class _CaseLine(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    kind: str
    question: str
    sha256: str
    answerable: bool
    answered: bool
    failed: str | None
    score: float
    ranking: RankGrade | None
    citations: CitationGrade | None
    says: float | None
    found_at: tuple[int | None, ...]
    with_citation: float | None = None
    leading: float | None = None
    passed: float | None = None
    avoids: float | None = None
    follow_up: float | None = None
    relevance: float | None = None

    def saved(self, milliseconds: float | None) -> SavedCase:
        own = {name: getattr(self, name) for name in type(self).model_fields}
        question, digest = own.pop("question"), own.pop("sha256")
        return SavedCase(question, digest, CaseGrade(**own, milliseconds=milliseconds))


class _Bootstrap(BaseModel):
    seed: int
    resamples: int


class _MadeWith(BaseModel):
    case_file: str
    case_sha256: str = ""
    system: str = ""
    seen: bool | None = None
    seen_family: str = ""
    questions: int = 0
    questions_seen: int = 0

    @property
    def mark(self) -> str:
        seen = self.seen
        if seen is None:  # a report from before there was the field, of ours or of another system
            seen = not self.system and self.case_sha256 in fitted_on()
        of_questions = seen_mark(self.questions, self.questions_seen) if seen else ""
        return mark_of(of_questions, self.seen_family)


class _Timing(BaseModel):
    cases: dict[str, float | None]


class _Report(BaseModel):
    schema_: Literal[2]
    made_with: _MadeWith
    bootstrap: _Bootstrap
    cases: tuple[_CaseLine, ...]
    missing_gold: tuple[str, ...] = ()
    timing: _Timing

    model_config = ConfigDict(extra="ignore", alias_generator=lambda name: name.rstrip("_"))


def load_report(path: Path) -> SavedReport:
    """A report from its file, or from the folder that it was written into.

    Raises:
        SourceError: It cannot be read, or is none.
    """
    file = path / NAME if path.is_dir() else path
    try:
        found = _Report.model_validate_json(file.read_bytes())
    except OSError as error:
        raise SourceError(
            f"{file} cannot be read: {error.strerror or error}.",
            hint="Name a folder that `pullquote eval --out` wrote, or a report.json.",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise SourceError(
            f"{file} is no report of this version: {place}: {first['msg']}.",
            hint="Write it again with `pullquote eval --out`.",
        ) from error
    times = found.timing.cases
    return SavedReport(
        name=str(path),
        case_file=found.made_with.case_file,
        seed=found.bootstrap.seed,
        resamples=found.bootstrap.resamples,
        cases=tuple(one.saved(times.get(one.id)) for one in found.cases),
        missing=found.missing_gold,
        mark=found.made_with.mark,
        fitted=found.made_with.seen_family,
    )
