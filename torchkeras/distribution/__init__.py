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
from torchkeras.distribution.replicas import (
    Alone,
    Group,
    mean_denominator,
    replicas,
    sum_factor,
)

__all__ = [
    "Alone",
    "Group",
    "get_device_count",
    "initialize",
    "is_chief",
    "list_devices",
    "local_rank",
    "mean_denominator",
    "rank",
    "replicas",
    "start",
    "sum_factor",
    "world_size",
]
