"""What every callback is, and History, the one that ``fit`` returns."""

from collections.abc import Callable, Iterable
from typing import Any

from torch.nn.parallel import DistributedDataParallel


class Callback:
    """Base of objects that act at given moments of ``fit``, ``evaluate`` and ``predict``.

    Override the methods of the moments of interest. ``logs`` are dicts of floats; they leave the
    device when they are read, so a method that doesn't look at them costs nothing more.

    Attributes:
        params: Arguments of the run: ``verbose``, ``epochs`` and ``steps`` (None if unknown).
        model: The model in training; set ``model.stop_training = True`` to end ``fit``.

    Source: Keras 3 ``Callback``.

    Example:
        >>> class Shout(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, logs["loss"])
        >>> Shout().on_epoch_end(0, {"loss": 0.5})
        0 0.5
    """

    params: dict[str, Any] | None = None
    _model: Any = None

    def __init__(self) -> None:
        self.params = None
        self._model = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the arguments of the run."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model that is about to run."""
        self._model = model

    @property
    def model(self) -> Any:
        """The model, taken out of ``DistributedDataParallel`` if it is wrapped in it."""
        model = getattr(self, "_model", None)  # a subclass may leave out this constructor
        return model.module if isinstance(model, DistributedDataParallel) else model

    @model.setter
    def model(self, model: Any) -> None:
        self._model = model

    def quiet_hooks(self) -> Iterable[Callable[..., None]]:
        """Functions of this class that would do nothing with the present arguments."""
        return ()

    def let_go(self) -> None:
        """Called when an exception has ended the run: give back what is held."""

    def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Another name of ``on_train_batch_begin``."""

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Another name of ``on_train_batch_end``."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Before epoch number ``epoch``, counted from 0 (``fit`` only)."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """After an epoch and its validation, whose names start with ``val_`` (``fit`` only)."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before step number ``batch`` of the epoch, counted from 0."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a training step; ``logs`` holds the averages of the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a step of ``evaluate`` or of validation."""

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a step of ``evaluate`` or of validation."""

    def on_predict_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a step of ``predict``."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a step of ``predict``; ``logs["outputs"]`` are its predictions."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """At the start of ``fit``."""

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """At the end of ``fit``, with the logs of the last epoch."""

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """At the start of ``evaluate`` or of validation."""

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """At the end of ``evaluate`` or of validation, with its results."""

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        """At the start of ``predict``."""

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        """At the end of ``predict``."""


def listens(callback: Any, hook: str) -> bool:
    """Whether ``callback.<hook>`` would do anything.

    Example:
        >>> listens(Callback(), "on_epoch_end"), listens(History(), "on_epoch_end")
        (False, True)
    """
    method = getattr(callback, hook, None)
    function = getattr(method, "__func__", method)
    if function is None:
        return False
    if function is Callback.on_train_batch_begin:
        return listens(callback, "on_batch_begin")
    if function is Callback.on_train_batch_end:
        return listens(callback, "on_batch_end")
    quiet = callback.quiet_hooks() if isinstance(callback, Callback) else ()
    return function is not getattr(Callback, hook) and function not in quiet


class History(Callback):
    """Keeps the logs of every epoch; ``fit`` returns one.

    Attributes:
        history: Name to list of values, one for each epoch. ``history["lr"]`` finds
            ``"learning_rate"``, its name in Keras 3.
        epoch: Numbers of the epochs, counted from 0.

    Source: Keras 3 ``History``.
    """

    __slots__ = ("_model",)  # what a model remembers of its History mustn't hold the model

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = Records()

    def get_state(self) -> dict[str, Any]:
        """The records."""
        return {"epoch": self.epoch, "history": dict(self.history)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what ``get_state`` gave."""
        self.epoch[:] = state["epoch"]
        self.history.clear()
        self.history.update(state["history"])
        self.model.history = self

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self


class Records(dict):
    """``History.history``: a dict that also answers to a name of Keras 2."""

    def __missing__(self, name: str) -> list[Any]:
        if name == "lr" and "learning_rate" in self:
            return self["learning_rate"]
        raise KeyError(name)
