"""Overlap, alignment and pairs, seen by themselves."""

import torch

from torchkeras import losses


def test_perfect_overlap_costs_nothing_and_none_costs_one():
    region = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    assert losses.dice(region, region).abs() < 1e-6
    assert (losses.dice(region, 1 - region) - 1).abs() < 1e-6


def test_tversky_with_halves_is_dice():
    y_true, y_pred = torch.rand(3, 4).round(), torch.rand(3, 4)
    torch.testing.assert_close(
        losses.tversky(y_true, y_pred, axis=1), losses.dice(y_true, y_pred, axis=1)
    )


def test_tverskys_weights_are_of_missed_and_of_invented():
    y_true, nothing = torch.ones(1, 4), torch.full((1, 4), 0.5)
    assert losses.tversky(y_true, nothing, alpha=0.0, beta=9.0) < 1e-6
    assert losses.tversky(nothing * 0, nothing, alpha=9.0, beta=0.0) > 0.5


def test_ctc_prefers_the_labels_spelled_out():
    spelled = torch.full((1, 5, 3), -5.0)
    for step, label in enumerate([1, 0, 2, 0, 0]):
        spelled[0, step, label] = 5.0
    right, wrong = torch.tensor([[1, 2]]), torch.tensor([[2, 1]])
    assert losses.ctc(right, spelled) < 0.1 < losses.ctc(wrong, spelled)


def test_circle_masks_samples_without_loss():
    values = losses.circle(torch.tensor([0, 0, 1]), torch.eye(3))
    assert values._keras_mask.shape == (3,)
    near = losses.circle(torch.tensor([0, 0]), torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    far = losses.circle(torch.tensor([0, 0]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    assert (near <= far).all()


def test_circle_takes_other_embeddings_to_compare_with():
    values = losses.circle(
        torch.tensor([0, 1]),
        torch.eye(2),
        ref_labels=torch.tensor([0, 1, 1]),
        ref_embeddings=torch.eye(3)[:, :2],
        remove_diagonal=False,
    )
    assert values.shape == (2,)
