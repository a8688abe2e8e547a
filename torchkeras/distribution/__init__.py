"""Several processes that compute as one."""

from torchkeras.distribution.adding import adding_up, reduction_outside_fit
from torchkeras.distribution.alone import ALONE, Alone, current_group
from torchkeras.distribution.launching import launch
from torchkeras.distribution.mesh import DeviceMesh, LayoutMap, TensorLayout, distribute_tensor
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
from torchkeras.distribution.replicas import Group, is_divided, replicas
from torchkeras.distribution.sharding import Sharding, stored_axis
from torchkeras.distribution.strategies import (
    DataParallel,
    Distribution,
    ModelParallel,
    distribution,
    set_distribution,
)

__all__ = [
    "ALONE",
    "Alone",
    "DataParallel",
    "DeviceMesh",
    "Distribution",
    "Group",
    "LayoutMap",
    "ModelParallel",
    "Sharding",
    "TensorLayout",
    "adding_up",
    "agreed",
    "current_group",
    "distribute_tensor",
    "distribution",
    "gathered_objects",
    "get_device_count",
    "initialize",
    "is_chief",
    "is_divided",
    "launch",
    "list_devices",
    "local_rank",
    "rank",
    "reduction_outside_fit",
    "replicas",
    "set_distribution",
    "start",
    "stored_axis",
    "world_size",
]
