"""The reader's data and training, on a handful of questions of our own."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answers import hit
from small_site import post, section
from training import BEES, MILL, loss_left, small_pool

from eval.cases.gold import sentence_hash
from eval.fit.reader_data import (
    Corpus,
    bundled_reading,
    clapnq,
    entries_of,
    own,
    squad,
    untokenised,
)
from eval.fit.reader_pool import load_pool, pool_of
from eval.seen import is_graded
from rag.reading.as_numbers import LONGEST, encode


def squad_files(folder: Path) -> tuple[Path, Path]:
    # The sixth title, in their order, is held out.
    paras = [
        {"title": f"Article_{n}", "text": f"Bed {n} held peas. It was sown late."} for n in range(6)
    ]
    paras += [{"title": "Mill", "text": MILL}, {"title": "Bees", "text": BEES}]
    questions: list[dict[str, Any]] = [
        {"q": "Who built the mill?", "p": 6, "imp": False, "ans": "Anna Keller"},
        {"q": "Who burnt the mill?", "p": 6, "imp": True, "ans": None},
        {"q": "What is unknown?", "p": 6, "imp": None, "ans": None},
        {"q": "What did bed 5 hold?", "p": 5, "imp": False, "ans": "peas"},
    ]
    here, there = folder / "squad.json", folder / "xquad.json"
    here.write_text(json.dumps({"paras": paras, "qs": questions}), encoding="utf-8")
    more = {"question": "What draws bees?", "answers": [{"text": "Lavender", "answer_start": 0}]}
    known = {"question": "Who built the mill?", "answers": [{"text": "1871", "answer_start": 0}]}
    data = {
        "data": [
            {"paragraphs": [{"context": BEES, "qas": [more]}, {"context": MILL, "qas": [known]}]}
        ]
    }
    there.write_text(json.dumps(data), encoding="utf-8")
    return here, there


def assert_kept_apart(corpus: Corpus) -> None:
    """That nothing which is kept for grading is met in training, as an answer or as none."""
    graded = [one for one in corpus.questions if one.is_graded]
    learnt = [one for one in corpus.questions if not one.is_graded]
    assert graded
    assert learnt
    met = {one.passage for one in learnt} | {i for one in learnt for i in one.others}
    assert met.isdisjoint(one.passage for one in graded)
    assert not any(corpus.passages[i].is_kept for i in met)
    assert all(corpus.passages[one.passage].is_kept for one in graded)


def test_questions_come_with_their_sentence_and_with_passages_that_do_not_answer(
    tmp_path: Path,
) -> None:
    corpus = squad(*squad_files(tmp_path))
    asked = {one.question: one for one in corpus.questions}
    built = asked["Who built the mill?"]
    assert built.right == (1,)
    assert built.answer
    start, end = built.answer
    sentences = corpus.passages[built.passage].sentences
    assert " ".join(sentences)[start:end] == "Anna Keller"
    assert built.others
    assert not any("Anna Keller" in " ".join(corpus.passages[i].sentences) for i in built.others)
    assert built.passage not in built.others
    assert asked["Who burnt the mill?"].right == ()
    assert asked["What draws bees?"].right == (0,)
    assert "What is unknown?" not in asked
    assert [one.question for one in corpus.questions if one.is_graded] == ["What did bed 5 hold?"]
    assert_kept_apart(corpus)


def test_half_of_clapnq_is_kept_for_grading(tmp_path: Path) -> None:
    def entry(number: int, *chosen: str) -> str:
        sentences = [f"Bed {number} held peas .", "They were sown late ."]
        return json.dumps({
            "id": number, "input": f"what did bed {number} hold",
            "passages": [{"title": "Beds", "sentences": sentences}],
            "output": [{"answer": "", "selected_sentences": list(chosen)}],
        })  # fmt: skip

    with_answer = [entry(n, f"Bed {n} held peas .") for n in range(10)]
    (tmp_path / "clapnq_dev_answerable.jsonl").write_text("\n".join(with_answer), encoding="utf-8")
    without = [entry(n) for n in range(10, 20)]
    (tmp_path / "clapnq_dev_unanswerable.jsonl").write_text("\n".join(without), encoding="utf-8")
    corpus = clapnq(tmp_path)
    assert len(corpus.questions) == len(corpus.passages) == 20
    assert [one.is_graded for one in corpus.questions] == [is_graded(str(n)) for n in range(20)]
    assert len({one.is_graded for one in corpus.questions}) == 2
    assert {one.right for one in corpus.questions} == {(0,), ()}
    assert corpus.passages[0].sentences[1] == "They were sown late."
    assert_kept_apart(corpus)


def own_files(folder: Path) -> tuple[Path, Path]:
    articles = folder / "articles.tar.gz"
    texts = {f"Bed_{n}": f"Bed {n} held peas. It was sown late in {1900 + n}." for n in range(20)}
    with tarfile.open(articles, "w:gz") as packed:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"articles/{name}.txt")
            member.size = len(text)
            packed.addfile(member, io.BytesIO(text.encode()))
    lines = []
    for name, text in texts.items():
        sentence = text.split(". ")[1]
        paragraph = hashlib.sha256(text.encode()).hexdigest()[:12]
        start = sentence.index("1")
        asked = {"article": name, "paragraph": paragraph, "question": "When were peas put in?"}
        right = {"right": [sentence_hash(sentence)], "short": [start, start + 4]}
        lines += [{**asked, **right}, {**asked, "right": [], "short": None}]
    questions = folder / "reading.jsonl"
    questions.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return questions, articles


def test_questions_of_our_own_find_their_sentences_again(tmp_path: Path) -> None:
    corpus = own(*own_files(tmp_path))
    assert_kept_apart(corpus)
    for one in corpus.questions:
        assert one.right == ((1,) if one.answer else ())
        assert one.others
        if one.answer:
            text = " ".join(corpus.passages[one.passage].sentences)
            assert text[slice(*one.answer)].isdigit()


def test_a_pool_is_what_the_reader_is_given(tmp_path: Path) -> None:
    corpora = [("squad", squad(*squad_files(tmp_path))), ("own", own(*own_files(tmp_path)))]
    pool_of(corpora).save(tmp_path / "pool.npz")
    pool = load_pool(tmp_path / "pool.npz")
    assert len(pool.texts) == sum(len(corpus.passages) for _, corpus in corpora)
    asked = [one for _, corpus in corpora for one in corpus.questions]
    assert [one.is_graded for one in pool.asked] == [one.is_graded for one in asked]
    assert {one.part for one in pool.asked} == {"squad", "own"}
    built = pool.asked[0]
    text = MILL
    ends = [text.index(". ") + 1, text.index("Keller.") + 7, len(text)]
    starts = [0, ends[0] + 1, ends[1] + 1]
    for title, titled in (("Mill", True), ("", False)):
        pair = pool.pair(built.ids, built.passage, titled=titled)
        wanted = encode(
            "Who built the mill?", title, text, np.asarray(starts), np.asarray(ends)
        )  # fmt: skip
        assert pair.ids.tolist() == wanted.ids
        assert pair.types.tolist() == wanted.types
        assert pair.sentence.tolist() == wanted.sentences
        first, last = (pair.first + i - len(wanted.question) for i in (built.start, built.end))
        said = text[wanted.places[first][0] : wanted.places[last][1]]
        assert said == "Anna Keller"
    long = np.tile(built.ids, 40)
    assert len(pool.pair(long, built.passage, titled=True).ids) < LONGEST
    twice = replace(pool.texts[0], ids=np.tile(pool.texts[0].ids, 60))
    cut = replace(pool, texts=(twice, *pool.texts[1:])).pair(built.ids, 0, titled=True)
    assert len(cut.ids) == LONGEST == len(cut.types)


def test_the_bundled_questions_name_sentences_and_no_text_of_others() -> None:
    entries = list(entries_of(bundled_reading()))
    assert len({one["id"] for one in entries}) == len(entries) > 40_000
    assert len({(one["paragraph"], one["question"].casefold()) for one in entries}) == len(entries)
    for one in entries:
        assert set(one) == {"id", "article", "paragraph", "question", "right", "short"}
        assert all(re.fullmatch("[0-9a-f]{16}", name) for name in one["right"])
        assert re.fullmatch("[0-9a-f]{12}", one["paragraph"])
        assert not (one["short"] and not one["right"])
    answerless = sum(not one["right"] for one in entries)
    assert 0.2 < answerless / len(entries) < 0.35


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("`` Love '' , he said .", '"Love", he said.'),
        ("the band 's first ( and last ) song", "the band's first (and last) song"),
        ("1861 -- 1865", "1861 – 1865"),
    ],
)
def test_tokenised_text_is_written_as_people_write_it(written: str, plain: str) -> None:
    assert untokenised(written) == plain


@pytest.mark.model
def test_what_is_trained_is_kept_and_read_again(tmp_path: Path) -> None:
    import torch

    from eval.fit.network import keep, new_net
    from eval.fit.reader import figures, loss
    from eval.fit.rows import Row, collate
    from rag.reading.with_torch import ModelReader, ReaderNet

    pool = small_pool()
    rows = [Row(i, passage, True) for i in (0, 1) for passage in (i, 1 - i, 2)]
    batch = collate(pool, rows)
    assert batch.right.sum().item() == 1
    assert batch.known.all()
    net = new_net(ReaderNet, 0, 2).train()
    frozen = net.enc.encoder.layer[0].attention.self.query.weight.clone()
    assert loss_left(net, lambda: loss(net, batch, 2), steps=30) < 0.2
    assert torch.equal(frozen, net.enc.encoder.layer[0].attention.self.query.weight)
    near = [one.others for one in pool.asked]
    wanted = {"sentence": 1.0, "auroc": 1.0, "first": 1.0, "mrr": 1.0, "n": 2, "ranked": 1}
    assert figures(net, pool, near, "own") == wanted
    assert figures(net, pool, near, "own", sample=5) == wanted
    # With nothing beside it, any passage comes first.
    alone = figures(net, pool, [()] * len(near), "own")
    assert (alone["first"], alone["sentence"]) == (1.0, 1.0)

    keep(net, tmp_path / "reader.safetensors")
    reader = ModelReader(weights=tmp_path / "reader.safetensors")
    mill = post(1, "Mill", section("0", (), MILL))
    bees = post(2, "Bees", section("0", (), BEES))
    passages = [hit(one, one.sections[0]).passage for one in (mill, bees)]
    here, there = reader.read("Who built the mill?", passages)
    assert here.answers > 1 > -1 > there.answers
    assert max(range(3), key=lambda i: here.sentences[i]) == 1
    assert here.short
    said = passages[0].sentences[here.short.sentence].text[here.short.start : here.short.end]
    assert said == "Anna Keller"
    assert reader.read("Who built the mill?", passages[:1])[0].answers == pytest.approx(
        here.answers, abs=0.1
    )

    long = post(3, "Long", section("0", (), " ".join(f"Bed {i} held beans." for i in range(200))))
    passage = hit(long, long.sections[0]).passage
    assert passage.text.count(" ") > LONGEST
    (reading,) = reader.read("Who built the mill?", [passage])
    assert len(reading.sentences) == len(passage.sentences)  # what is not read has a score as well
    assert reading.sentences[-1] < reading.sentences[0]


@pytest.mark.model
def test_teachers_are_trained_and_the_reader_learns_from_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from eval.fit import reader as fit_reader
    from rag.reading.with_numpy import NumpyReader

    pool, kept = tmp_path / "pool.npz", tmp_path / "reader.safetensors"
    small_pool().save(pool)
    monkeypatch.setattr(fit_reader, "QUESTIONS", 2)
    monkeypatch.setattr(fit_reader, "ROWS", 3)
    monkeypatch.setattr(
        "sys.argv",
        [
            *("fit_reader", str(pool), "--teachers", "2", "--epochs", "12", "--passes", "4"),
            *("--beside", "2", "--frozen", "3", "--rate", "3e-4", "--output", str(kept)),
        ],
    )
    monkeypatch.setattr(fit_reader, "PARTS", ("own",))
    fit_reader.main()
    said = capsys.readouterr().out
    assert said.count("'first': 1.0") == 4  # both teachers, all together, the reader
    mill = post(1, "Mill", section("0", (), MILL))
    bees = post(2, "Bees", section("0", (), BEES))
    passages = [hit(one, one.sections[0]).passage for one in (mill, bees)]
    here, there = NumpyReader(weights=kept).read("Who built the mill?", passages)
    assert here.answers > there.answers


@pytest.mark.model
def test_passages_beside_a_question_are_found_by_words_and_meaning(tmp_path: Path) -> None:
    from eval.fit.near import nearest

    pool = pool_of([("squad", squad(*squad_files(tmp_path))), ("own", own(*own_files(tmp_path)))])
    for one, beside in zip(pool.asked, nearest(pool), strict=True):
        assert beside
        assert one.passage not in beside
        assert {pool.texts[i].part for i in beside} == {one.part}
        assert set(one.others[:3]) <= set(beside)
        if not one.is_graded:
            assert not any(pool.texts[i].is_kept for i in beside)


@pytest.mark.model
def test_what_goes_through_together_changes_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from eval.fit import rows as fit_rows
    from eval.fit.network import new_net
    from eval.fit.rows import Row, collate, scores
    from rag.reading.with_torch import ReaderNet

    batch = collate(small_pool(), [Row(i, p, i == 0) for i in (0, 1) for p in (2, 0, 1)])
    net = new_net(ReaderNet, 0).eval()
    with torch.no_grad():
        together = scores(net, batch)
        monkeypatch.setattr(fit_rows, "_TOGETHER", 2)
        apart = scores(net, batch)
    for one, other in zip(together, apart, strict=True):
        assert one.shape == other.shape
    real = batch.mask.bool()
    assert torch.allclose(together[0][real], apart[0][real], atol=0.05)
    assert torch.allclose(together[1], apart[1], atol=0.05)
    assert torch.allclose(together[2], apart[2], atol=0.05)
