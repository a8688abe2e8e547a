"""``tf.summary.experimental``: steps and names of summaries."""

import contextlib
from collections.abc import Iterator
from typing import Any

from torchkeras_shim.names import missing

from torchkeras.callbacks.summaries import get_step, set_step
from torchkeras.core.scopes import current_path, name_scope

__getattr__ = missing(__name__)
__all__ = ["get_step", "set_step", "summary_scope"]


def tag_of(name: str) -> str:
    """The name of a summary with those of the scopes around it."""
    return "/".join(filter(None, (current_path(), name)))


@contextlib.contextmanager
def summary_scope(
    name: str, default_name: str = "summary", values: Any = None
) -> Iterator[tuple[str, str]]:
    """Give the tag of a summary, and the name of the scope entered inside.

    ``values`` changes nothing here: names don't follow from tensors.
    """
    name = name or default_name
    tag = tag_of(name)
    with name_scope(name):
        yield tag, f"{tag}/"
