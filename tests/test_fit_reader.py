"""The reader's data and training, on a handful of questions of our own."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
from answers import hit
from small_site import post, section
from training import loss_left

from eval.gold import sentence_hash
from eval.reader_data import (
    Example,
    bundled_reading,
    clapnq,
    is_graded,
    own,
    squad,
    untokenised,
)

MILL = "The mill stands where two brooks meet. It was built in 1871 by Anna Keller. It turns still."
BEES = "Lavender draws bees. Bees sleep in winter. Keller keeps nine hives."


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


def test_questions_come_with_their_sentence_and_with_passages_that_do_not_answer(
    tmp_path: Path,
) -> None:
    train, held_out = squad(*squad_files(tmp_path), seed=0)
    built = [one for one in train if one.question == "Who built the mill?"]
    right = next(one for one in built if one.right)
    assert right.right == (1,)
    assert right.answer
    start, end = right.answer
    assert " ".join(right.sentences)[start:end] == "Anna Keller"
    assert [one.right for one in built if one.kind == "other"]
    assert not any(
        one.right or "Anna Keller" in one.sentences for one in built if one.kind == "other"
    )
    assert next(one.kind for one in train if one.question == "Who burnt the mill?") == "none"
    assert any(one.question == "What draws bees?" and one.right == (0,) for one in train)
    assert not any(one.question == "What is unknown?" for one in train)
    assert {one.question for one in held_out} == {"What did bed 5 hold?"}


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
    train, graded = clapnq(tmp_path, seed=0)
    own = {one.question for one in train if one.kind == "clapnq"}
    assert own
    assert not own & {one.question for one in graded}
    assert len(own) + len(graded) == 20
    assert len(graded) == sum(is_graded(str(n)) for n in range(20))
    assert {one.right for one in (*train, *graded)} == {(0,), ()}
    assert graded[0].sentences[1] == "They were sown late."


def test_questions_of_our_own_find_their_sentences_again(tmp_path: Path) -> None:
    articles = tmp_path / "articles.tar.gz"
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
        asked = {"article": name, "paragraph": paragraph, "question": "When were seeds put in?"}
        right = {"right": [sentence_hash(sentence)], "short": [start, start + 4]}
        lines += [{**asked, **right}, {**asked, "right": [], "short": None}]
    questions = tmp_path / "reading.jsonl"
    questions.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    train, graded = own(questions, articles, seed=0)
    assert graded
    learnt = {sentence for one in train for sentence in one.sentences}
    assert learnt.isdisjoint(sentence for one in graded for sentence in one.sentences)
    for one in (*train, *graded):
        assert one.right == ((1,) if one.answer else ())
        if one.answer:
            assert " ".join(one.sentences)[slice(*one.answer)].isdigit()
    assert {one.kind for one in train} == {"own", "other"}
    # Whether there is a title is no hint at whether there is an answer.
    assert {(one.kind, bool(one.title)) for one in train} >= {("other", True), ("other", False)}
    assert {one.kind for one in graded} == {"own"}


def test_the_bundled_questions_name_sentences_and_no_text_of_others() -> None:
    entries = [json.loads(line) for line in bundled_reading().read_text("utf-8").splitlines()]
    assert len({one["id"] for one in entries}) == len(entries) > 10_000
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
    from safetensors.torch import save_file

    from eval.fit_reader import collate, figures, loss_of, new_net, prepare
    from rag.network import packed
    from rag.reader_model import ModelReader
    from rag.reader_text import LONGEST

    torch.manual_seed(0)
    sentences = tuple(f"{one}." for one in MILL.rstrip(".").split(". "))
    start = MILL.index("Anna Keller")
    asked = Example("Who built the mill?", "Mill", sentences, (1,), (), (start, start + 11))
    other = Example("Who built the mill?", "Bees", tuple(BEES.split(". ")), kind="other")
    prepared = [one for one in map(prepare, (asked, other)) if one]
    assert len(prepared) == 2
    first = prepared[0]
    words = first.encoded.places[first.start - len(first.encoded.question)]
    assert MILL[words[0] : words[1]] == "Anna"
    net = new_net().train()
    frozen = net.enc.encoder.layer[0].attention.self.query.weight.clone()
    assert loss_left(net, lambda: loss_of(net, collate(prepared)), steps=30) < 0.2
    assert torch.equal(frozen, net.enc.encoder.layer[0].attention.self.query.weight)
    assert figures(net, prepared) == {"sentence": 1.0, "auroc": 1.0, "n": 2}

    names = [name for name, one in net.named_parameters() if one.requires_grad]
    save_file(packed(net, names), tmp_path / "reader.safetensors")
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
