"""Process-wide defaults: float type, small constant and image layout."""

import json
import os
from pathlib import Path

from torchkeras.core.checks import telling

FLOATX = ("float16", "bfloat16", "float32", "float64")
IMAGE_DATA_FORMATS = ("channels_last", "channels_first")


class Settings:
    """The defaults in force; one instance, ``settings``, lives for the whole process."""

    def __init__(self) -> None:
        self.floatx = "float32"
        self.epsilon = 1e-7
        self.image_data_format = "channels_last"
        self.interactive_logging = True
        self.traceback_filtering = True
        self.random_generator = True  # noted only: there is one kind
        self.flash_attention: bool | None = None  # None lets torch choose
        self.any_logits = False  # cross-entropies take logits of any activation, as TensorFlow's
        self.max_epochs: int | None = None
        self.max_steps_per_epoch: int | None = None


settings = Settings()


def floatx() -> str:
    """Name of the default float type, such as ``"float32"``."""
    return settings.floatx


def set_floatx(value: str) -> None:
    """Make ``value`` the default float type: float16, bfloat16, float32 or float64.

    Raises:
        ValueError: ``value`` is none of these.
    """
    if value not in FLOATX:
        raise ValueError(
            f"set_floatx: Unknown `floatx` value: {value!r}; expected one of {', '.join(FLOATX)}."
        )
    settings.floatx = str(value)


def epsilon() -> float:
    """The small constant added to denominators and logarithms."""
    return settings.epsilon


def set_epsilon(value: float) -> None:
    """Make ``value`` the small constant of numeric functions.

    Raises:
        ValueError: no number, or one below 0.
    """
    if isinstance(value, str) or not value >= 0:
        raise ValueError(f"set_epsilon: value is {value!r}; expected a number, 0 or more.")
    settings.epsilon = float(value)


def image_data_format() -> str:
    """Default image layout, ``"channels_last"`` or ``"channels_first"``."""
    return settings.image_data_format


@telling
def set_image_data_format(data_format: str) -> None:
    """Make ``data_format`` the default image layout.

    Raises:
        ValueError: neither ``"channels_last"`` nor ``"channels_first"``.
    """
    settings.image_data_format = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """The image layout meant by ``data_format``; None means the default.

    Raises:
        ValueError: neither ``"channels_last"`` nor ``"channels_first"``.
    """
    if data_format is None:
        return settings.image_data_format
    value = str(data_format).lower()
    if value not in IMAGE_DATA_FORMATS:
        raise ValueError(
            f"data_format is {data_format!r}; expected `data_format` to be one of "
            f"{', '.join(IMAGE_DATA_FORMATS)}."
        )
    return value


def enable_interactive_logging() -> None:
    """Send progress and messages to standard output, the default."""
    settings.interactive_logging = True


def disable_interactive_logging() -> None:
    """Send progress and messages to the logger ``torchkeras`` instead of standard output."""
    settings.interactive_logging = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress and messages go to standard output."""
    return settings.interactive_logging


def uses_flash_attention(asked: bool | None) -> bool | None:
    """What a call's ``flash_attention`` comes to: if it is None, the default decides."""
    return settings.flash_attention if asked is None else asked


def keras_home() -> Path:
    """Folder of Keras's cache and settings: ``$KERAS_HOME`` or ``~/.keras``."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def load_settings_file(path: Path) -> None:
    """Take floatx, epsilon and image_data_format from Keras's ``keras.json``, if it is there."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if not isinstance(values, dict):
        return
    if values.get("floatx") in FLOATX:
        settings.floatx = values["floatx"]
    if isinstance(values.get("epsilon"), float):
        settings.epsilon = values["epsilon"]
    if values.get("image_data_format") in IMAGE_DATA_FORMATS:
        settings.image_data_format = values["image_data_format"]


load_settings_file(keras_home() / "keras.json")
