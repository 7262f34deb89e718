"""Questions with marked answers, as the reader is trained on them.

* SQuAD 2.0 (Rajpurkar et al., 2018, https://arxiv.org/abs/1806.03822), questions of XQuAD
  (Artetxe et al., 2020, https://arxiv.org/abs/1910.11856) on the same paragraphs added: the
  sentence with the answer is right, and the answer's words are the short one. For most questions
  a paragraph that shares their words and holds no answer is added, as a search finds it.
* Half of CLAPNQ's development part (Rosenthal et al., 2024, https://arxiv.org/abs/2404.02103), by
  a hash of the question's id: the sentences that people chose are right. The other half is kept
  for grading.
* Questions of our own on other SQuAD articles, `eval/data/reading.jsonl`, asked in other words than
  the paragraph's. Every seventh article is kept for grading.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from eval.gold import sentence_hash
from rag.text import split_sentences

_HELD_OUT = slice(5, None, 9)  # articles of SQuAD, in the order of their titles
_TITLED = 0.8  # of the passages have their title in front, as most posts do
_FOUND = 30  # passages that a search by words looks at
_NEAR = 8  # of the best of them, those are chosen that stand beside one of our own questions …
_OTHERS = 2  # … so many
_KEPT = 7  # one article in so many is kept for grading


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a passage."""

    question: str
    title: str
    sentences: tuple[str, ...]
    right: tuple[int, ...] = ()
    """Sentences that answer; none: the passage does not."""
    unsure: tuple[int, ...] = ()
    """Sentences with the same words, of which nobody has said whether they answer."""
    answer: tuple[int, int] | None = None
    """Where the short answer stands, in characters of the sentences joined by spaces."""
    kind: str = "answer"
    """"answer", "none" (written to look answerable), "other" (found by its words), "clapnq" or
    "own"."""


def bundled_reading() -> Path:
    """Some ten thousand questions of our own; their paragraphs are not part of the package."""
    return Path(str(files("eval.data") / "reading.jsonl"))


def squad(squad_file: Path, xquad_file: Path, seed: int) -> tuple[list[Example], list[Example]]:
    """For training, and of articles that are held out."""
    chance = random.Random(seed)
    data = json.loads(squad_file.read_text(encoding="utf-8"))
    paragraphs: list[dict[str, str]] = data["paras"]
    texts = [paragraph["text"] for paragraph in paragraphs]
    held_out = set(sorted({paragraph["title"] for paragraph in paragraphs})[_HELD_OUT])
    searched = _Search(texts)
    train: list[Example] = []
    kept: list[Example] = []
    for question, place, answer in _questions(data, texts, xquad_file):
        into = kept if paragraphs[place]["title"] in held_out else train
        here = _example(question, paragraphs[place], answer, chance)
        if here is None:
            continue
        into.append(here)
        others = [
            other
            for other in searched.best(question, _FOUND)
            if other != place and not (answer and answer.lower() in texts[other].lower())
        ]
        for other in _some(others, bool(answer), chance):
            found = _example(question, paragraphs[other], None, chance, kind="other")
            assert found is not None
            into.append(found)
    return train, kept


def clapnq(folder: Path, seed: int) -> tuple[list[Example], list[Example]]:
    """For training, and for grading."""
    chance = random.Random(seed)
    every: list[tuple[str, Example]] = []
    for part in ("answerable", "unanswerable"):
        file = folder / f"clapnq_dev_{part}.jsonl"
        for line in file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            passage = entry["passages"][0]
            chosen = {s for output in entry["output"] for s in output.get("selected_sentences", ())}
            right = tuple(i for i, s in enumerate(passage["sentences"]) if s in chosen)
            sentences = tuple(untokenised(s) for s in passage["sentences"])
            one = Example(entry["input"], passage["title"], sentences, right, kind="clapnq")
            every.append((str(entry["id"]), one))
    searched = _Search([" ".join(one.sentences) for _, one in every])
    train: list[Example] = []
    graded: list[Example] = []
    for number, (id_, one) in enumerate(every):
        if is_graded(id_):
            graded.append(one)
            continue
        train.append(one)
        near = [i for i in searched.best(one.question, 6) if i != number][:5]
        other = every[chance.choice(near)][1]
        train.append(Example(one.question, other.title, other.sentences, kind="other"))
    return train, graded


def own(questions: Path, articles: Path, seed: int) -> tuple[list[Example], list[Example]]:
    """For training, and for grading; the paragraphs are those of the archive, one on each line."""
    chance = random.Random(seed)
    found = list(_paragraphs(articles))
    paragraphs = {hashlib.sha256(t.encode()).hexdigest()[:12]: t for _, t in found}
    # What is kept for grading is not to be met in training, as an answer or as none.
    learnt = list({text: article for article, text in found if not _is_kept(article)}.items())
    searched = _Search([text for text, _ in learnt])
    train: list[Example] = []
    graded: list[Example] = []
    for line in questions.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        text = paragraphs[entry["paragraph"]]
        here = _own(entry, text, chance)
        if _is_kept(entry["article"]):
            graded.append(here)
            continue
        train.append(here)
        if here.right:
            answer = " ".join(here.sentences)[slice(*here.answer)] if here.answer else None
            near = [learnt[i] for i in searched.best(here.question, _FOUND) if learnt[i][0] != text]
            near = [one for one in near if not (answer and answer.lower() in one[0].lower())]
            near = near[:_NEAR]
            for other, article in chance.sample(near, min(_OTHERS, len(near))):
                sentences = tuple(one.text for one in split_sentences(other))
                title = _title(article, chance)
                train.append(Example(here.question, title, sentences, kind="other"))
    return train, graded


def _title(article: str, chance: random.Random) -> str:
    return unquote(article).replace("_", " ") if chance.random() < _TITLED else ""


def _is_kept(article: str) -> bool:
    return hashlib.sha256(article.encode()).digest()[0] % _KEPT == 0


def _own(entry: dict[str, Any], text: str, chance: random.Random) -> Example:
    title = _title(entry["article"], chance)
    sentences = tuple(one.text for one in split_sentences(text))
    right = tuple(i for i, s in enumerate(sentences) if sentence_hash(s) in entry["right"])
    short = None
    if entry["short"]:
        first = next(i for i in right if sentence_hash(sentences[i]) == entry["right"][0])
        before = sum(len(s) + 1 for s in sentences[:first])
        short = (before + entry["short"][0], before + entry["short"][1])
    return Example(entry["question"], title, sentences, right, (), short, "own")


def _paragraphs(archive: Path) -> Iterator[tuple[str, str]]:
    """Articles' names and their paragraphs."""
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            opened = packed.extractfile(member) if member.isfile() else None
            if opened:
                for line in opened.read().decode("utf-8").splitlines():
                    yield PurePosixPath(member.name).stem, line


def is_graded(id_: str) -> bool:
    """Whether a question of CLAPNQ is kept for grading."""
    return hashlib.sha256(id_.encode()).digest()[0] % 2 == 1


def untokenised(text: str) -> str:
    """Text of Natural Questions as it is written: without the spaces around its marks."""
    for pattern, plain in (
        (r"`` ?", '"'), (r" ?''", '"'), (r" ([.,;:!?%)\]])", r"\1"), (r"([(\[]) ", r"\1"),
        (r" ('s|n't|'re|'ve|'ll|'d|'m|')\b", r"\1"), (" -- ", " – "), (" - ", "-"),
    ):  # fmt: skip
        text = re.sub(pattern, plain, text)
    return text


class _Search:
    """By words, as a first search finds passages."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._terms = TfidfVectorizer(sublinear_tf=True, stop_words="english")
        self._rows = self._terms.fit_transform(texts)

    def best(self, question: str, count: int) -> list[int]:
        scores = (self._rows @ self._terms.transform([question]).T).toarray().ravel()
        found: list[int] = np.argsort(-scores, kind="stable")[:count].tolist()
        return found


def _questions(
    data: dict[str, Any], texts: Sequence[str], xquad_file: Path
) -> Iterator[tuple[str, int, str | None]]:
    """Question, paragraph and answer; None where the paragraph has none."""
    labelled = [one for one in data["qs"] if one["imp"] is not None]
    for one in labelled:
        yield one["q"], one["p"], None if one["imp"] else one["ans"]
    known = {one["q"] for one in labelled}
    places = {text: place for place, text in enumerate(texts)}
    for article in json.loads(xquad_file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for one in paragraph["qas"]:
                place = places.get(paragraph["context"])
                if place is not None and one["question"] not in known:
                    yield one["question"], place, one["answers"][0]["text"]


def _example(
    question: str,
    paragraph: dict[str, str],
    answer: str | None,
    chance: random.Random,
    *,
    kind: str = "",
) -> Example | None:
    text = paragraph["text"]
    title = paragraph["title"].replace("_", " ") if chance.random() < _TITLED else ""
    found = split_sentences(text)
    sentences = tuple(one.text for one in found)
    if answer is None:
        return Example(question, title, sentences, kind=kind or "none")
    start = text.find(answer)
    own = next((i for i, s in enumerate(found) if s.start <= start < s.end), None)
    if own is None or start + len(answer) > found[own].end:
        return None
    same = tuple(i for i, s in enumerate(sentences) if i != own and answer in s)
    before = sum(len(s) + 1 for s in sentences[:own]) + start - found[own].start
    place = (before, before + len(answer))
    return Example(question, title, sentences, (own,), same, place)


def _some(others: list[int], answered: bool, chance: random.Random) -> list[int]:
    """The best other passage, for half of the answered questions a further one."""
    count = 2 if answered and chance.random() < 0.5 else 1
    if not answered and chance.random() < 0.7:
        count = 0
    rest = others[1:]
    chance.shuffle(rest)
    return [*others[:1], *rest][:count]
