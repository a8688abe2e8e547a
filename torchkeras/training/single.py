"""Steps on single batches of arrays."""

from collections.abc import Mapping
from typing import Any

from torchkeras import data
from torchkeras.callbacks.logs import to_floats
from torchkeras.core import nested
from torchkeras.data import rows
from torchkeras.training import preparation
from torchkeras.training.execution import Step


class SingleBatches:
    """The part of a model that takes one step at a time."""

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
        *,
        reset_metrics: bool = True,
    ) -> Any:
        """One step of training on arrays.

        Args:
            x, y, sample_weight, class_weight: See ``fit``.
            return_dict: Whether to give a dict instead of a list.
            reset_metrics: Whether metrics are of this batch alone.

        Returns:
            The loss; with metrics, a list in the order of ``metrics_names``, or a dict.

        Raises:
            RuntimeError, ValueError: ``compile`` wasn't called (it is of both classes).
            ValueError: both kinds of weights are given, or data and outputs don't fit together.

        Source: Keras 3 ``Model.train_on_batch``.
        """
        self._check_compiled("train_on_batch")
        with preparation.Run(self) as run:
            stream = run.one_batch(x, y, sample_weight, class_weight)
            run.prepare(stream)
            logs = self._run_batch(run, stream, self._train_runner(), reset_metrics, "train")
        return logs if return_dict else self._in_order(logs)

    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        return_dict: bool = False,
        *,
        reset_metrics: bool = True,
    ) -> Any:
        """Loss and metrics on one batch of arrays.

        Args:
            x, y, sample_weight, return_dict, reset_metrics: See ``train_on_batch``.

        Returns:
            The loss; with metrics, a list in the order of ``metrics_names``, or a dict.

        Raises:
            RuntimeError, ValueError: ``compile`` wasn't called (it is of both classes).

        Source: Keras 3 ``Model.test_on_batch``.
        """
        self._check_compiled("test_on_batch")
        with preparation.Run(self) as run:
            stream = run.one_batch(x, y, sample_weight)
            run.prepare(stream, trains=False)
            logs = self._run_batch(run, stream, self._test_runner(), reset_metrics, "test")
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """Outputs for one batch of arrays, as NumPy arrays.

        Source: Keras 3 ``Model.predict_on_batch``.
        """
        x = rows.standardize(x, "x")
        with preparation.Run(self) as run:
            if rows.count(x):
                batch = run.one_batch(x).peek()
            else:  # of no samples come no outputs, but in their shapes
                empty = nested.map_leaves(lambda leaf: rows.cut(leaf, 0, 0), x)
                batch = data.pack_x_y_sample_weight(empty)
            outputs = self._predict_runner()(batch)
        return nested.map_leaves(preparation.as_numpy, outputs)

    def _run_batch(
        self,
        run: preparation.Run,
        stream: data.Batches,
        step: Step,
        reset_metrics: bool,
        mode: str,
    ) -> dict[str, Any]:
        if reset_metrics:
            self.reset_metrics()
        for batch in run.group.batches(data.Epochs(stream, share=run.share)):
            logs = step(batch)
        self._check_logs(logs, mode)
        return to_floats(self._epoch_logs(logs))
