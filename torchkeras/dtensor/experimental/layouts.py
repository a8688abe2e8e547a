"""Layouts by the names that tf.keras 2 gave to variables."""

import contextlib
import re
from typing import Any

from torchkeras import distribution


class LayoutMap(distribution.LayoutMap):
    """``keras.distribution.LayoutMap``, in which the first expression that fits wins.

    An expression fits the start of a path such as ``"d1.kernel"`` or ``"d1/kernel"``, with or
    without the names of the models around it.

    Args:
        mesh: The mesh of layouts that are given as plain tuples.

    Source: tf.keras 2 ``dtensor.experimental.LayoutMap``.

    Example:
        >>> mesh = keras.distribution.DeviceMesh((2,), ["model"], ["cpu:0", "cpu:1"])
        >>> layouts = LayoutMap(mesh)
        >>> layouts["d1.kernel"] = (None, "model")
        >>> layouts["my_model/d1/kernel"].axes, layouts["d2.kernel"]
        ((None, 'model'), None)
    """

    def __init__(self, mesh: Any = None) -> None:
        super().__init__(mesh)

    def __getitem__(self, key: str) -> distribution.TensorLayout | None:
        """The layout of the first expression that fits ``key``; None if none does."""
        if key in self._layouts:
            return self._layouts[key]
        parts = key.split("/")
        paths = ["/".join(parts[start:]) for start in range(len(parts))]
        for pattern, layout in self._layouts.items():
            if any(re.match(pattern, path) for path in paths):
                return layout
        return None

    def get_default_mesh(self) -> Any:
        """The mesh given at first; None without one."""
        return self.device_mesh

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """A context in which models get these layouts."""
        return distribution.ModelParallel(layout_map=self).scope()
