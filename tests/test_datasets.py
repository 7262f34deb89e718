from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from tests_shared import SHARED, needs_shared

from eval.datasets.labelled import DataSet, Labelled, without_overlaps
from eval.datasets.registry import FAMILIES, load_sets
from eval.seen import fitted_on
from rag.errors import ConfigError, SourceError

SAMPLES = Path(__file__).parent / "data" / "datasets"


def sample(name: str) -> DataSet:
    (found,) = load_sets([name], SAMPLES)
    return found


def labels(name: str) -> dict[str, float]:
    return {one.id: one.label for one in sample(name).items}


def test_every_set_is_read_from_a_folder_of_its_own_or_from_the_folder_itself() -> None:
    for family in FAMILIES:
        (one,) = load_sets([family.name], SAMPLES)
        (other,) = load_sets([family.name], SAMPLES / family.name)
        assert one == other
        assert one.items
        assert len({item.id for item in one.items}) == len(one.items)
        assert all(item.claim and item.evidence and item.group for item in one.items)


def test_the_file_that_was_read_is_named_with_its_hash() -> None:
    (file,) = sample("qags").files
    there = SAMPLES / "qags" / "mturk_xsum.jsonl"
    assert (file.name, file.sha256) == (there.name, hashlib.sha256(there.read_bytes()).hexdigest())


def test_wice_holds_a_claim_against_the_whole_article() -> None:
    found = sample("wice")
    assert labels("wice") == {"test01": 1, "test02": 0, "test03": 0}
    assert found.items[0].evidence[0] == "The bare bed lost twenty-two lettuces."
    assert found.left_out == (("no evidence", 1),)
    assert found.items[0].group == found.items[1].group != found.items[2].group
    assert found.items[1].slices == (("supported against", "partially_supported"),)


def test_expertqa_leaves_out_what_nobody_judged_and_evidence_that_is_an_address_alone() -> None:
    found = sample("expertqa")
    assert [(one.claim, one.label, one.slices) for one in found.items] == [
        ("The bed with wool lost three of forty lettuces.", 1, (("system", "bing_chat"),)),
        ("Copper tape helped a little.", 0, (("system", "bing_chat"),)),
        ("Wool held off most slugs.", 0, (("system", "gpt4"),)),
    ]
    assert all(len(one.evidence) == 1 and "http" not in one.evidence[0] for one in found.items)
    assert found.left_out == (
        ("no text of the evidence, at most its address", 2),
        ("nobody said whether it is supported", 1),
    )


def test_a_claim_that_stands_in_two_files_counts_once(tmp_path: Path) -> None:
    for name in ("rand_test.jsonl", "domain_test.jsonl"):
        shutil.copy(SAMPLES / "expertqa" / "rand_test.jsonl", tmp_path / name)
    (found,) = load_sets(["expertqa"], tmp_path)
    assert len(found.files) == 2
    assert found.items == sample("expertqa").items
    assert ("stands in the set twice", 3) in found.left_out


def test_attributionbench_is_sliced_by_its_sources() -> None:
    found = sample("attributionbench")
    assert {one.slices[0][1] for one in found.items} == {"ExpertQA", "BEGIN", "LFQA"}
    assert found.left_out == (("no text of the references", 1),)


def test_a_set_leaves_out_claims_and_questions_of_the_sets_before_it() -> None:
    expertqa, begin, bench = load_sets(["expertqa", "begin", "attributionbench"], SAMPLES)
    assert (expertqa, begin) == (sample("expertqa"), sample("begin"))
    assert [one.id for one in bench.items] == ["LFQA_1", "LFQA_2"]
    assert bench.left_out[1:] == (
        ("stands in begin as well", 1),
        ("stands in expertqa as well", 2),
    )


def test_marks_of_citations_and_punctuation_do_not_hide_an_overlap() -> None:
    family = FAMILIES[0]

    def of(claim: str) -> DataSet:
        return DataSet(family, (), (Labelled("1", claim, ("x",), 1, "g"),))

    _, second = without_overlaps([of("Wool  helped [1]."), of("wool helped")])
    assert second.items == ()


def test_faithbench_takes_the_worst_that_anybody_marked() -> None:
    assert labels("faithbench") == {"batch_1-0": 0, "batch_1-1": 1, "batch_1-2": 1}


def test_begin_has_no_quoting_and_leaves_out_generic_and_torn_lines() -> None:
    found = sample("begin")
    assert [one.label for one in found.items] == [1, 0]
    assert found.items[1].evidence[0].startswith('Garlic, "the stinking rose"')
    assert found.left_out == (
        ("a torn line", 1),
        ("generic: it says nothing that could be checked", 1),
    )


def test_qags_counts_the_majority_of_its_readers() -> None:
    assert labels("qags") == {"mturk_xsum-1-0": 1, "mturk_xsum-1-1": 0}
    assert sample("qags").left_out == (("no majority", 1),)


def test_mtrag_has_the_mean_of_people_and_of_no_machine() -> None:
    found = sample("mtrag")
    assert [one.label for one in found.items] == [pytest.approx(11 / 3), pytest.approx(4 / 3), 4]
    assert found.items[0].question == "And did it work?"
    assert found.items[0].evidence == ("The bed with wool lost three of forty lettuces.",)
    assert found.left_out == (("no passages", 1), ("nobody rated its faithfulness", 1))


def test_a_family_that_was_fitted_on_is_marked_as_seen() -> None:
    assert "its development part" in sample("wice").seen
    assert not any(sample(one.name).seen for one in FAMILIES if one.name != "wice")
    assert all(len(digest) == 64 for digest in fitted_on())


def test_an_unknown_set_and_a_folder_without_it_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no data set 'wise'.*Take some of wice"):
        load_sets(["wise"], SAMPLES)
    with pytest.raises(SourceError, match=r"has no file of QAGS.*mturk_"):
        load_sets(["qags"], tmp_path)


def test_a_file_in_another_form_is_told_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "mturk_x.jsonl").write_text('{"article": "A"}\n', encoding="utf-8")
    with pytest.raises(SourceError, match="line 1: summary_sentences"):
        load_sets(["qags"], tmp_path)
    (tmp_path / "batch_1.json").write_text(json.dumps({"samples": [{}]}), encoding="utf-8")
    with pytest.raises(SourceError, match=r"samples\.0\.sample_id"):
        load_sets(["faithbench"], tmp_path)
    (tmp_path / "begin_dev_wow.tsv").write_text("knowledge\tresponse\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no column 'model_name'"):
        load_sets(["begin"], tmp_path)


@needs_shared
def test_the_published_files_are_read_to_the_last_record() -> None:
    wice, expertqa = load_sets(["wice", "expertqa"], SHARED / "data")
    assert (len(wice.items), sum(one.label for one in wice.items)) == (349, 115)
    assert wice.left_out == ()
    assert wice.seen == "weights and threshold were fitted on claim_dev.jsonl itself"
    judged = len(expertqa.items) + sum(n for _, n in expertqa.left_out)
    assert (judged, len(expertqa.items)) == (1292, 793)
    assert not expertqa.seen
