"""Memory that was never touched, in large pages where the system has them.

The first use of a page costs the system more time than filling it. NumPy asks for large pages, each
as large as 512 small ones, for all of its large arrays; torch doesn't.
"""

import ctypes
import os
import sys
from collections.abc import Callable

from torch import Tensor

_LEAST = 2**22  # bytes of a tensor that is worth it, as for NumPy
_LARGE = 14  # MADV_HUGEPAGE


def _advising() -> Callable[[int, int, int], int] | None:
    """The system's function; None if there is none, or if it isn't wanted."""
    if sys.platform != "linux" or os.environ.get("NUMPY_MADVISE_HUGEPAGE") == "0":
        return None
    function = ctypes.CDLL(None).madvise
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return function


_advise = _advising()  # now, since nothing is looked up in libraries while a file is read


def ask_for(tensor: Tensor) -> bool:
    """Ask for large pages for a tensor on the CPU that is about to be filled for the first time.

    Returns:
        Whether the system takes the advice. Nothing but time depends on it.

    Source: ``madvise`` of Linux. As in NumPy, ``NUMPY_MADVISE_HUGEPAGE=0`` turns it off.

    Example:
        >>> ask_for(torch.empty(100))
        False
    """
    pages = _pages(tensor)
    return _advise is not None and len(pages) > 0 and _advise(pages.start, len(pages), _LARGE) == 0


def _pages(tensor: Tensor) -> range:
    """Addresses of a tensor's memory, from the start of its first page; empty if it is small."""
    memory = tensor.untyped_storage()
    if memory.nbytes() < _LEAST:
        return range(0)
    page = os.sysconf("SC_PAGESIZE")
    return range(memory.data_ptr() // page * page, memory.data_ptr() + memory.nbytes())
