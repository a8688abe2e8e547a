"""The states of all generators that draw for the whole process."""

import random
from typing import Any

import numpy as np
import torch


def get_random_state() -> dict[str, Any]:
    """States of Python's, NumPy's and torch's generators, those of accelerators included.

    Example:
        >>> state = get_random_state()
        >>> first = torch.rand(2)
        >>> set_random_state(state)
        >>> bool((torch.rand(2) == first).all())
        True
    """
    version, words, next_gauss = random.getstate()
    state = {
        "python": (version, np.array(words, dtype=np.uint32), next_gauss),
        "numpy": np.random.get_state(legacy=False),
        "torch": torch.get_rng_state(),
    }
    accelerator = _accelerator()
    if accelerator is not None:
        state["accelerator"] = accelerator.get_rng_state()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Take over what ``get_random_state`` gave."""
    version, words, next_gauss = state["python"]
    random.setstate((version, tuple(np.asarray(words).tolist()), next_gauss))
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    accelerator = _accelerator()
    if accelerator is not None and "accelerator" in state:
        accelerator.set_rng_state(state["accelerator"])


def _accelerator() -> Any:
    """torch's module of the accelerator in use; None without one."""
    device = torch.accelerator.current_accelerator(check_available=True)
    if device is None:
        return None
    module = getattr(torch, device.type, None)
    return module if hasattr(module, "get_rng_state") else None
