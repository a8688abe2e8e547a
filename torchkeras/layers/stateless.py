"""Calls of a layer that leave its variables as they are."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable


def stateless_call(
    layer: Any,
    trainable_variables: Any,
    non_trainable_variables: Any,
    args: tuple,
    kwargs: dict[str, Any],
    return_losses: bool = False,
) -> tuple:
    """See ``Layer.stateless_call``."""
    if not layer.built:
        raise ValueError(
            f"To call stateless_call, {type(layer).__name__} must be built (i.e. its variables "
            "must have been already created). Call the layer on some data first."
        )
    wanted = (layer.trainable_variables, layer.non_trainable_variables)
    for given, variables, which in zip(
        (trainable_variables, non_trainable_variables), wanted, ("", "non_"), strict=True
    ):
        if len(given) != len(variables):
            raise argument_error(
                layer, f"{which}trainable_variables", len(given), f"{len(variables)} values"
            )
    names = {id(module): name for name, module in layer.named_modules()}
    tensors: dict[str, Tensor] = {}
    outside = []
    values = [*trainable_variables, *non_trainable_variables]
    for variable, value in zip([*wanted[0], *wanted[1]], values, strict=True):
        value = value.value if isinstance(value, Variable) else value
        prefix = names.get(id(variable.module))
        if prefix is None:  # a seed state: it is kept outside the modules
            outside.append((variable, variable.numpy()))
            variable.assign(value)
            continue
        stored = variable.layout.from_keras(torch.as_tensor(value))
        if not variable.trainable or variable.key in variable.module._buffers:
            stored = stored.clone()
        tensors[f"{prefix}.{variable.key}" if prefix else variable.key] = stored

    def shown(variable: Variable) -> Tensor:
        prefix = names.get(id(variable.module))
        if prefix is None:
            return variable.tensor.clone()
        stored = tensors[f"{prefix}.{variable.key}" if prefix else variable.key]
        return variable.layout.to_keras(stored)

    losses: list[Tensor] = []
    with torch.nn.utils.stateless._reparametrize_module(layer, tensors):
        outputs = layer(*args, **kwargs)
        if return_losses:
            losses = layer.losses
    updated = [shown(variable) for variable in wanted[1]]
    for variable, value in outside:
        variable.assign(value)
    return (outputs, updated, losses) if return_losses else (outputs, updated)
