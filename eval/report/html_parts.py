"""The upper part of a report's page: outcomes, figures, plots and what the run was made with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from eval.bootstrap import Estimate
from eval.gate import Kept
from eval.grade import Grades
from eval.outcomes import outcomes
from eval.report.html_tables import css_name, figures_tables, interval, kinds_table, stack
from eval.report.plots import plots
from eval.run import EvalResult
from eval.tables import NONE, counted, lacking

_HEADLINE = {
    "Recall@5": "The gold is among the first five sections",
    "citation recall (sentence)": "Gold sentences that answers cite",
    "citation precision (sentence)": "Cited sentences that are gold",
    "says what it must": "Answers with the words that are needed",
    "answered, of the answerable": "Answered, where the posts answer",
    "refused, of the unanswerable": "Refused, where they do not",
}

_LISTED = 50  # failed cases above the questions, which have all of them


def summary(result: EvalResult, kept: Sequence[Kept], title: str) -> str:
    """All that stands above the questions, and the empty place where those go."""
    grades, mark = result.grades, result.made_with.mark
    return "\n".join(
        [
            '<a class="skip" href="#questions">To the questions</a>',
            '<header><div class="wrap">',
            '<p class="brand">pullquote eval</p>',
            '<button id="theme" type="button" hidden>Dark theme</button>',
            f"<h1>{escape(title)}</h1>",
            f'<p class="sub">{_rests_on(result)}</p></div></header>',
            '<main class="wrap">',
            _outcomes(grades),
            *_thresholds(kept),
            *_notices(result),
            _tiles(grades, mark),
            _plots(grades),
            kinds_table(grades, mark),
            figures_tables(grades, mark),
            _made_with(result),
            (files("eval.assets") / "questions.html").read_text(encoding="utf-8"),
            "</main>\n",
        ]
    )


def _rests_on(result: EvalResult) -> str:
    made = result.made_with
    facts = (
        made.case_file,
        *([made.mark] if made.mark else []),
        counted(made.passages, "passage", "passages"),
        *(
            [f"answered by {made.system}"]
            if made.system
            else [made.embedder.partition("@")[0], f"writer {made.writer}"]
        ),
    )
    return " · ".join(escape(fact) for fact in facts)


def _outcomes(grades: Grades) -> str:
    found = {one: n for one, n in outcomes(grades.cases).items() if n}
    legend = "".join(
        f'<li class="o-{css_name(one)}"><b>{n:,}</b> {one.value}</li>' for one, n in found.items()
    )
    return (
        '<section aria-label="What became of the questions">'
        f'{stack(found)}<ul class="legend">{legend}</ul></section>'
    )


def _thresholds(kept: Sequence[Kept]) -> Iterator[str]:
    if kept:
        lines = "".join(
            f'<li class="{"kept" if one.ok else "missed"}">{escape(one.told)}</li>' for one in kept
        )
        yield f'<section><h2>Thresholds</h2><ul class="thresholds">{lines}</ul></section>'


def _notices(result: EvalResult) -> Iterator[str]:
    if result.made_with.seen:
        yield f'<section class="notice"><p>{escape(result.made_with.seen_told)}</p></section>'
    failed = result.grades.failed
    if failed:
        lines = "".join(
            f"<li><b>{escape(one.case_id)}</b> {escape(one.reason)}</li>"
            for one in failed[:_LISTED]
        )
        if len(failed) > _LISTED:
            lines += f"<li>and {len(failed) - _LISTED:,} more, among the questions below</li>"
        yield (
            f'<section class="notice"><details open><summary>{len(failed):,} of '
            f"{counted(len(result.cases), 'case', 'cases')} failed: the worst in every figure"
            "</summary>"
            f'<ul tabindex="0" aria-label="Cases that failed">{lines}</ul></details></section>'
        )
    if result.missing:
        yield (
            f'<section class="notice"><details><summary>{lacking(len(result.missing))}</summary>'
            f"<p>{escape(', '.join(result.missing))}</p></details></section>"
        )
    if result.made_with.seen_family:
        yield (
            '<section class="notice"><p><b>Seen family</b>, no headline figures; fitted were: '
            f"{escape(result.made_with.seen_family)}.</p></section>"
        )


def _tiles(grades: Grades, mark: str) -> str:
    """The figures that come first; who hears or sees them is told where they are no headlines."""
    found = {one.name: one.estimate for one in grades.figures}
    tiles = "".join(_tile(name, told, found[name], mark) for name, told in _HEADLINE.items())
    label = escape(f"Figures, no headlines: {mark}" if mark else "Headline figures")
    return f'<section class="tiles" aria-label="{label}">{tiles}</section>'


def _tile(name: str, told: str, one: Estimate | None, mark: str) -> str:
    value = f"{one.value:.3f}" if one else NONE
    below = (
        f"{interval(one, 1.0)}<p>{one.low:.3f} to {one.high:.3f} · n {one.n:,}</p>"
        if one
        else "<p>nothing to measure it on</p>"
    )
    return (
        f'<div class="tile"><h2>{escape(name)}</h2><p class="value">{value}</p>{below}'
        f'<p class="told">{escape(" · ".join(filter(None, (told, mark))))}</p></div>'
    )


def _plots(grades: Grades) -> str:
    drawn = "".join(
        f"<figure><h2>{escape(one.title)}</h2>{one.svg}<figcaption>{escape(one.caption)}"
        "</figcaption></figure>"
        for one in plots(grades.cases, seed=grades.seed, resamples=grades.resamples)
    )
    return f'<section class="plots" aria-label="Plots">{drawn}</section>'


def _made_with(result: EvalResult) -> str:
    made = result.made_with
    thresholds = ", ".join(f"{name} {value:g}" for name, value in made.thresholds)
    told = {
        "System": made.system or "pullquote",
        "Cases": f"{made.case_file}, sha256 {made.case_sha256}" + made.seen * f", {made.seen_mark}",
        "Settings": f"sha256 {made.settings_sha256}",
        "Index": f"{made.index_id}, generation {made.index_generation}, {made.posts:,} posts,"
        f" {made.passages:,} passages",
        "Embedding model": made.embedder,
        "Reader": made.reader or "none",
        "Writer": made.writer or "not known",
        "Judge": made.judge or "none",
        "Thresholds": thresholds,
        "Refusal": made.refusal or ("not known" if made.system else "as shipped"),
        "Code": f"sha256 {made.code_sha256}",
        "Commit": made.commit or "not known",
        "Versions": ", ".join(f"{name} {version}" for name, version in made.versions),
    }
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in told.items())
    return (
        "<section><details><summary><h2>What it was made with</h2></summary>"
        f'<dl class="made">{rows}</dl></details></section>'
    )
