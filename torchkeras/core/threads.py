"""Threads of Python that use torch."""

from concurrent.futures import ThreadPoolExecutor

import torch


def thread_pool(count: int, name: str = "") -> ThreadPoolExecutor:
    """A pool of threads that may use torch, in a forked process too.

    Args:
        count: Threads at most, 1 or more.
        name: What their names begin with.

    Example:
        >>> with thread_pool(2) as pool:
        ...     list(pool.map(torch.abs, [torch.tensor(-1), torch.tensor(2)]))
        [tensor(1), tensor(2)]
    """
    # Torch sets up its own threads anew when a thread of a forked process first needs them, and
    # fails if two do at once. Asked for their number it does so too, but holds the interpreter's
    # lock, so that one thread after the other does it before its work.
    return ThreadPoolExecutor(count, name, initializer=torch.get_num_threads)
