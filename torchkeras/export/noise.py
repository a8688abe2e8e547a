"""What torch's exporters say about themselves, kept from the user's terminal."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# Which logger says what of nobody's concern: operations that no model here has, parts of ONNX
# models that aren't simplified, and pages of half a program beside an error that says it all.
_SAID = {
    "torch.fx.experimental.symbolic_shapes": "Unable to find user code",
    "torch.onnx._internal.exporter._registration": "torchvision is not installed",
    "onnxscript.optimizer._constant_folding": "Skipping constant folding",
}
# nn.LSTM and its kin keep a second list of their parameters; nothing is lost.
_FLAT_WEIGHTS = r"The tensor attributes? (self\.\S*_flat_weights\[\d+\](, )?)+ w"
# Calls note whether they are within another; a strict export sees that as a side effect.
_NOTE_OF_CALLS = (
    r"While compiling, we .* side effects .*: \[\"G\['\w*_layers_dot_calls'\]\.local\"\]"
)


@contextmanager
def quiet() -> Iterator[None]:
    """A context in which only what concerns the user's model is said."""
    loggers = [logging.getLogger(name) for name in _SAID]
    for logger in loggers:
        logger.addFilter(_is_of_the_model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.filterwarnings("ignore", _FLAT_WEIGHTS)
            warnings.filterwarnings("ignore", _NOTE_OF_CALLS)
            yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_of_the_model)


def _is_of_the_model(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(_SAID[record.name])
