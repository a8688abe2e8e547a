"""``tf.experimental.Optional``: an element, or none."""

from typing import Any

import torch

from tensorflow.data import elements
from torchkeras.core.checks import moment_error


class Optional:
    """A value that may be missing.

    Args:
        element_spec: Shapes and types of the value.
        value: One element in a list, or an empty list.
    """

    def __init__(self, element_spec: Any, value: list[Any]) -> None:
        self.element_spec = element_spec
        self._value = value

    @staticmethod
    def empty(element_spec: Any) -> "Optional":
        """Without a value."""
        return Optional(element_spec, [])

    @staticmethod
    def from_value(value: Any) -> "Optional":
        """With this value."""
        element = elements.structure(value)
        return Optional(elements.spec_of(element), [element])

    def has_value(self, name: str | None = None) -> torch.Tensor:
        """Whether there is one."""
        return torch.tensor(bool(self._value))

    def get_value(self, name: str | None = None) -> Any:
        """The value.

        Raises:
            RuntimeError: there is none.
        """
        if not self._value:
            raise moment_error("Optional.get_value", "there is no value", "Ask has_value() first.")
        return self._value[0]
