"""Levels of images, changed by their histograms."""

import torch
from torch import Tensor
from torch.nn import functional


def counts(places: Tensor, bins: int) -> Tensor:
    """How often each number below ``bins`` occurs along the last axis.

    Shape:
        places: ``(..., n)``, integers in [0, bins).
        output: ``(..., bins)``, float32.
    """
    rows = places.reshape(-1, places.shape[-1])
    total = rows.shape[0] * bins
    if rows.shape[0] != 1:
        first = torch.arange(0, total, bins, dtype=rows.dtype, device=rows.device)
        rows = rows + first.unsqueeze(1)
    flat = rows.flatten()
    if flat.is_cpu and not torch.compiler.is_compiling():
        found = torch.bincount(flat, minlength=total)  # three times as fast there
    else:
        found = torch.zeros(total, dtype=torch.int64, device=flat.device)
        found = found.scatter_add(0, flat.long(), torch.ones_like(flat, dtype=torch.int64))
    return found.reshape(*places.shape[:-1], bins).to(torch.float32)


def equalized(channel: Tensor, bins: int) -> Tensor:
    """Values in [0, 255] moved so that about as many lie in each part of the range.

    Values in one bin only stay as they are.

    Args:
        channel: Values of any shape, which have one histogram.
        bins: Number of levels that are told apart.
    """
    # Two roundings, in this order, decide about the level where a value is counted and looked up.
    values = channel.flatten()
    places = (values.float() * (bins - 1)).div_(255.0).to(torch.int32).clamp_(0, bins - 1)
    histogram = counts(places, bins)
    total = histogram.cumsum(0)
    least = torch.where(total > 0, total, torch.inf).amin()
    spread = total[-1] - least
    table = ((total - least) * 255.0 / spread.clamp(min=1.0)).round().clamp(0.0, 255.0)
    levels = (values / 255.0).mul_(bins - 1).clamp_(0, bins - 1).to(torch.int32)
    moved = table.to(values.dtype).index_select(0, levels)
    is_varied = (histogram > 0).sum() > 1
    return torch.where(is_varied, moved, values).reshape(channel.shape)


def mirrored_places(length: int, total: int, device: torch.device) -> Tensor:
    """Places that continue an axis of ``length`` to ``total`` by reflecting it, edge included."""
    places = torch.arange(total, device=device) % (2 * length)
    return torch.minimum(places, 2 * length - 1 - places)


def adaptively_equalized(images: Tensor, grid: tuple[int, int], clip_limit: float) -> Tensor:
    """Values in [0, 255] equalized tile by tile, with slopes held and tiles blended.

    Args:
        images: ``(b, c, h, w)``.
        grid: Numbers of tiles down and across.
        clip_limit: How many times the average a level may occur; what is above is spread over all
            levels. 0 or less sets no limit.

    Source: Zuiderveld 1994, Contrast limited adaptive histogram equalization.
    """
    height, width = images.shape[-2:]
    tile = tuple((n + count - 1) // count for n, count in zip((height, width), grid, strict=True))
    rows = mirrored_places(height, tile[0] * grid[0], images.device)
    columns = mirrored_places(width, tile[1] * grid[1], images.device)
    levels = images.clamp(0, 255).long()  # (b, c, h, w)
    padded = levels[..., rows, :][..., columns]
    tiles = padded.unflatten(-1, (grid[1], tile[1])).unflatten(-3, (grid[0], tile[0]))
    tiles = tiles.movedim(-3, -2).flatten(-2)  # (b, c, grid h, grid w, tile)
    curves = _curves(counts(tiles, 256), tile[0] * tile[1], clip_limit)
    return _blended(levels, curves, tile)


def _curves(histogram: Tensor, size: int, clip_limit: float) -> Tensor:
    """The level in [0, 255] to which each of 256 levels is moved."""
    if clip_limit > 0:
        kept = histogram.clamp(max=clip_limit * size / 256.0)
        histogram = kept + (histogram - kept).sum(-1, keepdim=True) / 256.0
    total = histogram.cumsum(-1)
    least = total.amin(-1, keepdim=True)
    spread = size - least
    return ((total - least) * 255.0 / torch.where(spread == 0, 1.0, spread)).clamp(0, 255)


def _blended(levels: Tensor, curves: Tensor, tile: tuple[int, ...]) -> Tensor:
    """Each pixel looked up in the curves of the four tiles around it, which mix linearly."""
    grid = curves.shape[2:4]
    curves = functional.pad(curves.flatten(0, 1).permute(0, 3, 1, 2), (1, 1, 1, 1), "replicate")
    curves = curves.permute(0, 2, 3, 1).flatten()  # images, grid h + 2, grid w + 2, levels
    size = (grid[0] + 2) * (grid[1] + 2) * 256
    first = torch.arange(levels.shape[0] * levels.shape[1], device=levels.device) * size
    base = levels + first.reshape(*levels.shape[:2], 1, 1)
    up, down, share_down = _neighbours(levels.shape[2], tile[0], grid[0], levels.device)
    left, right, share_right = _neighbours(levels.shape[3], tile[1], grid[1], levels.device)
    step = (grid[1] + 2) * 256
    rows = [(base + (place * step).unsqueeze(1)) for place in (up, down)]
    upper, lower = (
        torch.lerp(curves[row + left * 256], curves[row + right * 256], share_right) for row in rows
    )
    return torch.lerp(upper, lower, share_down.unsqueeze(1))


def _neighbours(
    length: int, tile: int, count: int, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Tiles before and after each place, counted from 1, and the share of the latter."""
    places = (torch.arange(length, dtype=torch.float32, device=device) - tile / 2) / tile + 1.0
    before = places.floor()
    first, second = before.long(), before.long() + 1
    return first.clamp(0, count + 1), second.clamp(0, count + 1), places - before
