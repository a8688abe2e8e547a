"""``tf.compat.v1.train``: the first generation's optimizers, with their defaults, as Keras's.

Nothing else changes a variable while an optimizer does, so there is nothing to lock.
"""

import sys
from collections.abc import Callable
from typing import Any

from torchkeras import optimizers


def GradientDescentOptimizer(
    learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
) -> Any:
    """Gradient descent; ``use_locking`` changes nothing here."""
    return optimizers.SGD(learning_rate, name=name)


def MomentumOptimizer(
    learning_rate: Any,
    momentum: float,
    use_locking: bool = False,
    name: str = "Momentum",
    use_nesterov: bool = False,
) -> Any:
    """Gradient descent with momentum; ``use_locking`` changes nothing here."""
    return optimizers.SGD(learning_rate, momentum, use_nesterov, name=name)


def AdamOptimizer(
    learning_rate: Any = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    use_locking: bool = False,
    name: str = "Adam",
) -> Any:
    """Adam, with an ``epsilon`` of 1e-8; ``use_locking`` changes nothing here."""
    return optimizers.Adam(learning_rate, beta1, beta2, epsilon, name=name)


def AdagradOptimizer(
    learning_rate: Any,
    initial_accumulator_value: float = 0.1,
    use_locking: bool = False,
    name: str = "Adagrad",
) -> Any:
    """Adagrad; ``use_locking`` changes nothing here."""
    return optimizers.Adagrad(learning_rate, initial_accumulator_value, name=name)


def AdadeltaOptimizer(
    learning_rate: Any = 0.001,
    rho: float = 0.95,
    epsilon: float = 1e-8,
    use_locking: bool = False,
    name: str = "Adadelta",
) -> Any:
    """Adadelta, with an ``epsilon`` of 1e-8; ``use_locking`` changes nothing here."""
    return optimizers.Adadelta(learning_rate, rho, epsilon, name=name)


class _FromOne(optimizers.RMSprop):
    """RMSprop whose mean square starts at one."""

    def slot_blocks(self) -> list:
        (square, _), *others = super().slot_blocks()
        return [(square, "ones"), *others]


def RMSPropOptimizer(
    learning_rate: Any,
    decay: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-10,
    use_locking: bool = False,
    centered: bool = False,
    name: str = "RMSProp",
) -> Any:
    """RMSprop with an ``epsilon`` of 1e-10, whose mean square starts at one.

    ``use_locking`` changes nothing here.
    """
    return _FromOne(learning_rate, decay, momentum, epsilon, centered, name=name)


def get_or_create_global_step(graph: Any = None) -> Any:
    """A variable that counts steps, one for the program; ``graph`` changes nothing here."""
    if not _steps:
        _steps.append(sys.modules["tensorflow"].Variable(0, trainable=False, dtype="int64"))
    return _steps[0]


get_global_step: Callable[..., Any] = get_or_create_global_step
_steps: list[Any] = []


def __getattr__(name: str) -> Any:
    return getattr(sys.modules["tensorflow"].train, name)
