"""``keras.config``: the process-wide defaults."""

from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import dtype_policy
from torchkeras.core.policies import set_dtype_policy
from torchkeras.core.serialization import enable_unsafe_deserialization
from torchkeras.core.settings import (
    disable_interactive_logging,
    enable_interactive_logging,
    epsilon,
    floatx,
    image_data_format,
    is_interactive_logging_enabled,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    settings,
)


def backend() -> str:
    """``"torch"``, the only one."""
    return "torch"


def set_backend(backend: str) -> None:
    """Accept ``"torch"``.

    Raises:
        ValueError: another backend is asked for.
    """
    if backend != "torch":
        raise argument_error("set_backend", "backend", backend, "'torch', the only one")


def is_nnx_enabled() -> bool:
    """False: NNX belongs to JAX."""
    return False


def enable_flash_attention() -> None:
    """Let attention use torch's flash kernels, as torch does by itself where they fit."""
    settings.flash_attention = None


def disable_flash_attention() -> None:
    """Keep attention that isn't told otherwise from using flash kernels."""
    settings.flash_attention = False


def is_flash_attention_enabled() -> bool | None:
    """False if flash kernels are disabled; None if torch chooses."""
    return settings.flash_attention


def enable_traceback_filtering() -> None:
    """Take note that tracebacks should be filtered; they have no inner frames worth hiding."""
    settings.traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Take note that tracebacks should be whole, as they are."""
    settings.traceback_filtering = False


def is_traceback_filtering_enabled() -> bool:
    """What was last asked for; tracebacks are whole in both cases."""
    return settings.traceback_filtering


def max_epochs() -> int | None:
    """The most epochs that ``fit`` runs, whatever it is told; None is no limit."""
    return settings.max_epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of every ``fit``, 1 or more; None lifts the limit."""
    settings.max_epochs = _limit("set_max_epochs", "max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The most steps of an epoch, whatever ``fit`` is told; None is no limit."""
    return settings.max_steps_per_epoch


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the steps of every epoch, 1 or more; None lifts the limit."""
    settings.max_steps_per_epoch = _limit(
        "set_max_steps_per_epoch", "max_steps_per_epoch", max_steps_per_epoch
    )


def _limit(owner: str, argument: str, value: int | None) -> int | None:
    if value is not None and (not isinstance(value, int) or value < 1):
        raise argument_error(owner, argument, value, "an integer, 1 or more, or None")
    return value


__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
]
