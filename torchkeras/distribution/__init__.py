"""Several processes that compute as one."""

from torchkeras.distribution.processes import (
    get_device_count,
    initialize,
    is_chief,
    list_devices,
    local_rank,
    rank,
    start,
    world_size,
)
from torchkeras.distribution.replicas import Alone, Group, current_group, replicas

__all__ = [
    "Alone",
    "Group",
    "current_group",
    "get_device_count",
    "initialize",
    "is_chief",
    "list_devices",
    "local_rank",
    "rank",
    "replicas",
    "start",
    "world_size",
]
