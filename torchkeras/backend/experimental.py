"""``keras.backend.experimental``: the switch between TensorFlow's two random generators."""

from torchkeras.core.settings import settings


def enable_tf_random_generator() -> None:
    """Take note that drawing goes by generators with a state of their own, as it always does."""
    settings.random_generator = True


def disable_tf_random_generator() -> None:
    """Take note that drawing should go by TensorFlow 1's operations; torch has none."""
    settings.random_generator = False


def is_tf_random_generator_enabled() -> bool:
    """What was last asked for, at first True; numbers are drawn alike in both cases."""
    return settings.random_generator
