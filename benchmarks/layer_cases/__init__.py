"""What benchmarks/layers.py times: a file for each family of layers, with a list ``CASES``."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch


@dataclass
class Case:
    """A layer at a size that matters, and the best plain torch for the same numbers.

    Args:
        layer: Name of the class.
        arguments: Arguments of its constructor; a function of the package makes inner layers.
        shape: Shape of the input, or a list of shapes.
        plain: From our built layer to a function of the input that computes the same.
        integers: The inputs are integers below this.
        training: The mode of the calls.
        backward: Whether gradients are computed, too.
        note: What is special about the case.
        options: Arguments of the call; a function makes them.
    """

    layer: str
    arguments: dict[str, Any]
    shape: Any
    plain: Callable[[Any], Callable[[Any], Any]]
    integers: int = 0
    training: bool = True
    backward: bool = True
    note: str = ""
    options: Callable[[], dict[str, Any]] = field(default=dict)
    _inputs: Any = None

    def __str__(self) -> str:
        note = f", {self.note}" if self.note else ""
        shapes = self.shape if isinstance(self.shape, list) else [self.shape]
        sizes = ", ".join("x".join(map(str, shape)) for shape in shapes)
        return f"{self.layer} on {sizes}{note}"

    def made(self, package: Any) -> dict[str, Any]:
        """Arguments of the constructor, inner layers made with ``package``."""
        return {
            name: value(package) if callable(value) else value
            for name, value in self.arguments.items()
        }

    def inputs(self) -> Any:
        """Inputs, the same for all sides."""
        if self._inputs is None:
            torch.manual_seed(0)
            shapes = self.shape if isinstance(self.shape, list) else [self.shape]
            made = [self._input(shape) for shape in shapes]
            self._inputs = made if isinstance(self.shape, list) else made[0]
        return self._inputs

    def _input(self, shape: tuple[int, ...]) -> torch.Tensor:
        if self.integers:
            return torch.randint(0, self.integers, shape, dtype=torch.int32)
        x = torch.randn(shape)
        return x.requires_grad_() if self.backward else x

    def called_on(self, layer: Any) -> Callable[[Any], Any]:
        """The call of a Keras-like layer in the mode of this case."""
        options = self.options()
        if not isinstance(self.shape, list) or not getattr(self, "spread", False):
            return lambda x: layer(x, training=self.training, **options)
        return lambda x: layer(*x, training=self.training, **options)


@dataclass
class SpreadCase(Case):
    """A case whose layer takes its inputs as arguments, such as attention."""

    spread: bool = True


def families() -> list[list[Case]]:
    """The cases of each family."""
    here = Path(__file__).parent
    names = sorted(file.stem for file in here.glob("[a-z]*.py"))
    return [importlib.import_module(f"layer_cases.{name}").CASES for name in names]
