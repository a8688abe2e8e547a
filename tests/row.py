"""A row of the contract: a layer class with arguments and shapes to try it with.

Each family of layers has its rows in ``rows/``.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from parity import is_recipe, numbers

import torchkeras


@dataclass
class Row:
    """A layer class with arguments and the shapes of its inputs, batch included.

    Args:
        name: Name of the class in ``layers``.
        arguments: Arguments of its constructor; a ``recipe`` is called with the package.
        shape: Shape of the input, or a list of shapes.
        integers: The inputs are integers below this.
        words: The inputs are strings out of these.
        random: What it computes in training can't be compared with Keras number by number.
        eager: Why ``torch.compile`` and ``torch.export`` can't take it: strings, say.
        options: Arguments of the call.
        only_ours: Keras 3 has no such layer, or fails on its torch backend.
    """

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    shape: Any = (2, 6, 4)
    integers: int = 0
    words: tuple[str, ...] = ()
    random: bool = False
    eager: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    only_ours: bool = False

    def __str__(self) -> str:
        shown = {k: "..." if is_recipe(v) else v for k, v in self.arguments.items()}
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in shown.items())})"

    def layer(self, **more: Any) -> Any:
        """A layer of ours."""
        made = {k: v(torchkeras) if is_recipe(v) else v for k, v in self.arguments.items()}
        return getattr(torchkeras.layers, self.name)(**{**made, **more})

    def inputs(self) -> Any:
        """Arrays to call it on."""
        if isinstance(self.shape, list):
            return [self._array(shape, seed) for seed, shape in enumerate(self.shape)]
        return self._array(self.shape, 0)

    def _array(self, shape: tuple[int, ...], seed: int) -> np.ndarray:
        if self.words:
            return np.random.default_rng(seed).choice(np.array(self.words, dtype=object), shape)
        if self.integers:
            return np.random.default_rng(seed).integers(0, self.integers, shape).astype("int32")
        return numbers(shape, seed)

    def tensors(self, dtype: torch.dtype | None = None) -> Any:
        """Tensors to call it on, float ones wanting gradients; arrays of strings."""
        arrays = self.inputs()
        made = []
        for array in arrays if isinstance(arrays, list) else [arrays]:
            x = array if self.words else torch.tensor(array)
            if not self.words and x.is_floating_point():
                x = (x if dtype is None else x.to(dtype)).requires_grad_()
            made.append(x)
        return made if isinstance(arrays, list) else made[0]

    def symbols(self) -> Any:
        """Symbolic inputs with an unknown batch size."""
        dtype = "string" if self.words else "int32" if self.integers else "float32"
        shapes = self.shape if isinstance(self.shape, list) else [self.shape]
        made = [torchkeras.Input(shape[1:], dtype=dtype) for shape in shapes]
        return made if isinstance(self.shape, list) else made[0]


IMAGES, CLIPS, VOLUMES = (2, 7, 6, 4), (2, 7, 4), (2, 5, 6, 4, 2)
FIRST = {"data_format": "channels_first"}
