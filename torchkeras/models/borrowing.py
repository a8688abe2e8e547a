"""Torch modules as Keras models."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn

from torchkeras.core.checks import argument_error, kind_error
from torchkeras.layers.base import Layer
from torchkeras.layers.input import Input
from torchkeras.layers.torch_module import TorchModuleWrapper
from torchkeras.models.model import Model


def from_torch(
    module: "nn.Module | torch.export.ExportedProgram",
    input_shape: Any = None,
    input_dtype: Any = None,
    output_shape: Any = None,
    name: str | None = None,
) -> Layer:
    """A Keras model around a torch module, to be compiled, trained, evaluated and saved.

    The module is kept, not copied: what ``fit`` learns is in its ``state_dict``. Weights go to
    ``.weights.h5`` and ``.safetensors`` files; of a ``.keras`` file, which can't hold the code of a
    module, the loader asks for it (``custom_objects={name: module}``).

    A program of ``torch.export``, as ``model.export("model.pt2")`` writes, may be taken, too; it
    computes the same in training and otherwise.

    Args:
        module: The module, or program; lazy modules have to be called once before.
        input_shape: Shape of its input without the batch, such as ``(28, 28)``; a list of shapes
            for several arguments, a dict of them for arguments by name, or for a module that takes
            a dict. None gives a layer, for use within models.
        input_dtype: Type of the inputs, structured as ``input_shape``, or one for all, such as
            "int64" for indices; None is the global float type.
        output_shape: Shape of the output, batch included; None finds it by a run without values.
        name: Name of the layer, and of the model.

    Raises:
        TypeError: ``module`` is no torch module.
        ValueError: ``input_shape`` is no shape, the module has no parameters yet, or it can't be
            called on such inputs.

    Example:
        >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
        >>> model = keras.from_torch(net, input_shape=(4,))
        >>> model.compile("adam", "mse")
        >>> history = model.fit(np.zeros((8, 4)), np.ones((8, 1)), verbose=0)
        >>> model.predict(np.zeros((2, 4)), verbose=0).shape
        (2, 1)
    """
    if isinstance(module, torch.export.ExportedProgram):
        module = module.module()
    if not isinstance(module, nn.Module):
        raise kind_error("from_torch", "module", module, "a torch.nn.Module")
    if isinstance(module, fx.GraphModule) and "train" in vars(module):  # which raises an error
        module = Program(module)
    layer = TorchModuleWrapper(module, name=name, output_shape=output_shape)
    if input_shape is None:
        return layer
    inputs = _inputs(input_shape, input_dtype)
    try:
        outputs = _called(layer, inputs)
    except (RuntimeError, TypeError) as error:
        raise argument_error(
            "from_torch",
            "input_shape",
            input_shape,
            f"what {type(module).__name__} can be called on",
            f"It says: {error}. Where it takes indices, give input_dtype, such as 'int64'.",
        ) from error
    return Model(inputs, outputs, name=name)


def _called(layer: TorchModuleWrapper, inputs: Any) -> Any:
    """The outputs; a dict goes to the arguments that it names, or to the only one there is."""
    if isinstance(inputs, list):
        return layer(*inputs)
    if not isinstance(inputs, dict):
        return layer(inputs)
    try:
        inspect.signature(layer.module.forward).bind(**inputs)
    except TypeError:
        return layer(inputs)
    return layer(**inputs)


class Program(nn.Module):
    """A program of ``torch.export``, whose parts have no modes.

    Args:
        program: What its ``module()`` gives.
    """

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program

    def train(self, mode: bool = True) -> "Program":
        """Note the mode; nothing depends on it."""
        self.training = mode
        return self

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.program(*args, **kwargs)


def _inputs(shape: Any, dtype: Any) -> Any:
    """Symbolic inputs of one shape, a list or a dict of shapes."""
    if isinstance(shape, Mapping):
        return {
            key: _input(part, dtype[key] if isinstance(dtype, Mapping) else dtype, key)
            for key, part in shape.items()
        }
    if isinstance(shape, Sequence) and shape and not _is_shape(shape):
        dtypes = dtype if isinstance(dtype, (list, tuple)) else [dtype] * len(shape)
        return [_input(*pair) for pair in zip(shape, dtypes, strict=True)]
    return _input(shape, dtype)


def _input(shape: Any, dtype: Any, name: str | None = None) -> Any:
    if not _is_shape(shape):
        raise argument_error(
            "from_torch",
            "input_shape",
            shape,
            "a shape without the batch, a list or a dict of them",
        )
    return Input(tuple(shape), dtype=dtype, name=name)


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, (list, tuple)) and all(n is None or type(n) is int for n in shape)
