"""A layer of ours beside the real Keras one: same weights, same inputs, everything compared."""

from typing import Any

import keras
import numpy as np
import torch

import torchkeras

# Float32 on two routes through the same arithmetic; sums of many terms lose a few more bits.
RELATIVE, ABSOLUTE = 1e-5, 2e-6


def make_both(name: str, arguments: dict[str, Any]) -> tuple[Any, Any]:
    """Our layer and Keras's; an argument that is a function of the package makes inner layers."""
    pair = []
    for package in (torchkeras, keras):
        made = {k: v(package) if is_recipe(v) else v for k, v in arguments.items()}
        pair.append(getattr(package.layers, name)(**made))
    return pair[0], pair[1]


def is_recipe(value: Any) -> bool:
    """Whether an argument is to be made with each package: a function marked by ``recipe``."""
    return getattr(value, "is_recipe", False)


def recipe(function: Any) -> Any:
    """Mark a function of the package that makes an argument."""
    function.is_recipe = True
    return function


def numbers(shape: tuple[int, ...], seed: int = 0, scale: float = 1.0) -> np.ndarray:
    """Reproducible normal numbers."""
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype("float32")


def fill(ours: Any, theirs: Any, seed: int = 7) -> None:
    """Give both the same weights, none of them as initialized; variances stay positive."""
    generator = np.random.default_rng(seed)
    values = []
    for weight in theirs.weights:
        value = generator.normal(size=tuple(weight.shape)) * 0.5
        if "variance" in weight.name or "stddev" in weight.name:
            value = np.abs(value) + 0.3
        values.append(value.astype(np.dtype(str(weight.dtype))))
    theirs.set_weights(values)
    assert [v.shape for v in ours.weights] == [v.shape for v in values]
    ours.set_weights(values)


def as_leaves(structure: Any) -> list[torch.Tensor]:
    """The tensors of a structure, in order."""
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in as_leaves(item)]
    return [structure]


def projected(outputs: Any) -> torch.Tensor:
    """One number that depends on every output element with another weight."""
    total = 0.0
    for leaf in as_leaves(outputs):
        weights = torch.cos(torch.arange(leaf.numel(), dtype=torch.float32) * 0.7)
        total = total + (leaf.float() * weights.reshape(leaf.shape)).sum()
    return total


def tensors(inputs: Any, masks: Any) -> Any:
    """Arrays as tensors that want gradients and carry their masks."""
    if isinstance(inputs, list):
        masks = masks if masks is not None else [None] * len(inputs)
        return [tensors(x, mask) for x, mask in zip(inputs, masks, strict=True)]
    x = torch.tensor(inputs)
    if x.is_floating_point():
        x.requires_grad_()
    if masks is not None:
        x._keras_mask = torch.tensor(masks)
    return x


def run(layer: Any, inputs: Any, masks: Any, training: bool | None, options: dict) -> dict:
    """Outputs, gradients, updated state and mask of one call."""
    x = tensors(inputs, masks)
    extra = {} if training is None else {"training": training}
    call = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    if isinstance(call.get("initial_state"), list):
        call["initial_state"] = [torch.tensor(s) for s in call["initial_state"]]
    y = layer(x, **call, **extra)
    leaves = as_leaves(y)
    found = {f"output {i}": leaf for i, leaf in enumerate(leaves)}
    mask = getattr(leaves[0], "_keras_mask", None)
    if mask is not None:
        found["mask"] = mask
    if any(leaf.requires_grad for leaf in leaves):
        weights = list(layer.trainable_weights)
        parameters = [stored(weight) for weight in weights]
        xs = [leaf for leaf in as_leaves(x) if leaf.requires_grad]
        gradients = torch.autograd.grad(projected(y), [*xs, *parameters], allow_unused=True)
        for number, gradient in enumerate(gradients[: len(xs)]):
            found[f"gradient of input {number}"] = gradient
        for weight, gradient in zip(weights, gradients[len(xs) :], strict=True):
            shown = shown_gradient(weight, gradient)
            found[f"gradient of {weight.path.split('/', 1)[-1]}"] = shown
    for weight in layer.non_trainable_weights:
        found[f"state {weight.name}"] = torch.as_tensor(np.asarray(weight.numpy()))
    return found


def stored(weight: Any) -> torch.Tensor:
    """The torch tensor behind a variable of either package."""
    return weight.parameter if isinstance(weight, torchkeras.Variable) else weight.value


def shown_gradient(weight: Any, gradient: torch.Tensor | None) -> torch.Tensor | None:
    """A gradient in Keras's layout."""
    if gradient is None or not isinstance(weight, torchkeras.Variable):
        return gradient
    return weight.layout.to_keras(gradient)


def compare(
    name: str,
    arguments: dict[str, Any],
    inputs: Any,
    masks: Any = None,
    training: bool | None = False,
    options: dict[str, Any] | None = None,
    relative: float = RELATIVE,
    absolute: float = ABSOLUTE,
) -> None:
    """Assert that outputs, gradients, updated state and mask agree with Keras's.

    ``absolute`` is scaled by the largest element of what is compared.
    """
    ours, theirs = make_both(name, arguments)
    for layer in (ours, theirs):
        run(layer, inputs, masks, False, options or {})
    fill(ours, theirs)
    found = run(ours, inputs, masks, training, options or {})
    wanted = run(theirs, inputs, masks, training, options or {})
    assert normal_names(found) == normal_names(wanted)
    for (what, mine), true in zip(found.items(), wanted.values(), strict=True):
        if mine is None or true is None:
            both = (0.0 if mine is None else mine, 0.0 if true is None else true)
            assert all(torch.as_tensor(v).abs().max() == 0 for v in both), what
            continue
        assert mine.shape == true.shape, f"{what}: {mine.shape} and {true.shape}"
        assert mine.dtype == true.dtype, f"{what}: {mine.dtype} and {true.dtype}"
        if mine.numel() == 0:
            continue
        size = 1.0 if mine.dtype == torch.bool else max(1.0, float(true.detach().abs().max()))
        torch.testing.assert_close(
            mine.detach(),
            true.detach(),
            rtol=relative,
            atol=absolute * size,
            equal_nan=True,
            msg=lambda text, what=what: f"{name}({arguments}), {what}: {text}",
        )


def normal_names(found: dict[str, Any]) -> list[str]:
    """Names of what was found, without the layers' own counters."""
    return [key.rsplit("/", 1)[-1].split(" ")[-1] if "/" in key else key for key in found]


def beside_keras(
    name: str,
    arguments: dict[str, Any],
    tensors: list[torch.Tensor],
    options: dict[str, Any],
    relative: float = RELATIVE,
    absolute: float = 2 * ABSOLUTE,
) -> None:
    """Assert that a layer of several inputs gives Keras's outputs and gradients.

    ``absolute`` is scaled by the largest element of what is compared.
    """
    found = []
    pair = make_both(name, arguments)
    for layer in pair:
        layer(*tensors, **options)
    fill(*pair)
    for layer in pair:
        y = layer(*tensors, **options)
        weights = list(layer.trainable_weights)
        leaves = [*tensors, *map(stored, weights)]
        gradients = torch.autograd.grad(projected(y), leaves, allow_unused=True)
        of_weights = zip(weights, gradients[len(tensors) :], strict=True)
        shown = [shown_gradient(weight, gradient) for weight, gradient in of_weights]
        found.append([*as_leaves(y), *gradients[: len(tensors)], *shown])
    for mine, true in zip(*found, strict=True):
        if mine is None or true is None:
            other = true if mine is None else mine
            assert other is None or float(other.abs().max()) < 1e-6
            continue
        size = max(1.0, float(true.detach().abs().max()))
        torch.testing.assert_close(mine, true, rtol=relative, atol=absolute * size)
    assert [w.path for w in pair[0].weights] == [w.path for w in pair[1].weights]
