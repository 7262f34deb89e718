"""A graded run for people: aligned Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from eval.beside import OF_KINDS
from eval.beside import of_group as trivial_of
from eval.bootstrap import Figure
from eval.figures import METRICS, Group
from eval.grade import Grades
from eval.outcomes import outcomes
from eval.retrieval import RankingFigures
from eval.run import EvalResult
from eval.tables import (
    counted,
    lacking,
    marked,
    plain,
    seen_note,
    shown,
    shown_with_n,
    table,
)


def grades_text(grades: Grades, *, mark: str = "") -> str:
    """What became of the cases, `figures_text`, and the cases that failed."""
    failed = [f"- {one.case_id}: {one.reason}" for one in grades.failed]
    of_all = f"{len(failed)} of {counted(len(grades.cases), 'case', 'cases')} failed"
    told = "\n".join([f"{of_all}:", *failed]) if failed else f"{of_all}."
    return "\n\n".join([outcomes_text(grades), figures_text(grades, mark=mark), told])


def figures_text(grades: Grades, *, mark: str = "") -> str:
    """Tables of all figures with n and 95 % intervals, over all cases and by kind.

    Args:
        grades: Of the run.
        mark: Why they are no headlines; it stands in each table.
    """
    answers = "Answers; citations where not refused"
    parts = [
        _figures(marked("Retrieval", mark), grades, "retrieval"),
        _figures(marked(answers, mark), grades, "answers"),
        _figures(marked("Abstention", mark), grades, "abstention"),
        _figures("Time of a question, ms", grades, "time", digits=0),
        _kinds(grades, mark),
        trivial_note(grades),
        f"[low, high] is a 95 % interval: percentile bootstrap by question, {grades.resamples:,} "
        f"resamples, seed {grades.seed}; of a mean whose n are all 0 or all 1, Wilson's. One "
        "without width says that all n scored alike.",
    ]
    return "\n\n".join(parts)


def text_report(result: EvalResult) -> str:
    """`grades_text` with what the run was made with, and gold that the index lacks."""
    made = result.made_with
    head = (
        f"{made.case_file} (sha256 {made.case_sha256[:12]}): "
        f"{counted(len(result.grades.cases), 'case', 'cases')} on "
        f"{counted(made.posts, 'post', 'posts')}, {counted(made.passages, 'passage', 'passages')}; "
        f"{made.system or made.embedder}"
    )
    parts = [
        head,
        *([made.seen_told] if made.seen else []),
        grades_text(result.grades, mark=made.mark),
    ]
    if result.missing:
        parts.append(f"{lacking(len(result.missing))}: {', '.join(result.missing)}.")
    if made.seen_family:
        parts.insert(1, seen_note(made.seen_family))
    return "\n\n".join(parts)


def outcomes_text(grades: Grades) -> str:
    """How many cases had which outcome, in one line; outcomes that none had are left out."""
    return ", ".join(f"{n} {one}" for one, n in outcomes(grades.cases).items() if n) + "."


def rankings_text(rankings: Sequence[RankingFigures]) -> str:
    """A row for each ranking, and one for each difference to the baseline."""
    names = [figure.name for figure in rankings[0].figures] if rankings else []
    rows = [[one.name, *(shown(figure.estimate) for figure in one.figures)] for one in rankings]
    baseline = next((one.name for one in rankings if not one.differences), "")
    rows += [
        [
            f"{one.name} − {baseline}",
            *(shown(figure.estimate, signed=True) for figure in one.differences),
        ]
        for one in rankings
        if one.differences
    ]
    n = max(
        (figure.estimate.n for one in rankings for figure in one.figures if figure.estimate),
        default=0,
    )
    return table([f"ranking (n {n})", *names], rows)


def trivial_note(grades: Grades) -> str:
    """What the trivial systems in the tables are, and which are not there."""
    told = (
        "Beside the figures stand trivial systems on the same questions, each with its own n: what"
        " they earn is had for nothing. Words alone and meaning alone say the best sentence of the"
        " first passage by BM25 or by cosine; who cites everything cites each sentence of all that"
        " was found."
    )
    reasons: dict[str, list[str]] = {}
    for who, why in grades.not_beside:
        reasons.setdefault(why, []).append(who)
    if reasons:
        lists = (f"{', '.join(some)} ({why})" for why, some in reasons.items())
        told += f" Not shown: {'; '.join(lists)}."
    return told


def _figures(title: str, grades: Grades, group: Group, *, digits: int = 3) -> str:
    """A row for each figure of a group, and a column for each trivial system that has any."""
    beside = trivial_of(grades.trivial, group)
    rows = [
        [
            one.name,
            shown(one.estimate, digits=digits),
            _n(one),
            *(
                shown_with_n(other.estimate(one.name)) if other.knows(one.name) else ""
                for other in beside
            ),
        ]
        for one in of_group(grades.figures, group)
    ]
    return table([title, "value [low, high]", "n", *(one.name for one in beside)], rows)


def _kinds(grades: Grades, mark: str) -> str:
    """Each figure with its own n: what was refused is in no figure of citations."""
    rows = []
    beside = dict(grades.trivial_kinds)
    for kind, figures in grades.kinds:
        of_kind = [one for one in grades.cases if one.kind == kind]
        values = {figure.name: figure.estimate for figure in figures}
        refused = sum(one.refused for one in of_kind)
        rows.append(
            [
                plain(kind),
                str(len(of_kind)),
                str(refused),
                *(shown_with_n(values[name]) for name in OF_KINDS),
            ]
        )
        for other in beside[kind]:
            cells = (
                shown_with_n(other.estimate(name)) if other.knows(name) else "" for name in OF_KINDS
            )
            rows.append([f"… {other.name}", "", "", *cells])
    return table([marked("Kind", mark), "cases", "refused", *OF_KINDS], rows)


def of_group(figures: Sequence[Figure], group: Group) -> list[Figure]:
    """Those of the figures whose metric is of the group, in order."""
    names = {metric.name for metric in METRICS if metric.group == group}
    return [figure for figure in figures if figure.name in names]


def _n(figure: Figure) -> str:
    return str(figure.estimate.n if figure.estimate else 0)
