"""Reading labels off what a network trained by CTC gives."""

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core.typing import TensorLike
from torchkeras.ops.operands import floating, tensor
from torchkeras.tracer import traceable

_NONE = float("-inf")  # log-probability of what can't be


@traceable
def ctc_decode(
    inputs: TensorLike,
    sequence_lengths: TensorLike,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> tuple[Tensor, Tensor]:
    """The most likely labels.

    Args:
        inputs: Logits.
        sequence_lengths: How many steps of each row count.
        strategy: ``"greedy"``, the best class of each step; or ``"beam_search"``, over the
            ``beam_width`` best beginnings.
        beam_width: Beginnings kept at each step, 1 or more.
        top_paths: How many results there are by beam search, at most ``beam_width``.
        merge_repeated: Whether greedy decoding takes a class repeated at once for one.
        mask_index: Class number of the blank; None is the last.

    Shape:
        inputs: ``(batch, time, classes)``.
        labels: ``(top_paths, batch, time)``, int32, -1 behind the end.
        scores: ``(batch, top_paths)``: log-probabilities; greedy, minus the sum of the logits.

    Raises:
        ValueError: an unknown strategy.
    """
    inputs = floating(inputs)
    inputs = inputs.float() if inputs.dtype in (torch.float16, torch.bfloat16) else inputs
    lengths = tensor(sequence_lengths, inputs.device)
    blank = inputs.shape[-1] - 1 if mask_index is None else mask_index
    if strategy == "greedy":
        return _greedy(inputs, lengths, merge_repeated, blank)
    if strategy == "beam_search":
        with torch.device("cpu"):  # one small step after another
            labels, scores = _beam_search(inputs.cpu(), lengths, beam_width, top_paths, blank)
        return labels.to(inputs.device), scores.to(inputs.device)
    raise ValueError(
        f"ctc_decode: strategy is {strategy!r}; expected 'greedy' or 'beam_search'. "
        f"Invalid strategy {strategy!r}. Supported values are 'greedy' and 'beam_search'."
    )


def _greedy(inputs: Tensor, lengths: Tensor, merge: bool, blank: int) -> tuple[Tensor, Tensor]:
    steps = inputs.shape[1]
    best, labels = inputs.max(-1)  # (b, t)
    is_over = torch.arange(steps, device=inputs.device) >= lengths[:, None]
    labels = torch.where(is_over, blank, labels)
    if merge:
        repeated = functional.pad(labels[:, 1:] == labels[:, :-1], (1, 0))
        labels = torch.where(repeated, blank, labels)
    is_blank = labels == blank
    order = torch.argsort(is_blank.int(), dim=-1, stable=True)  # labels first, blanks behind
    labels = torch.gather(torch.where(is_blank, -1, labels), -1, order).int()
    scores = -torch.where(is_over, 0.0, best).sum(1, keepdim=True)
    return labels.unsqueeze(0), scores


def _beam_search(
    inputs: Tensor, lengths: Tensor, width: int, top_paths: int, blank: int
) -> tuple[Tensor, Tensor]:
    logs = torch.log_softmax(inputs, -1)
    batch, steps, _ = logs.shape
    labels = torch.full((top_paths, batch, steps), -1, dtype=torch.int32)
    scores = torch.full((batch, top_paths), _NONE, dtype=logs.dtype)
    for row, length in enumerate(lengths.tolist()):
        found = _Beams(blank, logs.dtype)
        for step in range(length):
            found.advance(logs[row, step], width)
        for place, (path, score) in enumerate(found.best(top_paths)):
            labels[place, row, : len(path)] = torch.tensor(path, dtype=torch.int32)
            scores[row, place] = score
    return labels, scores


class _Beams:
    """The most likely beginnings of one row, and the log-probabilities of their two endings."""

    def __init__(self, blank: int, dtype: torch.dtype) -> None:
        self.blank = blank
        self.paths: list[tuple[int, ...]] = [()]
        self.in_blank = torch.zeros(1, dtype=dtype)  # log-probability of ending in a blank
        self.in_label = torch.full((1,), _NONE, dtype=dtype)  # likewise in the last label

    def advance(self, step: Tensor, width: int) -> None:
        """Take in the log-probabilities of one step, ``(classes,)``."""
        number, classes = len(self.paths), step.shape[0]
        either = torch.logaddexp(self.in_blank, self.in_label)
        last = torch.tensor([path[-1] if path else self.blank for path in self.paths])
        # Longer by one label; a repetition of the last one needs a blank between.
        longer = either[:, None] + step
        rows = torch.arange(number)
        longer[rows, last] = self.in_blank + step[last]
        longer[:, self.blank] = _NONE
        in_blank = either + step[self.blank]
        in_label = self.in_label + step[last]
        place = {path: index for index, path in enumerate(self.paths)}
        for index, path in enumerate(self.paths):
            parent = place.get(path[:-1]) if path else None
            if parent is not None:  # reached by growth as well
                in_label[index] = torch.logaddexp(in_label[index], longer[parent, path[-1]])
                longer[parent, path[-1]] = _NONE
        totals = torch.cat([torch.logaddexp(in_blank, in_label), longer.reshape(-1)])
        chosen = torch.topk(totals, min(width, totals.shape[0]))
        ranked = zip(chosen.indices.tolist(), chosen.values.tolist(), strict=True)
        kept = [place for place, score in ranked if score > _NONE]
        self.paths = [
            self.paths[i]
            if i < number
            else (*self.paths[(i - number) // classes], (i - number) % classes)
            for i in kept
        ]
        picked = torch.tensor(kept)
        empty = torch.full((number * classes,), _NONE, dtype=step.dtype)
        self.in_blank = torch.cat([in_blank, empty])[picked]
        self.in_label = torch.cat([in_label, longer.reshape(-1)])[picked]

    def best(self, number: int) -> list[tuple[tuple[int, ...], float]]:
        """The most likely paths with their log-probabilities."""
        totals = torch.logaddexp(self.in_blank, self.in_label).tolist()
        ranked = sorted(zip(self.paths, totals, strict=True), key=lambda pair: -pair[1])
        return ranked[:number]
