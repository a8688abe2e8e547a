"""Losses over some classes that stand for all."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from tensorflow.candidates import Sampled, checked_classes, log_uniform_candidate_sampler
from tensorflow.tensors import convert_to_tensor


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Sampled | None = None,
    remove_accidental_hits: bool = False,
    name: str = "nce_loss",
) -> Tensor:
    """Noise-contrastive loss: whether a class is the right one or a drawn one.

    Args:
        weights: ``(classes, features)``, or a list of its parts.
        biases: ``(classes,)``.
        labels: ``(batch, num_true)`` the right classes.
        inputs: ``(batch, features)``.
        num_sampled: How many classes are drawn for a batch.
        num_classes: How many there are.
        num_true: How many are right for a sample.
        sampled_values: What a sampler gave; None draws by ``log_uniform_candidate_sampler``.
        remove_accidental_hits: Whether drawn classes that are right ones don't count.
        name: Accepted.

    Returns:
        ``(batch,)`` the losses.

    Source: ``tf.nn.nce_loss``.
    """
    logits, truth = _logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, None,
    )  # fmt: skip
    return binary_cross_entropy_with_logits(logits, truth, reduction="none").sum(1)


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Sampled | None = None,
    remove_accidental_hits: bool = True,
    seed: Any = None,
    name: str = "sampled_softmax_loss",
) -> Tensor:
    """Cross-entropy of a softmax over the right classes and drawn ones; see ``nce_loss``.

    Args:
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
            remove_accidental_hits, name: See there.
        seed: Integer that the draws follow from.

    Source: ``tf.nn.sampled_softmax_loss``.
    """
    logits, truth = _logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, seed,
    )  # fmt: skip
    return -(truth * log_softmax(logits, dim=1)).sum(1)


def _logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Sampled | None,
    removes_hits: bool,
    seed: Any,
) -> tuple[Tensor, Tensor]:
    """Logits of the right and of the drawn classes, and what they shall say."""
    parts = weights if isinstance(weights, (list, tuple)) else [weights]
    table = torch.cat([convert_to_tensor(part) for part in parts])
    bias, x = convert_to_tensor(biases), convert_to_tensor(inputs)
    true = checked_classes(labels, num_true)
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(
            true, num_true, num_sampled, True, num_classes, seed
        )
    sampled, of_true, of_sampled = map(convert_to_tensor, sampled_values)
    sampled = sampled.long()
    true_logits = torch.einsum("bf,btf->bt", x, table[true]) + bias[true]
    sampled_logits = x @ table[sampled].T + bias[sampled]
    if removes_hits:
        hits = (true[:, :, None] == sampled).sum(1)  # (b, drawn)
        sampled_logits = sampled_logits - hits * torch.finfo(x.dtype).max
    logits = torch.cat([true_logits - of_true.log(), sampled_logits - of_sampled.log()], dim=1)
    truth = torch.cat(
        [torch.full_like(true_logits, 1.0 / num_true), torch.zeros_like(sampled_logits)], dim=1
    )
    return logits, truth.detach()
