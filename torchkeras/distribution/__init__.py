"""Several processes that compute as one."""

from torchkeras.distribution.processes import (
    agreed,
    gathered_objects,
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
    "agreed",
    "current_group",
    "gathered_objects",
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
