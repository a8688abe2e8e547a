"""What torch's exporters say about themselves, kept from the user's terminal."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_REGISTRATION = "torch.onnx._internal.exporter._registration"
# nn.LSTM and its kin keep a second list of their parameters; nothing is lost.
_FLAT_WEIGHTS = r"The tensor attributes? (self\.\S*_flat_weights\[\d+\](, )?)+ w"
# Calls note whether they are within another; a strict export sees that as a side effect.
_NOTE_OF_CALLS = (
    r"While compiling, we .* side effects .*: \[\"G\['\w*_layers_dot_calls'\]\.local\"\]"
)


@contextmanager
def quiet() -> Iterator[None]:
    """A context in which only what concerns the user's model is said."""
    logger = logging.getLogger(_REGISTRATION)
    logger.addFilter(_is_of_the_model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.filterwarnings("ignore", _FLAT_WEIGHTS)
            warnings.filterwarnings("ignore", _NOTE_OF_CALLS)
            yield
    finally:
        logger.removeFilter(_is_of_the_model)


def _is_of_the_model(record: logging.LogRecord) -> bool:
    """Whether it isn't that torchvision's operations, which no model here has, are unknown."""
    return not record.getMessage().startswith("torchvision is not installed")
