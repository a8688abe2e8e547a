"""Devices as a program divides them: limits of memory."""

import warnings
from typing import Any

import torch

from tensorflow.config.devices import PhysicalDevice
from torchkeras.core.checks import moment_error

_set: dict[str, list["LogicalDeviceConfiguration"]] = {}


class LogicalDeviceConfiguration:
    """A part of a device.

    Args:
        memory_limit: Its memory in MB; None takes what is needed.
        experimental_priority, experimental_device_ordinal: Accepted.
    """

    def __init__(
        self,
        memory_limit: float | None = None,
        experimental_priority: int | None = None,
        experimental_device_ordinal: int | None = None,
    ) -> None:
        self.memory_limit = memory_limit
        self.experimental_priority = experimental_priority
        self.experimental_device_ordinal = experimental_device_ordinal


def set_logical_device_configuration(
    device: PhysicalDevice, logical_devices: list[LogicalDeviceConfiguration]
) -> None:
    """Limit the memory of a GPU; torch divides no device into several."""
    if len(logical_devices) > 1:
        warnings.warn(
            f"{device.name} stays one device: torch divides none. Start several processes by "
            "torchrun instead.",
            stacklevel=2,
        )
    _set[device.name] = list(logical_devices)
    limits = [part.memory_limit for part in logical_devices if part.memory_limit is not None]
    number = int(device.name.rpartition(":")[2])
    if limits and device.device_type == "GPU" and number < torch.cuda.device_count():
        total = torch.cuda.get_device_properties(number).total_memory
        share = min(1.0, sum(limits) * 2**20 / total)
        torch.cuda.set_per_process_memory_fraction(share, number)


def get_logical_device_configuration(
    device: PhysicalDevice,
) -> list[LogicalDeviceConfiguration] | None:
    """What was set for a device; None if nothing was."""
    return _set.get(device.name)


def experimental_connect_to_cluster(cluster_spec_or_resolver: Any, **settings: Any) -> None:
    """Raises a RuntimeError: torch's processes are started together."""
    raise moment_error(
        "tf.config", "torch connects to no running cluster",
        "Start the processes by torchrun; tf.distribute.MultiWorkerMirroredStrategy finds them.",
    )  # fmt: skip


experimental_connect_to_host = experimental_connect_to_cluster
