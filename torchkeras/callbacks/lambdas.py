"""LambdaCallback."""

from collections.abc import Callable
from typing import Any

from torchkeras.callbacks.base import Callback
from torchkeras.core.checks import kind_error, nearest


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin, on_epoch_end: ``f(epoch, logs)``.
        on_train_begin, on_train_end: ``f(logs)``.
        on_train_batch_begin, on_train_batch_end: ``f(batch, logs)``; also accepted as
            ``on_batch_begin`` and ``on_batch_end``, as tf.keras 2 has it.
        **kwargs: Functions for other hooks by name; anything else becomes an attribute.

    Raises:
        TypeError: a hook isn't callable, or a name that starts with ``on_`` is none.

    Source: Keras 3 ``LambdaCallback``.

    Example:
        >>> LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs["loss"])).on_epoch_end(
        ...     0, {"loss": 0.5}
        ... )
        0.5
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        *,
        on_batch_begin: Callable[..., Any] | None = None,
        on_batch_end: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            "on_batch_begin": on_batch_begin,
            "on_batch_end": on_batch_end,
        }
        for name, value in {**hooks, **kwargs}.items():
            if value is not None or name not in hooks:
                self._adopt(name, value)

    def _adopt(self, name: str, value: Any) -> None:
        if name.startswith("on_"):
            known = [hook for hook in dir(Callback) if hook.startswith("on_")]
            if name not in known:
                raise kind_error(self, "an argument", name, "a hook", nearest(name, known))
            if value is None:
                return
            if not callable(value):
                raise kind_error(self, name, value, "a function")
        setattr(self, name, value)
