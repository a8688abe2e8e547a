"""``tf.compat.v2``: ``tf`` itself."""

import sys
from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(sys.modules["tensorflow"], name)
