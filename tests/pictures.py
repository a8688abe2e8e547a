"""Image layers of ours beside Keras's: by the same seed, or by the same transformation."""

from typing import Any

import numpy as np
import torch
from parity import make_both

SIZE = (5, 6)


def picture(
    batch: int | None = 3,
    is_first: bool = False,
    highest: float = 255.0,
    dtype: str = "float32",
    channels: int = 3,
    seed: int = 0,
    size: tuple[int, int] = SIZE,
) -> np.ndarray:
    """Reproducible images; integers get whole numbers up to ``highest``."""
    inner = (channels, *size) if is_first else (*size, channels)
    shape = inner if batch is None else (batch, *inner)
    values = np.random.default_rng(seed).uniform(0, highest, shape)
    return (np.floor(values) if np.dtype(dtype).kind in "iu" else values).astype(dtype)


def data_of(images: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """Images with labels and masks."""
    numbers = np.random.default_rng(seed)
    batch = images.shape[:1] if images.ndim == 4 else ()
    return {
        "images": images,
        "labels": numbers.random((*batch, 4)).astype("float32"),
        "segmentation_masks": numbers.integers(0, 3, images.shape).astype("float32"),
    }


def leaves(outputs: Any) -> dict[str, torch.Tensor]:
    """Tensors of what a layer gives, by name."""
    if not isinstance(outputs, dict):
        return {"images": torch.as_tensor(outputs)}
    return {key: torch.as_tensor(value) for key, value in outputs.items()}


def agree(
    mine: Any, true: Any, relative: float = 1e-5, absolute: float = 1e-5, dtypes: bool = True
) -> None:
    """Assert that two outcomes are equal; ``absolute`` counts in units of the largest value."""
    found, wanted = leaves(mine), leaves(true)
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        size = max(1.0, float(value.abs().max())) if value.numel() else 1.0
        torch.testing.assert_close(
            found[key],
            value,
            rtol=relative,
            atol=absolute * size,
            check_dtype=dtypes,
            msg=lambda text, key=key: f"{key}: {text}",
        )


def compare_seeded(
    name: str, arguments: dict[str, Any], data: Any, calls: int = 2, **tolerance: Any
) -> None:
    """Assert that both layers, made with the same seed, give the same in training."""
    ours, theirs = make_both(name, arguments)
    for _ in range(calls):
        mine = ours(_copied(data), training=True)
        agree(mine, theirs(_copied(data), training=True), **tolerance)


def compare_given(name: str, arguments: dict[str, Any], data: Any, **tolerance: Any) -> None:
    """Assert that both layers do the same with Keras's transformation."""
    ours, theirs = make_both(name, arguments)
    data = data if isinstance(data, dict) else {"images": data}
    drawn = theirs.get_random_transformation(_copied(data), training=True)
    for part in data:
        mine = getattr(ours, f"transform_{part}")(torch.tensor(data[part]), drawn)
        true = getattr(theirs, f"transform_{part}")(torch.tensor(data[part]), drawn)
        agree(mine, true, **tolerance)


def _copied(data: Any) -> Any:
    return dict(data) if isinstance(data, dict) else data
