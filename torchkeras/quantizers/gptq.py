"""GPTQ: round a matrix column by column, each time mending the error in the columns left."""

import torch
from torch import Tensor

from torchkeras.quantizers.configurations import GPTQConfig
from torchkeras.quantizers.groups import Levels, fit_levels, group_numbers

# Columns that are rounded before the error is carried to those after them.
BLOCK = 128


class Hessian:
    """Mean of ``2 x x^T`` over all inputs seen.

    Args:
        rows: Length of an input.
        device: Where to keep it.
    """

    def __init__(self, rows: int, device: torch.device) -> None:
        self.value = torch.zeros(rows, rows, device=device)
        self.count = 0

    def add(self, x: Tensor) -> None:
        """Take inputs ``(..., rows)`` into account."""
        x = x.detach().float().reshape(-1, self.value.shape[0])
        total = self.count + x.shape[0]
        if total:
            self.value.mul_(self.count / total).add_(x.t() @ x, alpha=2.0 / total)
        self.count = total

    def damped(self, fraction: float) -> Tensor:
        """The matrix with ``fraction`` of its mean diagonal added; inputs never seen count 1."""
        diagonal = self.value.diagonal()
        diagonal = torch.where(diagonal == 0, 1.0, diagonal)
        diagonal = diagonal + fraction * diagonal.mean()
        return self.value - torch.diag(self.value.diagonal()) + torch.diag(diagonal)


def gptq(weight: Tensor, hessian: Hessian, config: GPTQConfig) -> tuple[Tensor, Levels, Tensor]:
    """Levels of ``weight``, how they are read, and the group of each column.

    Args:
        weight: ``(outputs, inputs)``.
        hessian: Of the inputs.
        config: Bits, groups, damping and order.

    Returns:
        Levels ``(outputs, inputs)``, uint8; scales and zero points by group; group of each input.

    Source: Frantar et al. 2022; Keras 3 ``GPTQConfig``.
    """
    matrix = hessian.damped(config.hessian_damping)
    inverse = torch.linalg.inv(matrix)
    columns = weight.shape[1]
    groups = group_numbers(columns, config.group_size, weight.device)
    order = None
    if config.activation_order:
        order = torch.argsort(matrix.diagonal(), descending=True, stable=True)
        weight, inverse = weight[:, order], inverse[order][:, order]
    levels, found = _in_order(weight.float(), inverse, config)
    if order is not None:
        back = torch.argsort(order)
        levels, groups = levels[:, back], groups[back]
    scale, zero = (torch.cat(parts, 1) for parts in zip(*found, strict=True))
    return levels.to(torch.uint8), Levels(scale, zero, 2**config.weight_bits - 1), groups


def _in_order(
    weight: Tensor, inverse: Tensor, config: GPTQConfig
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Levels of the columns one after the other, and scale and zero point of each group."""
    columns = weight.shape[1]
    size = columns if config.group_size == -1 else config.group_size
    weight, levels = weight.clone(), torch.empty_like(weight)
    found: list[tuple[Tensor, Tensor]] = []
    current: Levels | None = None
    for start in range(0, columns, BLOCK):
        end = min(start + BLOCK, columns)
        block, errors = weight[:, start:end].clone(), torch.zeros_like(weight[:, start:end])
        for number in range(end - start):
            column = start + number
            if column % size == 0:
                current = fit_levels(
                    weight[:, column : column + size], config.weight_bits, config.symmetric,
                    config.per_channel,
                )  # fmt: skip
                found.append((current.scale, current.zero))
            exact = block[:, number : number + 1]
            rounded = current.of(exact)
            levels[:, column : column + 1] = rounded
            error = (exact - current.back(rounded)) / inverse[column, column]
            errors[:, number : number + 1] = error
            block[:, number + 1 :] -= error * inverse[column, column + 1 : end]
        weight[:, end:] -= errors @ inverse[start:end, end:]
    return levels, found
