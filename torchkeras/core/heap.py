"""The C library's heap: memory that a step frees is kept for the next one."""

import ctypes
import functools
import os
import platform
import sys

# Options of mallopt by the numbers that malloc.h gives them, and what they are set to, in bytes.
_TRIM_THRESHOLD, _KEPT = -1, 2**30
_MMAP_THRESHOLD, _FROM_HEAP = -3, 2**28
# By these a user says what they are to be.
_VARIABLES = (
    "GLIBC_TUNABLES",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TOP_PAD_",
    "MALLOC_TRIM_THRESHOLD_",
)


@functools.cache
def keep_freed_memory() -> bool:
    """Let glibc keep up to 1 GiB of what this process frees, and take tensors up to 256 MiB of it.

    It otherwise gives the end of its heap, and each large tensor, back to the system in every step
    and takes them again page by page in the next. Values are the same. Nothing is done with another
    C library, or where the environment says how large these thresholds are to be.

    Returns:
        Whether it does so from now on.
    """
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        return False
    if any(name in os.environ for name in _VARIABLES):
        return False
    set_option = ctypes.CDLL(None).mallopt
    return all(
        [set_option(_MMAP_THRESHOLD, _FROM_HEAP), set_option(_TRIM_THRESHOLD, _KEPT)]  # both
    )
