"""The list of callbacks that ``fit``, ``evaluate`` and ``predict`` call."""

from collections.abc import Callable, Iterator
from typing import Any

from torchkeras.callbacks.base import Callback, History, listens
from torchkeras.callbacks.logs import Logs, to_floats
from torchkeras.callbacks.progress import ProgbarLogger
from torchkeras.core import nested
from torchkeras.core.checks import kind_error


class CallbackList(Callback):
    """Calls every callback of a list, in order.

    Batch hooks are called only on callbacks that act in them (``overrides``), with logs that
    leave the device when read. The other hooks get one plain dict of floats, which callbacks may
    add to for those behind them.

    Args:
        callbacks: A callback or a (nested) list of them.
        add_history: Append a ``History`` unless there is one.
        add_progbar: Append a ``ProgbarLogger`` unless there is one.
        model: The model they are to know.
        **params: The arguments of the run that they are to know.

    Raises:
        TypeError: something in the list is no callback.
        ValueError: ``on_*_end`` without ``on_*_begin``.

    Source: Keras 3 ``CallbackList``.

    Example:
        >>> calls = CallbackList([History()], epochs=3)
        >>> calls.overrides("on_epoch_end"), calls.overrides("on_train_batch_end")
        (True, False)
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = list(nested.flatten(callbacks)) if callbacks else []
        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "set_model"):
                name = callback.__name__ if isinstance(callback, type) else "Callback"
                expected = "callbacks: objects of `keras.callbacks.Callback`"
                raise kind_error("callbacks", "a member", callback, expected, f"Try {name}().")
        self._open_runs = 0
        self._listeners: dict[str, tuple[list[Callable[..., None]], bool]] = {}
        if add_history and not self._has(History):
            self.callbacks.append(History())
        if add_progbar and not self._has(ProgbarLogger):
            self.callbacks.append(ProgbarLogger())
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def _has(self, kind: type) -> bool:
        return any(isinstance(callback, kind) for callback in self.callbacks)

    def append(self, callback: Any) -> None:
        """Add a callback at the end."""
        self.callbacks.append(callback)
        self._listeners = {}

    def __iter__(self) -> Iterator[Any]:
        return iter(self.callbacks)

    def make_logs(
        self, model: Any, logs: dict[str, Any], outputs: Any, mode: str, prefix: str = ""
    ) -> dict[str, Any]:
        """``logs`` with the numbers of a step, as loops of tf.keras 2 make them.

        Args:
            model: The model, whose ``metrics_names`` the numbers go by.
            logs: The dict that is added to.
            outputs: What a step gave: numbers, or predictions in mode ``"predict"``.
            mode: ``"train"``, ``"test"`` or ``"predict"``.
            prefix: What names start with.
        """
        if not self.callbacks:
            return logs
        if mode in ("train", "test") and model.metrics_names:
            values = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            logs.update({prefix + n: v for n, v in zip(model.metrics_names, values, strict=False)})
        else:
            logs["outputs"] = outputs
        return logs

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        self._listeners = {}
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        for callback in self.callbacks:
            if isinstance(callback, History):
                model.history = callback
            callback.set_model(model)

    def overrides(self, hook: str) -> bool:
        """Whether a callback acts in ``hook``; constant from a run's begin to its end."""
        return bool(self._listening_in(hook)[0])

    def runs_users_code(self, hook: str) -> bool:
        """Whether a callback from outside torchkeras acts in ``hook``."""
        return self._listening_in(hook)[1]

    def _listening_in(self, hook: str) -> tuple[list[Callable[..., None]], bool]:
        """The methods to call, and whether any of them is a user's."""
        if hook not in self._listeners:
            listening = [one for one in self.callbacks if listens(one, hook)]
            if hook.endswith("_end"):
                listening.sort(key=lambda one: getattr(one, "acts_last", False))
            methods = [getattr(one, hook) for one in listening]
            self._listeners[hook] = methods, not all(map(_is_built_in, methods))
        return self._listeners[hook]

    def _call_batch(self, hook: str, batch: int, logs: Any) -> None:
        methods, may_be_kept = self._listening_in(hook)
        if not methods:
            return
        logs = logs if isinstance(logs, Logs) else Logs(logs or {})
        if may_be_kept:
            logs.hold()  # whoever keeps them reads the values of this step, not later ones
        for method in methods:
            method(batch, logs)

    def _call(self, hook: str, *arguments: Any) -> None:
        *position, logs = arguments
        methods, _ = self._listening_in(hook)
        if methods:
            logs = dict(logs) if isinstance(logs, Logs) else to_floats(logs or {})
        for method in methods:
            method(*position, logs)

    def _begin(self, hook: str, logs: Any) -> None:
        self._open_runs += 1
        self._listeners = {}  # arguments of callbacks may have changed since the last run
        self._call(hook, logs)

    def _end(self, hook: str, logs: Any) -> None:
        self._call(hook, logs)
        self._open_runs -= 1
        if self._open_runs < 0:
            raise ValueError(f"`{hook}` called without corresponding `{hook[:-3]}begin`.")

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call_batch("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call_batch("on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call_batch("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call_batch("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call_batch("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call_batch("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._call_batch("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._call_batch("on_predict_batch_end", batch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._call("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._call("on_epoch_end", epoch, logs)

    def let_go(self) -> None:
        self._open_runs = 0
        for callback in self.callbacks:
            if isinstance(callback, Callback):
                callback.let_go()

    def on_train_begin(self, logs: Any = None) -> None:
        self._begin("on_train_begin", logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._end("on_train_end", logs)

    def on_test_begin(self, logs: Any = None) -> None:
        self._begin("on_test_begin", logs)

    def on_test_end(self, logs: Any = None) -> None:
        self._end("on_test_end", logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._begin("on_predict_begin", logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._end("on_predict_end", logs)


def _is_built_in(method: Callable[..., None]) -> bool:
    return (getattr(method, "__module__", None) or "").startswith("torchkeras.")
