"""The story of ``fit``, ``evaluate`` and ``predict``.

    fit                       data.batches(x, y, ...) -> one stream; callbacks.on_train_begin
    └─ _results_of_epoch      for batch in batches: callbacks; step(batch); callbacks
       └─ train_step          y_pred = self(x); loss = self.compute_loss(...)
          ├─ precision.step   scale, backward, unscale, optimizer.step
          └─ compute_metrics  logs stay on the device until a callback reads them
       evaluate               val_ logs; callbacks.on_epoch_end(epoch, logs)

``evaluate`` and ``predict`` use ``_results_of_epoch`` too. A step may be overridden
(``train_step``, ``test_step``, ``predict_step``), and so may what makes it
(``make_train_function``, ...).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor

from torchkeras import data
from torchkeras.callbacks import CallbackList, History
from torchkeras.callbacks.logs import Logs, to_floats
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.remembered import Remembered
from torchkeras.core.settings import settings
from torchkeras.data import unpack_x_y_sample_weight
from torchkeras.distribution import Alone
from torchkeras.training import preparation
from torchkeras.training.compilation import Compilation
from torchkeras.training.execution import Executions, Step, groups
from torchkeras.training.foreign import advance_by_epoch
from torchkeras.training.older import OlderNames
from torchkeras.training.precision import Precision
from torchkeras.training.resuming import Progress, are_to_be_kept
from torchkeras.training.single import SingleBatches
from torchkeras.training.trees import StateTrees


class Trainer(StateTrees, OlderNames, SingleBatches, Executions, Compilation):
    """What makes a layer trainable: ``compile``, ``fit``, ``evaluate`` and ``predict``.

    Attributes:
        stop_training: Set to True (by a callback or a step), it ends ``fit`` after the step.
        stop_evaluating, stop_predicting: The same for ``evaluate`` and ``predict``.
    """

    stop_training = False
    stop_evaluating = False
    stop_predicting = False
    _initial_epoch: int | None = None  # set by callbacks that resume a run
    _step_precision: Precision = Precision(Alone())
    _together: Any = None
    _full_batch: float | None = None  # samples of a batch that weighs 1 in gradient accumulation
    _progress: Progress | None = None

    @property
    def history(self) -> Any:
        """The ``History`` of the last ``fit``; None before."""
        history = self.__dict__.get("_last_history")
        return history.get(_model=self) if type(history) is Remembered else history

    @history.setter
    def history(self, value: Any) -> None:
        # It holds the model, so the model doesn't hold it.
        self.__dict__["_last_history"] = Remembered(value) if isinstance(value, History) else value

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Iterable[int] = 1,
        max_queue_size: int | None = None,
        workers: int | None = None,
        use_multiprocessing: bool | None = None,
    ) -> Any:
        """Train the model.

        Args:
            x: Arrays or a source of batches, see ``data.batches``.
            y: Targets, unless they come with the batches.
            batch_size: Samples of a step, over all processes, 1 or more; None means 32.
            epochs: Number of the last epoch, counted from 1.
            verbose: 0 silent, 1 progress bar, 2 a line per epoch; ``"auto"`` means 1, and 2 without
                interactive logging.
            callbacks: ``Callback`` objects, or a ``CallbackList``.
            validation_split: Fraction in [0, 1) of the samples, taken from the end of the arrays
                before shuffling, that is evaluated after each epoch instead of trained on.
            validation_data: ``(x, y)``, ``(x, y, sample_weight)`` or a source of batches that is
                evaluated after each epoch.
            shuffle: Whether arrays come in a new order in each epoch; ``"batch"`` shuffles within
                batches. A source that can't be indexed keeps its own order.
            class_weight: Weight of each class index in the loss.
            sample_weight: Weight of each sample (or step) in the loss.
            initial_epoch: Number of epochs to leave out.
            steps_per_epoch: Batches of an epoch; None takes all there are.
            validation_steps, validation_batch_size: The same for validation.
            validation_freq: Epochs from one validation to the next, or the numbers of the epochs
                after which to validate, counted from 1.
            max_queue_size, workers, use_multiprocessing: Options for a ``PyDataset``, as
                tf.keras 2 has them.

        Returns:
            A ``History`` of losses and metrics.

        Raises:
            RuntimeError, ValueError: ``compile`` wasn't called (it is of both classes).
            ValueError: data, arguments and outputs don't fit together.
            TypeError: ``x`` is no kind of data.

        Source: Keras 3 ``Model.fit``.
        """
        self._check_compiled("fit")
        preparation.check_epochs(epochs=epochs, initial_epoch=initial_epoch)
        epochs = preparation.limited(epochs, settings.max_epochs, "epochs")
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = data.train_validation_split(
                (x, y, sample_weight), validation_split
            )
        preparation.set_workers(x, max_queue_size, workers, use_multiprocessing)
        with preparation.Run(self, overlaps=True) as run:
            stream = run.batches(
                x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight
            )
            validation = None
            if validation_data is not None:
                validation = run.batches(
                    *preparation.parts_of(validation_data),
                    batch_size=validation_batch_size or batch_size,
                    steps=validation_steps,
                )
            epoch_of = preparation.epochs(stream, steps_per_epoch, run.share)
            if are_to_be_kept(callbacks):
                run.remember(stream, validation)
            run.prepare(stream)
            callbacks = self._callback_list(callbacks, verbose, epochs, epoch_of.steps, True)
            run.callbacks = callbacks
            logs: Mapping[str, Any] = {}
            self.stop_training = False
            train = self._train_runner()
            progress = self.__dict__["_progress"] = Progress(self, callbacks, epoch_of, validation)
            progress.find()
            callbacks.on_train_begin()
            for epoch in progress.epochs(self._initial_epoch or initial_epoch, epochs):
                self.reset_metrics()
                callbacks.on_epoch_begin(epoch)
                progress.go_on()
                self.train()
                results = self._results_of_epoch(epoch_of, train, callbacks, "train")
                self.eval()
                if not epoch_of.read:
                    break
                logs = results
                if validation is not None and _is_due(epoch, validation_freq):
                    found = self._validation_logs(validation, validation_steps, callbacks)
                    logs = {**logs, **{f"val_{name}": value for name, value in found.items()}}
                advance_by_epoch(self.lr_scheduler, logs)
                callbacks.on_epoch_end(epoch, logs)
                if self.stop_training or epoch_of.is_exhausted:
                    break
            if epoch_of.is_exhausted and not (self.stop_training or steps_per_epoch):
                preparation.warn_of_exhaustion(progress.epoch + 1, epochs)
            run.finish()
            callbacks.on_train_end(logs or progress.logs)
        return self.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        max_queue_size: int | None = None,
        workers: int | None = None,
        use_multiprocessing: bool | None = None,
    ) -> Any:
        """Loss and metrics on data that the model isn't trained on.

        Args:
            x, y, batch_size, verbose, sample_weight, callbacks: See ``fit``.
            steps: Batches to evaluate; None takes all there are.
            return_dict: Whether to give a dict instead of a list.
            max_queue_size, workers, use_multiprocessing: See ``fit``.

        Returns:
            The loss; with metrics, a list in the order of ``metrics_names``, or a dict.

        Raises:
            RuntimeError, ValueError: ``compile`` wasn't called (it is of both classes).
            ValueError: data and outputs don't fit together.

        Source: Keras 3 ``Model.evaluate``.
        """
        self._check_compiled("evaluate")
        preparation.set_workers(x, max_queue_size, workers, use_multiprocessing)
        with preparation.Run(self) as run:
            stream = run.batches(x, y, sample_weight, batch_size, steps)
            run.prepare(stream, trains=False)
            callbacks = self._callback_list(callbacks, verbose, 1, steps or stream.steps)
            run.callbacks = callbacks
            logs = self._evaluation_logs(stream, steps, callbacks)
        return logs if return_dict else self._in_order(logs)

    def _validation_logs(
        self, stream: data.Batches, steps: int | None, callbacks: CallbackList
    ) -> dict[str, Any]:
        """``_evaluation_logs``; nothing of an iterator that earlier epochs have read to its end."""
        if stream.is_over:
            preparation.warn_of_validation()
            return {}
        return self._evaluation_logs(stream, steps, callbacks)

    def _evaluation_logs(
        self, stream: data.Batches, steps: int | None, callbacks: CallbackList
    ) -> dict[str, Any]:
        """Logs of one pass over ``stream`` in inference mode."""
        self.eval()
        self.stop_evaluating = False
        callbacks.on_test_begin()
        self.reset_metrics()
        epoch = preparation.epochs(stream, steps, self._replica_group.share)
        logs = to_floats(self._results_of_epoch(epoch, self._test_runner(), callbacks, "test"))
        callbacks.on_test_end(logs)
        return logs

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int | None = None,
        workers: int | None = None,
        use_multiprocessing: bool | None = None,
    ) -> Any:
        """Outputs for all samples, in their order.

        Args:
            x, batch_size, verbose, callbacks: See ``fit``; targets that come with batches are left
                aside.
            steps: Batches to predict for; None takes all there are.
            max_queue_size, workers, use_multiprocessing: See ``fit``.

        Returns:
            NumPy arrays in the structure of the outputs.

        Source: Keras 3 ``Model.predict``.
        """
        preparation.set_workers(x, max_queue_size, workers, use_multiprocessing)
        with preparation.Run(self) as run:
            stream = run.batches(x, batch_size=batch_size, steps=steps)
            callbacks = self._callback_list(callbacks, verbose, 1, steps or stream.steps)
            run.callbacks = callbacks
            self.eval()
            self.stop_predicting = False
            outputs: list[Any] = []
            predict = self._predict_runner()

            def step(batch: Any) -> Any:
                outputs.append(predict(batch))
                return outputs[-1]

            callbacks.on_predict_begin()
            epoch = preparation.epochs(stream, steps, run.share)
            for _ in self._steps_of_epoch(
                epoch, step, callbacks, "predict", preparation.outputs_as_logs
            ):
                if self.stop_predicting:
                    break
            callbacks.on_predict_end()
            if not outputs:
                raise argument_error("predict", "x", "empty", "data with at least one sample")
            return preparation.joined(outputs, run.group)

    # One pass over data.

    def _callback_list(
        self, callbacks: Any, verbose: Any, epochs: int, steps: int | None, history: bool = False
    ) -> CallbackList:
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks,
            add_history=history,
            add_progbar=verbose != 0,
            model=self,
            verbose=verbose,
            epochs=epochs,
            steps=steps,
        )

    def _results_of_epoch(
        self, epoch: data.Epochs, step: Step, callbacks: CallbackList, mode: str
    ) -> Mapping[str, Any]:
        """Run ``step`` on each batch; give the logs of all.

        Raises:
            ValueError: there are no batches.
            TypeError: a step gives no logs.
        """
        earlier = self._progress.step_logs() if mode == "train" else None
        logs: Any = _NO_STEP
        state, flag = self.__dict__, _STOP[mode]
        was_stopped = mode == "train" and self._progress.was_stopped
        steps = () if was_stopped else self._steps_of_epoch(epoch, step, callbacks, mode)
        with preparation.delayed_metrics(self, callbacks, mode):
            for logs in steps:  # noqa: B007, the last are kept
                if state.get(flag):
                    break
        if epoch.is_empty and not epoch.read:
            raise data.empty_error()
        if logs is _NO_STEP:  # a run that was resumed behind the last step of an epoch
            return self._epoch_logs(earlier)
        self._check_logs(logs, mode)
        return self._epoch_logs(logs)

    def _steps_of_epoch(
        self,
        epoch: data.Epochs,
        step: Step,
        callbacks: CallbackList,
        mode: str,
        logs_of: Callable[[Any], Mapping[str, Any]] | None = None,
    ) -> Iterator[Any]:
        """What each step gives, or each ``steps_per_execution`` of them; ``logs_of`` makes logs
        of it for callbacks."""
        batches = self._replica_group.batches(epoch)
        hook = f"on_{mode}_batch_"
        begin = callbacks.overrides(hook + "begin") and getattr(callbacks, hook + "begin")
        end = callbacks.overrides(hook + "end") and getattr(callbacks, hook + "end")
        if not (begin or end):
            yield from map(step, batches)
            return
        done = epoch.first
        for group in groups(batches, self.steps_per_execution):
            if begin:
                begin(done)
            for batch in group:
                logs = step(batch)
            done += len(group)
            if end:
                end(done - 1, logs if logs_of is None else logs_of(logs))
            yield logs

    def _check_logs(self, logs: Any, mode: str) -> None:
        """Raise a TypeError unless a step gave a dict."""
        if not isinstance(logs, Mapping):
            raise kind_error(
                self, f"what {mode}_step gives", logs, "a dict of logs", "Return {'loss': loss}."
            )

    def _epoch_logs(self, logs: Any) -> Mapping[str, Any]:
        """Results of the metrics over the epoch, or what the last step gave if that is other."""
        group = self._replica_group
        metrics = self.metrics
        group.settle(self, metrics)
        results = self._results_so_far(metrics)
        if logs is None or (isinstance(logs, Logs) and not logs.is_read):
            return results
        # What the step gave of metrics is what they stood at then; of others it is all we have.
        ours = results if set(to_floats(results)) <= set(logs) else {}
        return {**group.logs(logs, results), **ours}

    def _in_order(self, logs: Mapping[str, Any]) -> Any:
        """The values of ``logs`` in the order of ``metrics_names``; a single one by itself."""
        names = [name for name in self.metrics_names if name in logs]
        names += sorted(set(logs) - set(names))
        values = [logs[name] for name in names]
        return values[0] if len(values) == 1 else values

    # Steps.

    @property
    def overrides_train_step(self) -> bool:
        """Whether the model has a training step of its own."""
        return getattr(self.train_step, "__func__", None) is not Trainer.train_step

    @property
    def overrides_test_step(self) -> bool:
        """Whether the model has an evaluation step of its own."""
        return getattr(self.test_step, "__func__", None) is not Trainer.test_step

    def train_step(self, data: Any) -> Mapping[str, Any]:
        """One step of training. Override it at will.

        Args:
            data: A batch: ``x``, ``(x, y)`` or ``(x, y, sample_weight)``.

        Returns:
            Logs: losses and metrics by name.

        Source: Keras 3 ``Model.train_step``.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        if self._together is None:
            y_pred, loss = self._outputs_and_loss(x, y, sample_weight, True)
        else:  # compiled, or with gradients averaged over processes
            y_pred, loss = self._together(x, y, sample_weight)
        samples = self._replica_group.weight(_samples(x))
        self._compile_plan.average.add(loss, samples)
        if self._full_batch is not None:
            self.optimizer.round.weight = samples / self._full_batch
        self._step_precision.step(loss, self.optimizer)
        if self._advances_rate:
            self.lr_scheduler.step()
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> Mapping[str, Any]:
        """One step of evaluation. Override it at will.

        Args:
            data: A batch.

        Returns:
            Logs: losses and metrics by name.

        Source: Keras 3 ``Model.test_step``.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        compute = self._compile_plan.tested or self._outputs_and_loss
        y_pred, loss = compute(x, y, sample_weight, False)
        self._compile_plan.average.add(loss, self._replica_group.weight(_samples(x)))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """Outputs for one batch. Override it at will.

        Args:
            data: A batch; only ``x`` is looked at.

        Source: Keras 3 ``Model.predict_step``.
        """
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)

    def _outputs_and_loss(
        self, x: Any, y: Any, sample_weight: Any, training: bool
    ) -> tuple[Any, Tensor]:
        y_pred = self(x, training=training)
        loss = self._compute_loss(x, y, y_pred, sample_weight, training)
        return y_pred, self._replica_group.scale(loss)


_NO_STEP = object()
_STOP = {"train": "stop_training", "test": "stop_evaluating"}


def _samples(x: Any) -> int:
    return x.shape[0] if isinstance(x, Tensor) else data.batch_length(x)


def _is_due(epoch: int, frequency: Any) -> bool:
    """Whether to validate after epoch number ``epoch``, counted from 0.

    Raises:
        ValueError: ``frequency`` is neither a number above 0 nor a list of numbers.
    """
    if isinstance(frequency, (list, tuple, set)):
        return epoch + 1 in frequency
    if isinstance(frequency, int) and frequency > 0:
        return (epoch + 1) % frequency == 0
    raise argument_error(
        "fit",
        "validation_freq",
        frequency,
        "a number of epochs, 1 or more, or a list of their numbers",
        "Expected `validation_freq` to be a list or int.",
    )
