"""``tf.config.experimental``: older places of what ``tf.config`` has, and memory."""

from typing import Any

import torch
from torchkeras_shim.names import missing

from tensorflow.config.devices import list_logical_devices, list_physical_devices
from tensorflow.config.logical import (
    LogicalDeviceConfiguration as VirtualDeviceConfiguration,
)
from tensorflow.config.logical import (
    get_logical_device_configuration as get_virtual_device_configuration,
)
from tensorflow.config.logical import (
    set_logical_device_configuration as set_virtual_device_configuration,
)

__getattr__ = missing(__name__)


def set_memory_growth(device: Any, enable: bool) -> None:
    """Nothing: torch always takes memory as it is needed."""


def get_memory_growth(device: Any) -> bool:
    """True for every ``device``: torch always takes memory as it is needed."""
    return True


def get_memory_info(device: str) -> dict[str, int]:
    """Bytes in use now and at most so far; zeros for the CPU."""
    if "GPU" not in device.upper() or not torch.cuda.is_available():
        return {"current": 0, "peak": 0}
    return {"current": torch.cuda.memory_allocated(), "peak": torch.cuda.max_memory_allocated()}


def enable_tensor_float_32_execution(enabled: bool) -> None:
    """Let matrix products of float32 round their factors to 10 bits, where the device can."""
    torch.backends.cuda.matmul.allow_tf32 = bool(enabled)


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Nothing: torch sees the devices that CUDA_VISIBLE_DEVICES names."""


def enable_op_determinism() -> None:
    """Make operations give the same bits each time, or fail where they can't."""
    torch.use_deterministic_algorithms(True)
