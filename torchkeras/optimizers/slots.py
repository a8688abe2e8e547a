"""New variables of an optimizer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torchkeras import initializers
from torchkeras.core.checks import kind_error
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.layout import IDENTITY, Layout
from torchkeras.core.variable import Store, Variable, as_tensor


def new_variable(
    shape: Sequence[int],
    initializer: Any,
    dtype: Any,
    aggregation: str,
    layout: Layout | None,
    name: str | None,
    device: Any = None,
) -> Variable:
    """A variable that isn't trained, filled by an initializer or with a value."""
    if not _is_value(initializer):
        initializer = initializers.get(initializer)
    dtype = standardize_dtype("int64" if dtype == "int" else dtype)
    return Variable(
        initializer,
        shape=tuple(shape),
        dtype=dtype,
        trainable=False,
        autocast=False,
        aggregation=aggregation,
        name=name,
        layout=layout or IDENTITY,
        device=device,
    )


def new_slot(reference: Variable, initializer: Any, name: str) -> Variable:
    """A variable that lies beside ``reference``: same shape, type, device and layout."""
    parameter = reference.parameter.detach()
    slot = torch.zeros_like(parameter)
    if isinstance(initializer, (int, float)):
        slot.fill_(initializer)
    elif initializer != "zeros" if isinstance(initializer, str) else True:
        if _is_value(initializer):
            value = as_tensor(initializer, parameter.dtype, parameter.device)
        else:
            value = initializers.get(initializer)(reference.shape, dtype=reference.dtype)
        slot.copy_(reference.layout.from_keras(value.to(parameter.device)))
    store = Store()
    store._buffers["value"] = slot
    return Variable.adopt(store, "value", reference.layout, name, trainable=False, autocast=False)


def as_variable(item: Any) -> Variable:
    """``item``, or a handle on it if it is a plain torch parameter or tensor.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(item, Variable):
        return item
    if not isinstance(item, Tensor):
        raise kind_error("Optimizer", "variable", item, "a Variable or a torch parameter")
    store = Store()
    if isinstance(item, nn.Parameter):
        store._parameters["value"] = item
    else:
        store._buffers["value"] = item
    return Variable.adopt(store, "value")


def _is_value(initializer: Any) -> bool:
    return isinstance(initializer, (int, float, list, np.ndarray, Tensor, Variable))
