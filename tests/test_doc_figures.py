"""Tables of the documentation are what the kept results say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from eval_parts import WOOL, answer, case, cited

from eval.cases.cases import fingerprint
from eval.doc_figures import kept, main, read_results, written
from eval.grade import grade
from eval.made_with import MadeWith
from eval.report.as_json import json_report
from eval.run import EvalResult
from eval.seen import fitted_on
from rag.errors import SourceError

ROOT = Path(__file__).resolve().parents[1]
MADE_WITH = MadeWith(
    "c.jsonl", "ab" * 32, "cd" * 32, "i", 3, 1400, 9900, "hash", (), code_sha256="ef" * 32
)
ESTIMATE = {"value": 0.6, "low": 0.5, "high": 0.7, "n": 349}
JUDGES: dict[str, Any] = {
    "sets": [
        {
            "name": "wice", "title": "WiCE", "licence": "ODC-BY", "source": "s", "counts_as": "c",
            "files": [{"name": "claim_dev.jsonl", "sha256": "12" * 32}], "n": 349, "left_out": {},
            "seen": "fitted on", "headline": False, "base_rate": {"AUROC": ESTIMATE, "ECE": None},
            "judges": [
                {
                    "judge": name, "threshold": None, "less_the_first": less, "scores": {"a": 1},
                    "figures": {"AUROC": ESTIMATE, "ECE": None},
                }
                for name, less in (("words", {}), ("shipped", {"AUROC": ESTIMATE}))
            ],
        }
    ]
}  # fmt: skip
PAGE = "# Page\n\n<!-- figures: one -->\nold\n<!-- end of figures -->\n\nAfter.\n"


_ONE_OF_EACH = (
    "1.000 [0.207, 1.000] of 1",
    "0.000 [0.000, 0.793] of 1",
)  # all and none of one question


def report() -> dict[str, Any]:
    cases = (case("a", WOOL), case("b"))
    grades = grade(cases, [answer("a", cited(WOOL)), answer("b")], resamples=5)
    prints = tuple(map(fingerprint, cases))
    content: dict[str, Any] = json.loads(
        json_report(EvalResult(cases, prints, grades, MADE_WITH, ()))
    )
    return content


def test_what_is_kept_holds_no_question_and_no_time() -> None:
    found = kept(report())
    assert found["kind"] == "eval"
    assert not {"cases", "timing"} & set(found)
    assert "scores" not in json.dumps(kept(JUDGES))
    with pytest.raises(SourceError, match="no report"):
        kept({"figures": {}})


def test_a_run_becomes_a_column_with_n_and_what_it_rests_on() -> None:
    page = written(PAGE, {"one": kept(report())})
    assert "\nold\n" not in page
    assert page.startswith("# Page\n\n<!-- figures: one -->\n")
    assert page.endswith("<!-- end of figures -->\n\nAfter.\n")
    (row,) = (line for line in page.splitlines() if line.startswith("| citation recall (sen"))
    assert row.endswith("| 1.000 [0.207, 1.000] of 1 |")
    assert "median ms" not in page
    lines = page.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("| refused, of the unanswer"))
    for line, who, value in zip(lines[at + 1 :], ("always", "never"), _ONE_OF_EACH, strict=False):
        assert line.startswith(f"| … {who} refuse ")
        assert line.endswith(f" {value} |")
    assert (
        "`c.jsonl`: sha256 abababababab…, 1,400 posts, 9,900 passages; settings sha256 cdcd" in page
    )
    assert "; code sha256 efef" in page
    assert written(page, {"one": kept(report())}) == page


def test_a_run_of_a_seen_family_is_marked_in_its_column() -> None:
    family, both = kept(report()), kept(report())
    for one in (family, both):
        one["made_with"]["seen_family"] = "reader, on half of its development part"
    both["made_with"]["seen"] = True
    page = written(PAGE.replace("one", "one two"), {"one": family, "two": both})
    (head,) = (line for line in page.splitlines() if line.startswith("| figure"))
    cells = [cell.strip() for cell in head.split("|")[2:-1]]
    assert cells == ["c.jsonl (seen family)", "c.jsonl (seen; seen family)"]
    told = "seen family: fitted were reader, on half of its development part"
    assert f"`c.jsonl` ({told}): sha256" in page
    assert f"`c.jsonl` (seen: fitted on these questions; {told}): sha256" in page


def test_a_run_on_what_was_fitted_on_is_marked_in_its_column() -> None:
    seen = kept(report())
    seen["made_with"]["seen"] = True
    older = kept(report())
    older["made_with"]["case_sha256"] = sorted(fitted_on())[0]
    del older["made_with"]["seen"]
    page = written(PAGE.replace("one", "one two three"), {
        "one": kept(report()), "two": seen, "three": older,
    })  # fmt: skip
    (head,) = (line for line in page.splitlines() if line.startswith("| figure"))
    cells = [cell.strip() for cell in head.split("|")[2:-1]]
    assert cells == ["c.jsonl", "c.jsonl (seen)", "c.jsonl (seen)"]
    assert page.count("`c.jsonl` (seen: fitted on these questions): sha256") == 2


def test_judges_become_rows_with_their_differences() -> None:
    page = written(PAGE, {"one": kept(JUDGES)})
    rows = [line for line in page.splitlines() if line.startswith("| WiCE, seen family")]
    names = [row.split("|")[2].strip() for row in rows]
    assert names == ["words", "shipped", "base rate", "shipped − words"]
    assert "0.600 [0.500, 0.700]" in rows[2]
    assert "+0.600 [+0.500, +0.700]" in rows[3]
    assert "Made with" not in page
    made = {"settings_sha256": "34" * 32, "code_sha256": "56" * 32, "commit": ""}
    told = written(PAGE, {"one": kept(JUDGES | {"made_with": made})})
    assert "Made with settings sha256 343434343434…; code sha256 565656565656….\n" in told
    assert "`claim_dev.jsonl`, sha256 121212121212…" in page


def test_results_that_are_not_there_or_do_not_fit_are_told() -> None:
    with pytest.raises(SourceError, match="There is no result 'one'"):
        written(PAGE, {})
    two = PAGE.replace("one", "one two")
    with pytest.raises(SourceError, match="different kinds"):
        written(two, {"one": kept(report()), "two": kept(JUDGES)})


def test_what_other_commands_print_stands_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("\n| a |\n| - |\n\n", encoding="utf-8")
    page = written(PAGE, read_results(tmp_path))
    assert "<!-- figures: one -->\n\n| a |\n| - |\n\n<!-- end of figures -->" in page


def test_from_a_report_to_a_page(tmp_path: Path) -> None:
    source, page = tmp_path / "report.json", tmp_path / "page.md"
    source.write_text(json.dumps(report()), encoding="utf-8")
    page.write_text(PAGE, encoding="utf-8")
    main(["keep", str(source), str(tmp_path / "results" / "one.json")])
    main(["write", str(tmp_path / "results"), str(page)])
    assert "| Recall@5" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_the_documentation_shows_the_kept_results(page: Path) -> None:
    """Else run `make figures`."""
    text = page.read_text(encoding="utf-8")
    assert written(text, read_results(ROOT / "docs" / "results")) == text


def test_make_results_measures_all_that_the_documentation_shows() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = "".join(
        makefile.partition(f"\n{goal}:")[2].partition("\n\n")[0]
        for goal in ("results", "results-collections")
    )
    measured = {Path(name).stem for name in re.findall(r"docs/results/([\w.-]+)", recipe)}
    for names in re.findall(r"^(?:RUNS|PRINTED) := (.+)$", makefile, re.MULTILINE):
        measured |= set(re.findall(r"[\w-]+", names))
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    shown = {
        name
        for names in re.findall(r"<!-- figures: ([\w -]+?) -->", pages)
        for name in names.split()
    }
    assert shown == {file.stem for file in (ROOT / "docs" / "results").iterdir()}
    assert shown <= measured
