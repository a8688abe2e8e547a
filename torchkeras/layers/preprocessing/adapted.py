"""The base of users' own layers that look at data before training (tf.keras 2)."""

from collections.abc import Callable, Iterator
from typing import Any

from typing_extensions import Unpack

from torchkeras.core.checks import argument_error
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.preprocessing.adapting import batches_of, is_whole
from torchkeras.layers.preprocessing.base import DataLayer


class PreprocessingLayer(DataLayer):
    """Base of layers whose state comes from data by ``adapt``, not from training.

    A subclass writes ``update_state(data)``, ``reset_state()`` and, if there is more to do at the
    end, ``finalize_state()``.

    Source: tf.keras 2 ``PreprocessingLayer``.
    """

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self._is_adapted = False
        self._adapt_function: Callable[[Iterator[Any]], None] | None = None
        self._steps_per_execution = 1

    @property
    def is_adapted(self) -> bool:
        """Whether the layer has seen data since it was made or reset."""
        return self._is_adapted

    def update_state(self, data: Any) -> None:
        """Take a batch into account; a subclass writes this."""
        raise NotImplementedError(f"{type(self).__name__} has no update_state: write it.")

    def reset_state(self) -> None:
        """Forget all data; a subclass writes this."""
        raise NotImplementedError(f"{type(self).__name__} has no reset_state: write it.")

    def finalize_state(self) -> None:
        """Do what is left to do when all data have been seen."""

    def compile(
        self, run_eagerly: bool | None = None, steps_per_execution: int | None = None
    ) -> None:
        """Say how ``adapt`` runs.

        Args:
            run_eagerly: Changes nothing: ``adapt`` always runs eagerly on torch.
            steps_per_execution: Batches that each call of ``make_adapt_function()`` takes.

        Raises:
            ValueError: ``steps_per_execution`` is below 1.
        """
        steps = 1 if steps_per_execution is None else steps_per_execution
        if steps < 1:
            raise argument_error(self, "steps_per_execution", steps, "an integer, 1 or more")
        self._steps_per_execution = steps
        self._adapt_function = None

    def make_adapt_function(self) -> Callable[[Iterator[Any]], None]:
        """What takes batches from an iterator and calls ``update_state``; may be overridden."""
        if self._adapt_function is None:

            def take(batches: Iterator[Any]) -> None:
                for _ in range(self._steps_per_execution):
                    batch = next(batches)
                    if not self.built:
                        self.build(getattr(batch, "shape", None))
                        self.built = True
                    self.update_state(batch)

            self._adapt_function = take
        return self._adapt_function

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Take the state from data, forgetting what was seen before.

        Args:
            data: An array or tensor, or batches of them.
            batch_size: Samples of an array that ``update_state`` gets at once; None is 32.
            steps: Number of batches to take; None takes all.

        Raises:
            TypeError: ``data`` is of another kind.
        """
        if self.built:
            self.reset_state()
        batches = batches_of(self, data, None if is_whole(data) else steps)
        if is_whole(data):
            batches = _cut(batches, batch_size or 32, steps)
        take = self.make_adapt_function()
        try:
            while True:
                take(batches)
        except StopIteration:  # no more batches
            pass
        self.finalize_state()
        self._is_adapted = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "reset_state" in cls.__dict__:
            cls.reset_state = _marking(cls.__dict__["reset_state"])


def _marking(reset: Callable[[Any], None]) -> Callable[[Any], None]:
    """``reset_state`` that also notes that nothing has been seen."""

    def reset_state(self: PreprocessingLayer) -> None:
        reset(self)
        self._is_adapted = False

    reset_state.__doc__ = reset.__doc__
    return reset_state


def _cut(arrays: Iterator[Any], size: int, steps: int | None) -> Iterator[Any]:
    for array in arrays:
        starts = range(0, len(array), size)
        for start in starts if steps is None else starts[:steps]:
            yield array[start : start + size]
