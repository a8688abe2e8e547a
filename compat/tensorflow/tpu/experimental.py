"""``tf.tpu.experimental``: starting TPUs, of which there are none."""

from typing import Any

from torchkeras_shim.names import missing

from torchkeras.core.checks import moment_error

__getattr__ = missing(__name__)


def initialize_tpu_system(cluster_resolver: Any = None) -> Any:
    """Raises a RuntimeError: there are no TPUs here."""
    raise moment_error(
        "tf.tpu", "there are no TPUs here", "Use tf.distribute.get_strategy(), or torch_xla."
    )


def shutdown_tpu_system(cluster_resolver: Any = None) -> None:
    """Nothing: no TPU was started."""
