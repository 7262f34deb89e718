"""The tables of the documentation, written anew from results that are kept beside it.

    python -m eval.doc_figures keep REPORT docs/results/NAME.json
    python -m eval.doc_figures write docs/results docs/evaluation.md...

REPORT is a `report.json` of `pullquote eval --out`, or what `pullquote eval judge --out` wrote.
What is kept of it are its figures and what they rest on: no question, no answer, no time. Tables
that other commands print are kept as they are, as NAME.md. A page names results between two marks,
and what stands there is written anew:

    <!-- figures: NAME NAME -->
    <!-- end of figures -->
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.bootstrap import Estimate
from eval.figures import METRICS
from eval.made_with import SEEN_FAMILY, seen_mark
from eval.seen import fitted_on
from eval.tables import plain, shown, table
from rag.errors import SourceError

_BLOCK = re.compile(
    r"(?P<start><!-- figures: (?P<names>[\w -]+?) -->\n).*?(?P<end><!-- end of figures -->)",
    re.DOTALL,
)
_KEPT = ("made_with", "bootstrap", "outcomes", "figures", "baselines", "kinds")
_OF_SET = ("name", "title", "licence", "source", "counts_as", "files", "n", "left_out", "seen")
_OF_JUDGE = ("judge", "threshold", "figures", "less_the_first")
_TIMES = {one.name for one in METRICS if one.group == "time"}
_Json = dict[str, Any]


def kept(report: Mapping[str, Any]) -> _Json:
    """What of a report its figures need.

    Raises:
        SourceError: It is neither a run nor a comparison of judges.
    """
    if "figures" in report and "made_with" in report:
        return {"kind": "eval", **{name: report[name] for name in _KEPT}}
    if "sets" in report:
        sets = [
            {name: one[name] for name in _OF_SET}
            | {"base_rate": one["base_rate"]}
            | {"judges": [{name: judge[name] for name in _OF_JUDGE} for judge in one["judges"]]}
            for one in report["sets"]
        ]
        # Reports of older versions have no hashes but those of the files.
        made = {"made_with": report["made_with"]} if "made_with" in report else {}
        return {"kind": "judge", **made, "sets": sets}
    raise SourceError(
        "That is no report.",
        hint="Name a report.json of `pullquote eval --out`, or what `eval judge --out` wrote.",
    )


def written(page: str, results: Mapping[str, _Json]) -> str:
    """The page with its figures as the results have them.

    Args:
        page: Markdown.
        results: By name.

    Raises:
        SourceError: A result is named that is not there, or two of different kinds together.
    """

    def anew(block: re.Match[str]) -> str:
        names = block["names"].split()
        if missing := [name for name in names if name not in results]:
            raise SourceError(f"There is no result {missing[0]!r}.", hint="Measure and keep it.")
        some = [results[name] for name in names]
        kinds = {one["kind"] for one in some}
        if len(kinds) > 1:
            raise SourceError(
                f"{', '.join(names)} are of different kinds.", hint="Give each a place of its own."
            )
        text = _WRITERS[kinds.pop()](some)
        return f"{block['start']}\n{text}\n\n{block['end']}"

    return _BLOCK.sub(anew, page)


def read_results(folder: Path) -> dict[str, _Json]:
    """Every result of a folder, by its name."""
    found = {
        file.stem: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(folder.glob("*.json"))
    }
    for file in sorted(folder.glob("*.md")):
        found[file.stem] = {"kind": "printed", "text": file.read_text(encoding="utf-8").strip()}
    return found


def _runs(results: Sequence[_Json]) -> str:
    """A column for each run, the trivial systems below each figure, and what it rests on."""
    heads = [one["made_with"]["case_file"] + _bracketed(_marks(one)) for one in results]
    rows = []
    for metric in METRICS:
        if metric.name in _TIMES or not any(metric.name in one["figures"] for one in results):
            continue  # results that were kept before there was a figure do not have it
        found = [_estimate(one["figures"].get(metric.name)) for one in results]
        rows.append([metric.name, *(_with_n(one) for one in found)])
        for who in dict.fromkeys(name for one in results for name in one["baselines"]):
            known = [one["baselines"].get(who, {}).get(metric.name) for one in results]
            if any(known):  # of most figures most of these have none
                rows.append([f"… {who}", *(_with_n(_estimate(one)) for one in known)])
    return "\n\n".join([table(["figure", *heads], rows), *map(_rests_on, results)])


def _printed(results: Sequence[_Json]) -> str:
    return "\n\n".join(one["text"] for one in results)


def _with_n(one: Estimate | None) -> str:
    return f"{shown(one)} of {one.n:,}" if one else shown(None)


def _rests_on(result: _Json) -> str:
    made = result["made_with"]
    marks = (f"{one}: {why}" for one, why in _marks(result).items())
    commit = f", commit {made['commit'][:12]}" if made.get("commit") else ""
    return (
        f"`{made['case_file']}`{_bracketed(marks)}: sha256"
        f" {made['case_sha256'][:12]}…, {made['posts']:,} posts, {made['passages']:,} passages;"
        f" settings sha256 {made['settings_sha256'][:12]}…; code sha256"
        f" {made['code_sha256'][:12]}…{commit}."
    )


def _hashes(made: Mapping[str, Any]) -> str:
    settings = f"settings sha256 {made['settings_sha256'][:12]}…; " * bool(made["settings_sha256"])
    commit = f"; commit {made['commit'][:12]}" * bool(made["commit"])
    return f"Made with {settings}code sha256 {made['code_sha256'][:12]}…{commit}."


def _bracketed(marks: Iterable[str]) -> str:
    """Why figures are no headlines; nothing where they are."""
    told = "; ".join(marks)
    return f" ({told})" if told else ""


def _marks(result: _Json) -> dict[str, str]:
    """Each mark of a run with what it rests on."""
    made, found = result["made_with"], {}
    # Results that were kept before reports said it are asked by their hash.
    if made.get("seen", made["case_sha256"] in fitted_on()):
        found["seen"] = seen_mark(int(made.get("questions", 0)), int(made.get("questions_seen", 0)))
    if made.get("seen_family"):
        found[SEEN_FAMILY] = f"fitted were {plain(made['seen_family'])}"
    return found


def _judges(results: Sequence[_Json]) -> str:
    """A row for each judge on each set, and the files that were read."""
    sets = [one for result in results for one in result["sets"]]
    names = list(dict.fromkeys(name for one in sets for name in one["base_rate"]))
    rows = []
    for one in sets:
        title = one["title"] + (", seen family" if one["seen"] else "")
        for judge in one["judges"]:
            rows.append([title, judge["judge"], str(one["n"]), *_cells(judge["figures"], names)])
        rows.append([title, "base rate", str(one["n"]), *_cells(one["base_rate"], names)])
        for judge in one["judges"][1:]:
            less = f"{judge['judge']} − {one['judges'][0]['judge']}"
            cells = _cells(judge["less_the_first"], names, signed=True)
            rows.append([title, less, str(one["n"]), *cells])
    told = [
        f"{one['title']}: {', '.join(_file(file) for file in one['files'])}. Licence:"
        f" {one['licence']}."
        for one in sets
    ]
    told += [_hashes(one["made_with"]) for one in results if "made_with" in one]
    return "\n\n".join([table(["set", "judge", "n", *names], rows), *told])


_WRITERS: dict[str, Callable[[Sequence[_Json]], str]] = {
    "eval": _runs,
    "judge": _judges,
    "printed": _printed,
}


def _cells(figures: Mapping[str, Any], names: Sequence[str], *, signed: bool = False) -> list[str]:
    return [shown(_estimate(figures.get(name)), signed=signed) for name in names]


def _file(file: Mapping[str, str]) -> str:
    return f"`{file['name']}`, sha256 {file['sha256'][:12]}…"


def _estimate(found: Mapping[str, Any] | None) -> Estimate | None:
    return Estimate(**found) if found else None


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    keep = commands.add_parser("keep", help="keep the figures of a report")
    keep.add_argument("report", type=Path)
    keep.add_argument("result", type=Path)
    write = commands.add_parser("write", help="write the tables of pages anew")
    write.add_argument("results", type=Path)
    write.add_argument("pages", type=Path, nargs="+")
    asked = parser.parse_args(arguments)
    if asked.command == "keep":
        content = kept(json.loads(asked.report.read_text(encoding="utf-8")))
        asked.result.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        asked.result.write_text(text, encoding="utf-8", newline="\n")
        return
    results = read_results(asked.results)
    for page in asked.pages:
        text = written(page.read_text(encoding="utf-8"), results)
        page.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
