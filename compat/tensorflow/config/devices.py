"""The devices of this machine under TensorFlow's names."""

from typing import NamedTuple

import torch


class PhysicalDevice(NamedTuple):
    """A device of the machine."""

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device as programs name it."""

    name: str
    device_type: str


def _devices(device_type: str | None) -> list[tuple[str, int]]:
    found = [("CPU", 0), *(("GPU", index) for index in range(torch.cuda.device_count()))]
    return [pair for pair in found if device_type in (None, pair[0])]


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices of the machine; of one type, ``"CPU"`` or ``"GPU"``, if named."""
    return [PhysicalDevice(f"/physical_device:{k}:{i}", k) for k, i in _devices(device_type)]


def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """The devices as programs name them; of one type if named."""
    return [LogicalDevice(f"/device:{k}:{i}", k) for k, i in _devices(device_type)]
