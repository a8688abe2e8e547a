"""``tf.distribute.experimental``: older places of strategies, and options that torch has no use
for."""

import enum
from typing import Any

from torchkeras_shim.names import missing

from tensorflow.distribute.strategies import MirroredStrategy, MultiWorkerMirroredStrategy

__getattr__ = missing(__name__)


class CommunicationImplementation(enum.Enum):
    """Which library processes talk by. torch takes NCCL on CUDA devices, gloo on others."""

    AUTO = "AUTO"
    RING = "RING"
    NCCL = "NCCL"


CollectiveCommunication = CommunicationImplementation


class CommunicationOptions:
    """Taken for scripts' sake; torch has settings of its own (``NCCL_*``, ``GLOO_*``)."""

    def __init__(
        self,
        bytes_per_pack: int = 0,
        timeout_seconds: float | None = None,
        implementation: Any = CommunicationImplementation.AUTO,
    ) -> None:
        self.bytes_per_pack = bytes_per_pack
        self.timeout_seconds = timeout_seconds
        self.implementation = implementation


class CentralStorageStrategy(MirroredStrategy):
    """``MirroredStrategy``: each process has its own copy of the weights."""


__all__ = [
    "CentralStorageStrategy",
    "CollectiveCommunication",
    "CommunicationImplementation",
    "CommunicationOptions",
    "MultiWorkerMirroredStrategy",
]
