"""A graded run as JUnit XML, as the test pages of continuous integration read it.

A case is a test: what is not right is a failure, what has no answer is an error. Each threshold is
a test of its own. The form is that of https://github.com/testmoapp/junitxml.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from eval.figures import CaseGrade
from eval.gate import Kept
from eval.outcomes import GOOD, outcome
from eval.run import EvalResult

# XML 1.0 has no way to write these, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(result: EvalResult, kept: Sequence[Kept] = ()) -> str:
    """One suite for the cases, and one for the thresholds where there are any."""
    root = ElementTree.Element("testsuites", name="pullquote eval")
    made = result.made_with
    seen = {"seen family": made.seen_family, "seen questions": made.seen_mark}
    cases = result.grades.cases
    questions = {case.id: case.question for case in result.cases}
    suite = _suite(
        root,
        "cases",
        tests=len(cases),
        failures=sum(outcome(one) not in GOOD and one.failed is None for one in cases),
        errors=sum(one.failed is not None for one in cases),
        seconds=sum(one.milliseconds or 0 for one in cases) / 1000,
    )
    if made.mark:
        held = ElementTree.SubElement(suite, "properties")
        for name, told in seen.items():
            if told:
                ElementTree.SubElement(held, "property", name=name, value=_writable(told))
    for one in cases:
        _case(suite, one, questions[one.id])
    if kept:
        wrong = sum(not one.ok for one in kept)
        suite = _suite(root, "thresholds", tests=len(kept), failures=wrong)
        for threshold in kept:
            name = threshold.threshold.metric
            test = ElementTree.SubElement(suite, "testcase", classname="thresholds", name=name)
            if not threshold.ok:
                ElementTree.SubElement(test, "failure", type="threshold", message=threshold.told)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(
    root: ElementTree.Element,
    name: str,
    *,
    tests: int,
    failures: int,
    errors: int = 0,
    seconds: float = 0,
) -> ElementTree.Element:
    return ElementTree.SubElement(
        root,
        "testsuite",
        name=name,
        time=f"{seconds:.3f}",
        tests=str(tests),
        failures=str(failures),
        errors=str(errors),
    )


def _case(suite: ElementTree.Element, one: CaseGrade, question: str) -> None:
    test = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_writable(one.kind),
        name=_writable(f"{one.id}: {question}"),
        time=f"{(one.milliseconds or 0) / 1000:.3f}",
    )
    found = outcome(one)
    if one.failed is not None:
        ElementTree.SubElement(test, "error", type=found.value, message=_writable(one.failed))
    elif found not in GOOD:
        message = _writable(f"{found.value}{_earned(one)}")
        ElementTree.SubElement(test, "failure", type=found.value, message=message)


def _earned(one: CaseGrade) -> str:
    ranks = ", ".join("nowhere" if rank is None else f"at {rank}" for rank in one.found_at)
    told = [f"gold found {ranks}"] if ranks else []
    if one.citations is not None:
        told.append(f"citation recall {one.citations.recall:.2f}")
        told.append(f"citation precision {one.citations.precision:.2f}")
    if one.says is not None:
        told.append("says what it must" if one.says else "does not say what it must")
    if one.avoids == 0:
        told.append("says what it must not")
    return f": {'; '.join(told)}" if told else ""


def _writable(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
