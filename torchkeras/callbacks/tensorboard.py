"""TensorBoard: curves, histograms, images, graph, embeddings and profiles, without TensorFlow."""

import os
import socket
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torchkeras.callbacks import events, summaries
from torchkeras.callbacks.base import Callback
from torchkeras.callbacks.schedules import learning_rates
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.settings import image_data_format
from torchkeras.distribution import is_chief, is_divided
from torchkeras.layers.embedding import Embedding
from torchkeras.saving.files import replacing

WITHOUT_EFFECT = ("batch_size", "write_grads", "embeddings_layer_names", "embeddings_data")


class TensorBoard(Callback):
    """Writes logs for TensorBoard: ``tensorboard --logdir=<log_dir>`` shows them.

    The runs ``train`` and ``validation`` hold ``epoch_<name>`` by epoch and, if asked,
    ``batch_<name>`` by step; ``evaluate`` adds ``evaluation_<name>_vs_iterations``.

    Args:
        log_dir: The folder; no other callback should use it.
        histogram_freq: Epochs between histograms of the weights, 0 for none.
        write_graph: Whether to write the layers' graph (functional and sequential models).
        write_images: Whether weights are also written as images, with the histograms.
        write_steps_per_second: Whether to write the speed of training.
        update_freq: ``"epoch"``, ``"batch"``, or steps between two ``batch_`` values.
        profile_batch: Step to profile, counted from 1, or a pair of first and last; 0 for none.
            Written to ``train/plugins/profile`` as a trace of ``torch.profiler``.
        embeddings_freq: Epochs between two writings of the embedding tables, 0 for none.
        embeddings_metadata: File with the names of the rows, for all embedding layers, or a dict
            from name of the layer to file.

    Raises:
        ValueError: ``profile_batch`` is no step or range, ``embeddings_metadata`` names no layer.
        ImportError: the package ``tensorboard`` isn't installed.

    Source: Keras 3 ``TensorBoard``.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int | str | tuple[int, int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        for name in kwargs:
            if name not in WITHOUT_EFFECT:
                raise kind_error(self, "an argument", name, "none so named")
            warnings.warn(f"TensorBoard: {name} has no effect.", stacklevel=2)
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._first_profiled, self._last_profiled = _batch_range(profile_batch)
        self._train_dir = os.path.join(self.log_dir, "train")
        self._writers: dict[str, Any] = {}
        self._earlier_files: dict[str, int] = {}  # those that were there before this run
        self._profiler: torch.profiler.profile | None = None
        self._in_force: list[Any] = []
        self._step = 0  # batches since on_train_begin, counted from 1
        self._test_step = 0
        self._batch_began = self._epoch_began = 0.0
        self._epoch_first_iteration = 0

    def quiet_hooks(self) -> Iterable[Any]:
        test = TensorBoard.on_test_batch_end
        train = TensorBoard.on_train_batch_begin, TensorBoard.on_train_batch_end
        if self.update_freq != "epoch" and is_chief():
            return ()
        return (test,) if self._first_profiled and is_chief() else (test, *train)

    def get_state(self) -> dict[str, Any]:
        """Steps counted so far, and how long the files of events are."""
        for writer in self._writers.values():
            writer.flush()
        return {
            "step": self._step,
            "test_step": self._test_step,
            "first_iteration": self._epoch_first_iteration,
            "folder": os.path.abspath(self.log_dir),
            "sizes": self._event_files(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what ``get_state`` gave."""
        self._step, self._test_step = state["step"], state["test_step"]
        self._epoch_first_iteration = state["first_iteration"]
        if state["folder"] == os.path.abspath(self.log_dir):
            self._take_back_events(state["sizes"])

    def _event_files(self) -> dict[str, int]:
        """Sizes of the files of events in bytes, by name within the folder."""
        if not is_chief():
            return {}
        folder = Path(self.log_dir)
        files = (
            file for run in ("train", "validation") for file in folder.glob(f"{run}/*tfevents*")
        )
        return {str(file.relative_to(folder)): file.stat().st_size for file in files}

    def _take_back_events(self, sizes: dict[str, int]) -> None:
        """Undo what a run wrote after its state was kept: it is written again.

        A file that was begun after that gets a name that TensorBoard doesn't read.
        """
        for name, size in self._earlier_files.items():
            file = Path(self.log_dir, name)
            if name not in sizes:
                file.rename(file.with_name(file.name.replace("tfevents", "replaced")))
            elif size > sizes[name]:
                os.truncate(file, sizes[name])

    @property
    def summary(self) -> Any:
        """``scalar``, ``histogram``, ``image``, ``text``, ``audio``: for use within the model.

        In ``fit`` they write to the run ``train``, in validation to ``validation``, at the steps
        that ``update_freq`` says (none for ``"epoch"``).
        """
        return summaries

    def _writer(self, run: str) -> Any:
        return self._file_writer(run).writer

    def _file_writer(self, run: str) -> summaries.FileWriter:
        if run not in self._writers:
            self._writers[run] = summaries.FileWriter(os.path.join(self.log_dir, run))
        return self._writers[run]

    def _put_in_force(self, run: str, step: Callable[[], int]) -> None:
        """Let ``summary`` write to ``run`` until ``_take_back``."""
        if self.update_freq != "epoch" and is_chief():
            in_force = summaries.in_force(
                self._file_writer(run), step, lambda: step() % self.update_freq == 0
            )
            in_force.__enter__()
            self._in_force.append(in_force)

    def _take_back(self) -> None:
        if self._in_force:
            self._in_force.pop().__exit__(None, None, None)

    def _write(self, run: str, values: dict[str, Any], step: int) -> None:
        for tag, value in values.items():
            if np.ndim(value) == 0 and not isinstance(value, str):
                self._writer(run).add_scalar(tag, value, step)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._close()
        if not is_chief():
            return
        self._earlier_files = self._event_files()
        if self.write_graph and _has_graph(self.model):
            self._write_graph()
        if self.embeddings_freq:
            self._write_projector()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._step = 0
        self._put_in_force("train", lambda: self._step)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._put_in_force("validation", lambda: self._test_step)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._step += 1
        self._batch_began = time.perf_counter()
        if self._first_profiled and self._step == self._first_profiled:
            self._start_profile()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.update_freq != "epoch" and self._step % self.update_freq == 0:
            values = {f"batch_{name}": value for name, value in (logs or {}).items()}
            if self.write_steps_per_second:
                seconds = time.perf_counter() - self._batch_began
                values["batch_steps_per_second"] = 1.0 / seconds
            self._write("train", values, self._step)
        if self._profiler is not None and self._step >= self._last_profiled:
            self._stop_profile()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._test_step += 1

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._take_back()
        iterations = getattr(getattr(self.model, "optimizer", None), "iterations", None)
        if iterations is None or not is_chief():
            return
        values = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
        self._write("validation", values, int(iterations))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.write_steps_per_second:
            self._epoch_first_iteration = int(self.model.optimizer.iterations)
            self._epoch_began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        shows_weights = self.histogram_freq and epoch % self.histogram_freq == 0
        weights = self._whole_weights() if shows_weights else []
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        if not is_chief():
            return
        self._write_epoch(epoch, logs or {})
        self._write_weights(weights, epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.let_go()

    def let_go(self) -> None:
        if self._profiler is not None:
            self._stop_profile()
        while self._in_force:
            self._take_back()
        self._close()

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _write_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        train = {f"epoch_{name}": v for name, v in logs.items() if not name.startswith("val_")}
        if hasattr(getattr(self.model, "optimizer", None), "learning_rate"):
            rates = learning_rates(self.model)
            train.update({f"epoch_{name}": rate for name, rate in rates.items()})
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._epoch_first_iteration
            train["epoch_steps_per_second"] = steps / (time.perf_counter() - self._epoch_began)
        validation = {f"epoch_{k[4:]}": v for k, v in logs.items() if k.startswith("val_")}
        self._write("train", train, epoch)
        self._write("validation", validation, epoch)

    def _whole_weights(self) -> list[tuple[str, np.ndarray]]:
        """Paths and values; of divided weights each process sends the chief its part."""
        if not is_chief() and not any(map(is_divided, self.model.parameters())):
            return []
        weights = [w for layer in self.model.layers for w in getattr(layer, "weights", ())]
        return [(weight.path.replace(":", "_"), np.asarray(weight)) for weight in weights]

    def _write_weights(self, weights: list[tuple[str, np.ndarray]], epoch: int) -> None:
        for path, values in weights:
            events.add_histogram(self._writer("train"), f"{path}/histogram", values, epoch)
            images = _as_images(values) if self.write_images else None
            if images is not None:
                events.add_images(self._writer("train"), f"{path}/image", images, epoch)

    def _write_graph(self) -> None:
        """Write the configuration in the form that the graph tab draws layers from."""
        try:
            text = self.model.to_json()
        except (TypeError, ValueError, RuntimeError) as error:
            warnings.warn(f"Model failed to serialize as JSON. Ignoring... {error}", stacklevel=3)
            return
        config = np.array(text.encode(), dtype=object)
        events.add_tensor(self._writer("train"), "keras", config, 0, "graph_keras_model", "", b"1")

    def _start_profile(self) -> None:
        activities = [torch.profiler.ProfilerActivity.CPU]
        if torch.cuda.is_available():
            activities.append(torch.profiler.ProfilerActivity.CUDA)
        self._profiler = torch.profiler.profile(activities=activities)
        self._profiler.start()

    def _stop_profile(self) -> None:
        self._profiler.stop()
        run = time.strftime("%Y_%m_%d_%H_%M_%S")
        folder = Path(self._train_dir, "plugins", "profile", run)
        folder.mkdir(parents=True, exist_ok=True)
        self._profiler.export_chrome_trace(str(folder / f"{socket.gethostname()}.pt.trace.json"))
        self._profiler = None

    def _embeddings(self) -> list[Embedding]:
        return [layer for layer in self.model.layers if isinstance(layer, Embedding)]

    def _write_projector(self) -> None:
        metadata = self.embeddings_metadata
        layers = self._embeddings()
        if isinstance(metadata, dict):
            unknown = sorted(set(metadata) - {layer.name for layer in layers})
            if unknown:
                raise argument_error(
                    self,
                    "embeddings_metadata",
                    unknown,
                    "names of Embedding layers",
                    "Unrecognized `Embedding` layer names passed to `embeddings_metadata`.",
                )
        lines = []
        for layer in layers:
            file = metadata.get(layer.name) if isinstance(metadata, dict) else metadata
            lines += ["embeddings {", f"  tensor_name: {_quoted(f'{layer.name}/embeddings')}"]
            lines += [f"  tensor_path: {_quoted(_table_name(layer))}"]
            lines += [f"  metadata_path: {_quoted(file)}"] if file else []
            lines += ["}"]
        Path(self.log_dir).mkdir(parents=True, exist_ok=True)
        with replacing(Path(self.log_dir, "projector_config.pbtxt")) as temporary:
            temporary.write_text("\n".join(lines) + "\n")

    def _write_embeddings(self) -> None:
        for layer in self._embeddings():
            table = np.asarray(layer.embeddings)
            if is_chief():
                path = Path(self.log_dir, _table_name(layer))
                with replacing(path) as temporary:
                    np.savetxt(temporary, table, fmt="%.6g", delimiter="\t")


def _quoted(text: str) -> str:
    """``text`` as it stands in a message of protobuf's text form."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


def _table_name(layer: Embedding) -> str:
    return f"{layer.name.replace('/', '_')}.tsv"


def _has_graph(model: Any) -> bool:
    kinds = {kind.__name__ for kind in type(model).__mro__}
    return not kinds.isdisjoint({"Functional", "Sequential"})


def _batch_range(profile_batch: int | str | Iterable[int]) -> tuple[int, int]:
    """First and last step to profile, (0, 0) for none."""
    given = profile_batch
    if isinstance(given, str):
        parts = given.split(",")
        given = [int(part) for part in parts] if all(p.strip().isdigit() for p in parts) else []
    first_last = [given, given] if isinstance(given, int) else list(given)
    if len(first_last) == 1:
        first_last *= 2
    if len(first_last) != 2 or not 0 <= first_last[0] <= first_last[1]:
        raise argument_error(
            "TensorBoard",
            "profile_batch",
            profile_batch,
            "a step, 0 or more, or a pair of steps in order",
            "profile_batch must be a non-negative integer or 2-tuple of positive integers.",
        )
    return first_last[0], first_last[1]


def _as_images(values: np.ndarray) -> np.ndarray | None:
    """``values`` as gray images ``(n, h, w, 1)``, or as they are with 3 or 4 channels."""
    values = np.squeeze(values)
    if values.ndim == 1:
        values = values.reshape(1, -1, 1, 1)
    elif values.ndim == 2:
        values = (values.T if values.shape[0] > values.shape[1] else values)[None, :, :, None]
    elif values.ndim == 3:
        last = image_data_format() == "channels_last"
        values = (values.transpose(2, 0, 1) if last else values)[..., None]
    return values if values.ndim == 4 and values.shape[-1] in (1, 3, 4) else None
