"""What layers of tf.keras 2 kept in weights, and these keep elsewhere."""

from typing import Any

import numpy as np


class OlderState:
    """A former weight of a layer, which takes a value as variables do.

    Args:
        layer: The layer, whose ``load_own_variables`` takes the value.
        name: What checkpoints of tf.keras 2 call it.
        key: What the layer's store calls it.

    Attributes:
        shape: None: any will do, since data decided on it.
        path: What it is called in messages.
    """

    shape = None

    def __init__(self, layer: Any, name: str, key: str) -> None:
        self.module = layer
        self.name = name
        self.key = key
        self.path = f"{layer.name}/{name}"

    def assign(self, value: Any) -> None:
        """Hand the value to the layer."""
        self.module.load_own_variables({self.key: np.asarray(value)})
