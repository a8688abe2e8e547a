"""Where symbolic tensors come from."""

from typing import Any

from torchkeras.core import nested
from torchkeras.tracer import is_symbolic


def get_source_inputs(tensor: Any, layer: Any = None, node_index: int | None = None) -> list[Any]:
    """The inputs from which ``tensor`` is computed.

    Args:
        tensor: A symbolic tensor.
        layer, node_index: Which call it comes from, as tf.keras 2 has it; the tensor knows.

    Returns:
        Symbolic tensors, each once; ``tensor`` itself if it isn't symbolic.

    Source: Keras 3 ``utils.get_source_inputs``.

    Example:
        >>> a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
        >>> [source.name for source in keras.utils.get_source_inputs(a * 2 + b)]
        ['a', 'b']
    """
    if not is_symbolic(tensor):
        return tensor
    found: list[Any] = []
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        inputs = [] if one.call is None else list(one.call.inputs)
        if not inputs:
            found.append(one)
        waiting.extend(reversed(nested.flatten(inputs)))
    return found
