"""``tf.train.experimental``: state that isn't made of variables."""

import abc

from torchkeras_shim.names import missing

__getattr__ = missing(__name__)


class PythonState(abc.ABC):
    """Base of objects that a checkpoint keeps by a text that they give."""

    @abc.abstractmethod
    def serialize(self) -> str | bytes:
        """The state."""

    @abc.abstractmethod
    def deserialize(self, string_value: bytes) -> None:
        """Take over what ``serialize`` gave; a checkpoint gives a text back as bytes."""
