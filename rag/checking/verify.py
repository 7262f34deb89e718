"""Draft to answer: the check that this project is about. Nothing else makes an `Answer`.

A claim is shown when it is copied from the sentence that it points at, when it says of posts what
stands in their records and nothing else, or when the judge scores the sentences it points at above
the threshold. What is not supported is left out and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rag.checking.clock import Clock
from rag.checking.foreign import has_foreign, without_foreign
from rag.checking.judge import AskedUntilItFails, Judge
from rag.errors import ModelUnavailable
from rag.links import deep_link
from rag.text.record_words import objection as record_objection
from rag.text.record_words import places
from rag.text.sentences import around
from rag.types import (
    Answer,
    Basis,
    CheckedSentence,
    Citation,
    Claim,
    Differing,
    Disagreement,
    Draft,
    Hit,
    Pointer,
    Post,
    Provenance,
    Rejected,
    Remark,
    Section,
    Span,
)

_NEAREST = 3  # sections named on refusal


@dataclass(frozen=True, slots=True)
class Check:
    """What claims are held against."""

    judge: Judge
    min_support: float
    """A claim that is no quote is shown when the judge scores it at least this, in [0, 1]."""
    link_base: str = ""
    """Takes the place of scheme and host in links, where it is set."""
    provenance: Provenance = field(default_factory=Provenance)
    sections_of: Callable[[str], Sequence[Section]] | None = None
    """All sections of a post, by its id: a quote that stands in several of them needs a link that
    tells them apart."""


def verify(
    draft: Draft, check: Check, *, timing: Mapping[str, float] | None = None
) -> Iterator[Answer]:
    """Growing answers, one for each claim that is looked at; the last one is complete.

    A sentence that is shown once is in every later answer.

    Args:
        draft: What was written; its claims are consumed.
        check: What they are held against.
        timing: Milliseconds of the stages before.

    Raises:
        ModelUnavailable: The writer's or the judge's model failed, and no sentence is shown, nor
            quoted in its place; behind a sentence, the answer ends with a warning.
    """
    judge = AskedUntilItFails(check.judge)
    check = replace(check, judge=judge)
    clock = Clock(dict(timing or {}))
    answer = _empty(draft, check, clock.timing)
    wrong: list[Rejected] = []
    said = clock.writing(_said(draft, wrong, judge, lambda: answer.sentences))
    while True:
        try:
            claim = next(said, None)
        except ModelUnavailable as error:
            if not answer.sentences:
                raise
            answer = _warned(answer, f"cut short: {error.problem}")
            break
        if claim is None:
            break
        if isinstance(claim, Remark):
            answer = _warned(answer, claim.text)
            continue
        checked, trouble = _looked_at(claim, answer, draft, check)
        if checked is None:
            continue
        if trouble:
            answer = _warned(answer, trouble)
        if isinstance(checked, Rejected):
            if not trouble:
                wrong.append(checked)
            answer = replace(answer, rejected=(*answer.rejected, checked))
        else:
            answer = replace(answer, sentences=(*answer.sentences, checked))
        answer = replace(answer, timing=clock.checked())
        yield answer
    nearest = () if answer.sentences else _nearest(draft.found.hits, check)
    yield replace(
        answer,
        nearest=nearest,
        disagreements=_disagreements(answer, draft.found.differing, check),
        complete=True,
        timing=clock.checked(),
    )


def _empty(draft: Draft, check: Check, timing: Mapping[str, float]) -> Answer:
    return Answer(
        query=draft.query,
        sentences=(),
        rejected=(),
        hits=draft.found.hits,
        nearest=(),
        answerable=draft.found.answerable,
        complete=False,
        warnings=draft.found.warnings,
        timing=timing,
        provenance=check.provenance,
    )


def _looked_at(
    claim: Claim, answer: Answer, draft: Draft, check: Check
) -> tuple[CheckedSentence | Rejected | None, str]:
    """What becomes of a claim, None where it is shown or left out already, and why unchecked."""
    if any(claim.text == one.text for one in answer.sentences):
        return None, ""
    of_record = claim.facts or claim.of_all or claim.tallies
    trouble = ""
    try:
        checked = _check_record(claim, draft, check) if of_record else _check(claim, check)
    except ModelUnavailable as error:  # of the judge's model
        trouble = f"What could not be checked is left out: {error.problem}"
        checked = Rejected(claim, f"It could not be checked: {error.problem}")
    if isinstance(checked, CheckedSentence):
        return checked, ""
    harmless = _harmless(checked)
    told = any(harmless.claim == one.claim for one in answer.rejected)
    return (None if told else harmless), trouble


def _disagreements(
    answer: Answer, differing: Iterable[Differing], check: Check
) -> tuple[Disagreement, ...]:
    """What posts say otherwise than the sentences that are shown, unless they are shown as well."""
    cited = {
        (one.post.id, one.section.key, one.sentence.start): one
        for sentence in answer.sentences
        for one in sentence.citations
        if one.section and one.sentence
    }
    found = []
    for pair in differing:
        for here, there in ((pair.newer, pair.older), (pair.older, pair.newer)):
            mine = cited.get(_key(here))
            if mine and _key(there) not in cited and _in_place(there):
                found.append(Disagreement(mine, _citation(there, check)))
    return tuple(found)


def _key(pointer: Pointer) -> tuple[str, str, int]:
    return pointer.post.id, pointer.section.key, pointer.sentence.start


def _said(
    draft: Draft,
    wrong: Sequence[Rejected],
    judge: AskedUntilItFails,
    shown: Callable[[], Sequence[CheckedSentence]],
) -> Iterator[Claim | Remark]:
    """What the writer says, and what it says again of what did not pass meanwhile.

    Where a model failed and nothing that it wrote is shown, what is quoted in its place; records
    are told without it.
    """
    try:
        yield from draft.claims
        if wrong and draft.again and not judge.trouble:
            yield from draft.again(tuple(wrong))
        if judge.trouble:
            raise judge.trouble
    except ModelUnavailable as error:
        if draft.instead and all(one.basis == Basis.RECORD for one in shown()):
            yield from draft.instead(error.problem)
        elif error is not judge.trouble or not shown():  # else what was not checked is told already
            raise


def _warned(answer: Answer, warning: str) -> Answer:
    if warning in answer.warnings:
        return answer
    return replace(answer, warnings=(*answer.warnings, warning))


def _check(claim: Claim, check: Check) -> CheckedSentence | Rejected:
    if not claim.pointers:
        return Rejected(claim, "It points at no sentence of a post.")
    quoted = [p for p in claim.pointers if p.sentence.text == claim.text and _in_place(p)]
    if quoted:
        citations = tuple(_citation(pointer, check) for pointer in quoted)
        return CheckedSentence(
            claim.text, citations, Basis.QUOTED, 1.0, short=_whole_words(claim.text, claim.short)
        )
    if not all(_in_place(pointer) for pointer in claim.pointers):
        return Rejected(claim, "A sentence that it points at does not stand in the post.")
    if has_foreign(claim.text, (pointer.sentence.text for pointer in claim.pointers)):
        return Rejected(claim, "It holds an address or markup that its sentences do not have.")
    support = check.judge.support(claim.text, claim.pointers)
    if support < check.min_support:
        said = (
            f"The sentences that it points at do not seem to say it: estimated support "
            f"{support:.2f}, below {check.min_support:.2f}."
        )
        objection = check.judge.objection(claim.text, claim.pointers)
        return Rejected(claim, f"{said} {objection}".rstrip())
    return CheckedSentence(
        claim.text,
        tuple(_citation(pointer, check) for pointer in claim.pointers),
        Basis.SUPPORTED,
        support,
        f"Estimated by the judge {check.judge.name!r}.",
    )


def _check_record(claim: Claim, draft: Draft, check: Check) -> CheckedSentence | Rejected:
    wrong = record_objection(claim, draft.query, draft.found)
    if wrong:
        return Rejected(claim, wrong)
    found = places(claim, draft.found)
    if not found:
        return Rejected(claim, "It points at no post.")
    citations = tuple(_record_citation(post, field, check) for post, field in found)
    return CheckedSentence(claim.text, citations, Basis.RECORD, 1.0)


def _record_citation(post: Post, field: str, check: Check) -> Citation:
    url = deep_link(post, None, base=check.link_base)
    return Citation(post, None, None, url, field)


def _harmless(rejected: Rejected) -> Rejected:
    """It is shown among what was left out, so no address and no markup of its may stand there."""
    text = without_foreign(rejected.claim.text)
    if text == rejected.claim.text:
        return rejected
    return replace(rejected, claim=replace(rejected.claim, text=text))


def _whole_words(text: str, short: Span | None) -> Span | None:
    """The span where it is made of whole words of the text; else none is shown."""
    if short is None or not 0 <= short.start < short.end <= len(text):
        return None
    said = text[short.start : short.end]
    edges = (text[max(0, at - 1) : at + 1] for at in (short.start, short.end) if at)
    # Scripts behind this place have no spaces between their words.
    cut = any(len(edge) == 2 and edge.isalnum() and max(edge) < "\u0e00" for edge in edges)
    return short if said == said.strip() and not cut else None


def _in_place(pointer: Pointer) -> bool:
    sentence = pointer.sentence
    return pointer.section.text[sentence.start : sentence.end] == sentence.text


def _citation(pointer: Pointer, check: Check) -> Citation:
    text, own = pointer.sentence.text, pointer.section
    all_sections = check.sections_of(pointer.post.id) if check.sections_of else ()
    elsewhere = any(
        one.key != own.key and one.page == own.page and text in one.text for one in all_sections
    )
    url = deep_link(pointer.post, own, pointer.sentence, base=check.link_base, elsewhere=elsewhere)
    before, after = around(own, pointer.sentence, language=pointer.post.language)
    return Citation(pointer.post, own, pointer.sentence, url, before=before, after=after)


def _nearest(hits: tuple[Hit, ...], check: Check) -> tuple[Citation, ...]:
    """The most relevant sentence of each of the nearest sections."""
    found: dict[tuple[str, str], Citation] = {}
    for hit in hits:
        passage = hit.passage
        key = (passage.post.id, passage.section.key)
        if key not in found and len(found) < _NEAREST:
            best = max(hit.sentences, key=lambda s: s.relevance, default=None)
            sentence = best.sentence if best else passage.sentences[0]
            found[key] = _citation(Pointer(passage.post, passage.section, sentence), check)
    return tuple(found.values())
