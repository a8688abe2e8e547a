"""``tf.test``: what the machine has."""

from typing import Any

import torch
from torchkeras_shim.names import missing

__getattr__ = missing(__name__)


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether there is a GPU, of this compute capability at least; any, or NVIDIA's only."""
    if not torch.cuda.is_available() or (cuda_only and not is_built_with_cuda()):
        return False
    wanted = min_cuda_compute_capability
    return wanted is None or torch.cuda.get_device_capability() >= tuple(wanted)


def is_built_with_cuda() -> bool:
    """Whether this torch was built with CUDA."""
    return torch.version.cuda is not None


def is_built_with_gpu_support() -> bool:
    """Whether this torch was built for some GPU."""
    return torch.version.cuda is not None or torch.version.hip is not None


def gpu_device_name() -> str:
    """The name of the first GPU, or an empty string."""
    return "/device:GPU:0" if torch.cuda.is_available() else ""
