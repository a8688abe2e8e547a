"""What was trainable when a model was compiled, which counts once the whole model is frozen."""

from collections.abc import Iterable
from typing import Any


def flags(model: Any) -> list[tuple[Any, bool]]:
    """Each layer of ``model``, itself included, and whether it is trainable now.

    None stands for the model, which keeps the list and mustn't be held by it.
    """
    layers = model._flatten_layers()
    return [(None if layer is model else layer, layer.trainable) for layer in layers]


def restore(model: Any, noted: Iterable[tuple[Any, bool]]) -> None:
    """Make the layers of ``model`` trainable, or not, as ``flags`` noted them."""
    for layer, trainable in noted:
        (model if layer is None else layer)._set_trainable(trainable)


class Thawed:
    """A model that was frozen after ``compile``, as it was then; ``refreeze`` ends it.

    The discriminator of a GAN is compiled, then frozen for the model around it, and goes on being
    trained by itself. A model that has anything left to train is taken as it is.

    Args:
        model: The model, which has been compiled.

    Source: tf.keras 2.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._frozen: list[tuple[Any, bool]] = []
        compiled = model.__dict__.get("_flags_at_compile", ())
        if any(trainable for _, trainable in compiled) and not model.trainable_variables:
            self._frozen = flags(model)
            restore(model, compiled)

    def refreeze(self) -> None:
        """Make the model what it was before."""
        restore(self.model, self._frozen)
        self._frozen = []
