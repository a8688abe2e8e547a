"""``tf.config``: what devices there are, and settings of the runtime."""

from typing import Any

from torchkeras_shim.names import missing

from tensorflow.config import experimental, threading
from tensorflow.config.devices import (
    LogicalDevice,
    PhysicalDevice,
    list_logical_devices,
    list_physical_devices,
)
from tensorflow.config.logical import (
    LogicalDeviceConfiguration,
    experimental_connect_to_cluster,
    experimental_connect_to_host,
    get_logical_device_configuration,
    set_logical_device_configuration,
)

__getattr__ = missing(__name__)


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices there are."""
    return list_physical_devices(device_type)


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Nothing: torch sees the devices that CUDA_VISIBLE_DEVICES names."""


def set_soft_device_placement(enabled: bool) -> None:
    """Nothing: a device that isn't there is always replaced by the CPU."""


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Nothing: functions always run as Python."""


experimental_run_functions_eagerly = run_functions_eagerly


def functions_run_eagerly() -> bool:
    """True: functions always run as Python."""
    return True
