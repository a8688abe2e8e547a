"""Small weights on the ways of large ones, which no attack here has the size for."""

import contextlib
import unittest.mock

from torchkeras.saving import file_mapping, plan, transfer, turning

# From which sizes on files are read past HDF5, used as they lie in memory, and cut for threads.
SIZES = (
    (plan, "_LARGE", 1), (file_mapping, "_LEAST", 1), (transfer, "SHARE", 64),
    (turning, "SHARE", 64), (transfer, "_PART", 64), (turning, "_PART", 64),
)  # fmt: skip


@contextlib.contextmanager
def as_if_large():
    """Within it, weights of any size are read as large ones are."""
    with contextlib.ExitStack() as stack:
        for module, name, size in SIZES:
            stack.enter_context(unittest.mock.patch.object(module, name, size))
        yield


def of_large(way):
    """The way of a file into the package, for weights that are large."""

    def large(path, work):
        call = way(path, work)

        def watched():
            with as_if_large():
                return call()

        return watched

    return large
