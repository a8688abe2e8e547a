"""Connectionist temporal classification: labels without saying when."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torchkeras_shim.looking import is_at_hand

from tensorflow.sparse import SparseTensor
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error


def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = None,
    name: str | None = None,
) -> Tensor:
    """Minus the logarithm of the labels' probability, for each sample, in nats.

    Args:
        labels: ``(batch, labels)`` class indices, or sparse ones.
        logits: ``(time, batch, classes)``, or ``(batch, time, classes)`` if not
            ``logits_time_major``.
        label_length: ``(batch,)`` how many labels count; None for sparse labels.
        logit_length: ``(batch,)`` how many steps count.
        logits_time_major: See ``logits``.
        unique: Changes nothing here: it only speeds TensorFlow up.
        blank_index: The class that stands for no label; None means 0, and the last one for
            sparse labels.
        name: Accepted.
    """
    scores = convert_to_tensor(logits)
    scores = scores if logits_time_major else scores.transpose(0, 1)
    classes = scores.shape[-1]
    if isinstance(labels, SparseTensor):
        label_length = torch.bincount(labels.indices[:, 0], minlength=labels.shape[0])
        dense = labels.values.new_zeros(tuple(labels.shape))
        dense[tuple(labels.indices.T)] = labels.values
        labels, blank = dense, classes - 1 if blank_index is None else int(blank_index)
    else:
        blank = 0 if blank_index is None else int(blank_index)
    return functional.ctc_loss(
        scores.log_softmax(-1),
        convert_to_tensor(labels).long(),
        convert_to_tensor(logit_length).long(),
        convert_to_tensor(label_length).long(),
        blank=blank % classes,
        reduction="none",
    )


def ctc_greedy_decoder(
    inputs: Any,
    sequence_length: Any,
    merge_repeated: bool = True,
    blank_index: Any = None,
    name: str | None = None,
) -> tuple[list[SparseTensor], Tensor]:
    """The likeliest class of each step, without blanks, and minus the sum of their logits.

    Args:
        inputs: ``(time, batch, classes)`` logits.
        sequence_length: ``(batch,)`` how many steps count.
        merge_repeated: Whether a class that repeats counts once.
        blank_index: The class that stands for no label; None means the last one.
        name: Accepted.
    """
    logits = convert_to_tensor(inputs)
    lengths = convert_to_tensor(sequence_length)
    if is_at_hand(lengths) and (lengths > len(logits)).any():
        where, most = "tf.nn.ctc_greedy_decoder", f"at most {len(logits)} steps"
        raise argument_error(where, "sequence_length", lengths.tolist(), most)
    steps = torch.arange(len(logits))[:, None] < convert_to_tensor(sequence_length)
    blank = (-1 if blank_index is None else int(blank_index)) % logits.shape[-1]
    best, classes = logits.max(-1)  # (time, batch)
    kept = steps & (classes != blank)
    if merge_repeated:
        kept[1:] &= classes[1:] != classes[:-1]
    rows, times = kept.T.nonzero().T
    counts = torch.bincount(rows, minlength=logits.shape[1])
    places = torch.arange(len(rows)) - (counts.cumsum(0) - counts)[rows]
    decoded = SparseTensor(
        torch.stack([rows, places], dim=1),
        classes[times, rows],
        (logits.shape[1], int(counts.max()) if len(counts) else 0),
    )
    return [decoded], -(best * steps).sum(0)[:, None]


def ctc_beam_search_decoder(
    inputs: Any,
    sequence_length: Any,
    beam_width: int = 100,
    top_paths: int = 1,
    name: str | None = None,
) -> tuple[list[SparseTensor], Tensor]:
    """The likeliest labels found with so many beams, the last class standing for no label.

    Args:
        inputs: ``(time, batch, classes)`` logits.
        sequence_length: ``(batch,)`` how many steps count.
        beam_width: How many beginnings are followed.
        top_paths: How many results, at most ``beam_width``.
        name: Accepted.

    Raises:
        ValueError: more results than beams.
    """
    if top_paths > beam_width:
        raise argument_error(
            "tf.nn.ctc_beam_search_decoder", "top_paths", top_paths, f"at most {beam_width}"
        )
    logits = convert_to_tensor(inputs)
    paths, scores = ops.ctc_decode(
        logits.transpose(0, 1),
        convert_to_tensor(sequence_length),
        strategy="beam_search",
        beam_width=beam_width,
        top_paths=top_paths,
        mask_index=logits.shape[-1] - 1,
    )
    found = []
    for path in paths:
        kept = path >= 0
        width = int(kept.sum(1).max()) if len(path) else 0
        found.append(SparseTensor(kept.nonzero(), path[kept].long(), (len(path), width)))
    return found, scores


def collapse_repeated(
    labels: Any, seq_length: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Labels with each run of one as a single, and how many are left of each row."""
    table, lengths = convert_to_tensor(labels), convert_to_tensor(seq_length)
    kept = torch.ones_like(table, dtype=torch.bool)
    kept[:, 1:] = table[:, 1:] != table[:, :-1]
    kept &= torch.arange(table.shape[1]) < lengths[:, None]
    counts = kept.sum(1)
    rows = kept.nonzero()[:, 0]
    places = torch.arange(len(rows)) - (counts.cumsum(0) - counts)[rows]
    result = table.new_zeros((len(table), int(counts.max()) if len(counts) else 0))
    result[rows, places] = table[kept]
    return result, counts.to(lengths.dtype)
