"""``tf.config.threading``: how many threads compute."""

import torch
from torchkeras_shim.names import missing

__getattr__ = missing(__name__)


def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Let one operation use so many threads; 0 leaves it to torch."""
    if num_threads:
        torch.set_num_threads(int(num_threads))


def get_intra_op_parallelism_threads() -> int:
    """How many threads one operation uses."""
    return torch.get_num_threads()


def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Nothing: torch runs one operation after another."""


def get_inter_op_parallelism_threads() -> int:
    """1: torch runs one operation after another."""
    return 1
