"""Training the embedding model to find, on a few passages of our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from training import small_pool


@pytest.mark.model
def test_a_passage_comes_first_for_the_question_that_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    from eval.fit import encoder as fit_encoder
    from eval.fit.network import new_net

    pool, kept = tmp_path / "pool.npz", tmp_path / "encoder.safetensors"
    small_pool().save(pool)
    monkeypatch.setattr(fit_encoder, "QUESTIONS", 1)
    monkeypatch.setattr(fit_encoder, "PARTS", ("own",))
    command = ["encoder", str(pool), "--epochs", "6", "--rate", "1e-4", "--output", str(kept)]
    monkeypatch.setattr("sys.argv", command)
    fit_encoder.main()
    before, after = [line for line in capsys.readouterr().out.splitlines() if "own" in line]
    assert "'n': 1" in before
    assert after.endswith("'cosine': (1.0, 1.0, 1.0), 'late': (1.0, 1.0, 1.0)}")

    bare = new_net(fit_encoder.FinderNet, 0)
    made = new_net(fit_encoder.FinderNet, 0, start=kept)
    assert torch.equal(bare.enc.embeddings.word_embeddings.weight,
                       made.enc.embeddings.word_embeddings.weight)  # fmt: skip
    assert not torch.equal(bare.project, made.project)
    layer = "encoder.layer.0.attention.self.query.weight"
    assert not torch.equal(bare.enc.state_dict()[layer], made.enc.state_dict()[layer])


@pytest.mark.model
def test_what_is_lost_falls_when_the_right_passage_comes_first() -> None:
    import torch

    from eval.fit.encoder import Found, loss

    def found(rows: list[list[float]]) -> Found:
        vectors = torch.tensor(rows)
        return Found(vectors, vectors[:, None], torch.ones(len(rows), 1, dtype=torch.bool))

    passages = found([[1.0, 0.0], [0.0, 1.0]])
    rows, weight = torch.tensor([[0, 1]]), torch.ones(1, 1)
    odds = torch.tensor([[4.0, -4.0]])
    near = loss(found([[0.8, 0.6]]), passages, weight, rows, odds)
    far = loss(found([[0.6, 0.8]]), passages, weight, rows, odds)
    assert float(near) < float(far)
    # A teacher that would have it the other way is contradicted by the right order.
    doubted = loss(found([[0.8, 0.6]]), passages, weight, rows, -odds)
    assert float(doubted) > float(near)


@pytest.mark.model
def test_late_interaction_leaves_out_what_does_not_count() -> None:
    import torch

    from eval.fit.encoder import Found, late_scores

    tokens = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    asked = Found(torch.zeros(1, 2), tokens, torch.ones(1, 2, dtype=torch.bool))
    both = Found(torch.zeros(1, 2), tokens, torch.tensor([[True, True]]))
    one = Found(torch.zeros(1, 2), tokens, torch.tensor([[True, False]]))
    weight = torch.tensor([[0.75, 0.25]])
    assert float(late_scores(asked, both, weight)) == pytest.approx(1.0, abs=0.01)
    assert float(late_scores(asked, one, weight)) == pytest.approx(0.75, abs=0.01)
