"""``clear_session``."""

import gc

from torchkeras.core.naming import reset_names
from torchkeras.core.policies import set_dtype_policy
from torchkeras.core.settings import enable_interactive_logging, floatx
from torchkeras.tracer.symbolic import release_modules


def clear_session(free_memory: bool = True) -> None:
    """Forget automatic names, the global dtype policy and where messages go.

    Models live no longer than anything that refers to them (see ``Model``), so there is nothing
    else to clear.

    Args:
        free_memory: Whether to run the garbage collector.

    Source: Keras 3 ``clear_session``.
    """
    reset_names()
    release_modules()
    set_dtype_policy(floatx())
    enable_interactive_logging()
    if free_memory:
        gc.collect()
