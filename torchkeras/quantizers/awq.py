"""AWQ: scale inputs of large activations up before rounding, as far as it lowers the error."""

import torch
from torch import Tensor

from torchkeras.quantizers.configurations import AWQConfig
from torchkeras.quantizers.groups import Levels, fit_levels, group_numbers

_SMALLEST_ACTIVATION, _SMALLEST_FACTOR = 1e-8, 1e-4


class Magnitudes:
    """The largest absolute value of each input seen.

    Args:
        rows: Length of an input.
        device: Where to keep it.
    """

    def __init__(self, rows: int, device: torch.device) -> None:
        self.value = torch.zeros(rows, device=device)

    def add(self, x: Tensor) -> None:
        """Take inputs ``(..., rows)`` into account."""
        x = x.detach().float().reshape(-1, self.value.shape[0])
        if len(x):
            self.value = torch.maximum(self.value, x.abs().amax(0))


def awq(
    weight: Tensor, magnitudes: Magnitudes, config: AWQConfig
) -> tuple[Tensor, Levels, Tensor, Tensor]:
    """Levels of ``weight``, how they are read, the group and the factor of each column.

    Args:
        weight: ``(outputs, inputs)``.
        magnitudes: Of the inputs.
        config: Groups, and how many powers are tried.

    Returns:
        Levels ``(outputs, inputs)``, uint8; scales and zero points by group; group of each input;
        factor that each input's column was multiplied with.

    Source: Lin et al. 2023; Keras 3 ``AWQConfig``.
    """
    weight = weight.float()
    groups = group_numbers(weight.shape[1], config.group_size, weight.device).floor()
    factor = _best_factor(weight, magnitudes.value, groups, config)
    scaled = weight * factor
    levels = fit_levels(scaled, config.weight_bits, group_size=config.group_size)
    return levels.of(scaled, groups).to(torch.uint8), levels, groups, factor


def _best_factor(weight: Tensor, most: Tensor, groups: Tensor, config: AWQConfig) -> Tensor:
    """The power of the magnitudes, between 0 and 1, that leaves the least error in the outputs."""
    most = torch.where(most < _SMALLEST_ACTIVATION, 1.0, most)
    best, least = torch.ones_like(most), None
    for point in range(config.num_grid_points + 1):
        factor = (most ** (point / config.num_grid_points)).clamp(min=_SMALLEST_FACTOR)
        factor = factor / (factor.max() * factor.min()).sqrt().clamp(min=_SMALLEST_ACTIVATION)
        scaled = weight * factor
        levels = fit_levels(scaled, config.weight_bits, group_size=config.group_size)
        restored = levels.back(levels.of(scaled, groups), groups) / factor
        error = ((weight - restored) ** 2 * most**2).mean()
        if least is None:
            best, least = factor, error
        else:
            best = torch.where(error < least, factor, best)
            least = torch.minimum(least, error)
    return best
