"""What is settled before the first batch of a run, and put away after the last."""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torchkeras import data, optimizers
from torchkeras.callbacks.logs import Logs
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error, moment_error
from torchkeras.core.configurable import is_builtin
from torchkeras.core.dtypes import NAMES
from torchkeras.core.heap import keep_freed_memory
from torchkeras.core.notices import warn
from torchkeras.core.settings import settings
from torchkeras.data import rows, unpack_x_y_sample_weight
from torchkeras.distribution import ALONE, distribution, processes, replicas
from torchkeras.tracer import KerasTensor
from torchkeras.training import freezing, jit, sharding
from torchkeras.training.precision import precision_of


class Run:
    """One ``fit``, ``evaluate`` or ``predict`` of a model, entered as a context.

    Args:
        model: The model.
        overlaps: Whether averaging gradients over processes is worth preparing for.

    However it ends, the workers of its streams end with it; an exception, such as that of Ctrl-C,
    also puts back what stood in for something else, so that the model can be used again.

    Attributes:
        callbacks: Those that are called.
        group: The processes that take part.
        share: This process's number and how many there are; None if it is alone.
        device: Where the model computes.
    """

    def __init__(self, model: Any, overlaps: bool = False) -> None:
        self.model = model
        self.overlaps = overlaps
        self.callbacks: Any = None
        self._streams: list[data.Batches] = []
        self.distribution = distribution() or model.__dict__.get("_chosen_distribution")
        self.group = replicas(self.distribution)
        self.share = self.group.share
        self.device = _placed(model, self.group)
        if self.device.type == "cpu":
            keep_freed_memory()
        model.__dict__["_replica_group"] = self.group
        # A callback may evaluate or predict in the midst of `fit`, which then goes on as it was.
        self._outer = model._together, model._step_precision
        self._outer_progress = model._progress
        self._outer_trains = model._progress is not None and model.training
        self._outer_full_batch = model._full_batch
        self._reductions: dict[int, tuple[Any, Any]] | None = None  # before a run that trains
        self._thawed: freezing.Thawed | None = None

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        for stream in self._streams:
            stream.close()
        if self._thawed is not None:
            self._thawed.refreeze()
        if kind is not None and self.callbacks is not None:
            self.callbacks.let_go()
        if self.model.training != self._outer_trains:
            self.model.train(self._outer_trains)
        together, precision = self._outer
        self.model.__dict__["_progress"] = self._outer_progress
        self.model.__dict__["_together"] = together
        if together is not None:
            self.model.__dict__["_step_precision"] = precision
        elif isinstance(self.model._step_precision, jit.Stepped):
            self.model.__dict__["_step_precision"] = self.model._step_precision.otherwise
        if self._reductions is not None:
            for optimizer in _optimizers(self.model):
                before = self._reductions.get(id(optimizer), (None, None))
                optimizer.gradient_reduction, optimizer.round.reduction = before
                optimizer.round.weight = 1.0
        self.model.__dict__["_full_batch"] = self._outer_full_batch

    def batches(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: bool | str = False,
        class_weight: Any = None,
    ) -> data.Batches:
        """The stream of batches that this run reads."""
        stream = data.batches(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps=steps,
            shuffle=shuffle,
            class_weight=class_weight,
            seed=self.group.seed() if shuffle else None,
            device=None if self.device.type == "cpu" else self.device,
        )
        self._streams.append(stream)
        return stream

    def one_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None
    ) -> data.Batches:
        """A stream of one batch, made of all samples of these arrays."""
        x = rows.standardize(x, "x")
        return self.batches(x, y, sample_weight, rows.count(x), class_weight=class_weight)

    def remember(self, *streams: data.Batches | None) -> None:
        """Let streams note how their passes begin, so that the run can be resumed."""
        for stream in streams:
            if stream is not None:
                stream.remember()

    def prepare(self, stream: data.Batches, trains: bool = True) -> None:
        """Build the model, its losses and metrics, and its optimizer for ``stream``.

        Raises:
            ValueError: targets don't fit the outputs.
            RuntimeError: there is no optimizer to train with.
        """
        model, plan = self.model, self.model._compile_plan
        if not (model.built and plan.is_built):
            self._build(stream)
        if plan.loss is not None and isinstance(stream, data.ArrayBatches):
            plan.loss.check_labels(stream.targets)
        if trains:
            self._thawed = freezing.Thawed(model)
        variables = model.trainable_variables
        state = model.__dict__
        state["_has_penalties"] = model._have_penalties(variables)
        model._expect_losses()
        if not trains:
            return
        if isinstance(stream, data.ArrayBatches) and not model.overrides_train_step:
            self._check_numbers(stream)
        self._build_optimizer(variables)
        self._reductions = {
            id(one): (one.gradient_reduction, one.round.reduction) for one in _optimizers(model)
        }
        self.group.join(model, model.optimizer)
        if self.group.number > 1:
            _warn_of_unsynchronized(model)
        self._arrange_steps(stream, variables)

    def _build(self, stream: data.Batches) -> None:
        if not getattr(self.model, "has_call", True):  # its own steps say what it computes
            return
        with self.group.same_draws():
            x, y, _ = unpack_x_y_sample_weight(stream.peek())
        y_pred = _outputs_without_values(self.model, x)
        plan = self.model._compile_plan
        if plan.loss is not None and not plan.loss.is_built:
            plan.loss.build(y, y_pred)
            if y is not None and not isinstance(stream, data.ArrayBatches):
                plan.loss.check_labels(y)
        if plan.metrics is not None and not plan.metrics.is_built:
            plan.metrics.build(y, y_pred)

    def _check_numbers(self, stream: data.ArrayBatches) -> None:
        """Refuse data in which a NaN makes the loss one, too."""
        for name, samples in stream.samples_with_nan().items():
            x, y, sample_weight = unpack_x_y_sample_weight(stream.samples(samples[:1]))
            with torch.no_grad():
                _, loss = self.model._outputs_and_loss(x, y, sample_weight, False)
            if loss.isnan():
                raise argument_error(
                    "fit",
                    name,
                    f"NaN in {len(samples)} of {stream.size} samples",
                    "numbers",
                    f"The first is number {int(samples[0])}. Leave these samples out or fill them "
                    "in: np.nan_to_num, or a Masking layer.",
                )

    def _build_optimizer(self, variables: list[Any]) -> None:
        model, optimizer = self.model, self.model.optimizer
        if not isinstance(optimizer, optimizers.Optimizer):
            if optimizer is None and not model.overrides_train_step:
                raise moment_error(
                    "fit", "there is no optimizer", 'Try compile(optimizer="adam", loss="mse").'
                )
            return
        if not optimizer.built:
            if variables:
                optimizer.build(variables)
            return
        known = {id(v) for v in optimizer._trainable_variables}
        if variables and known.isdisjoint(map(id, variables)) and optimizer.can_extend:
            optimizer.extend(variables)  # it has trained another model so far
            return
        for variable in variables:
            if id(variable) not in known and not model.overrides_train_step:
                raise moment_error(
                    "fit",
                    f'the optimizer doesn\'t know the variable "{variable.path}"',
                    "It became trainable after the optimizer was built: call `compile` again.",
                )

    def _arrange_steps(self, stream: data.Batches, variables: list[Any]) -> None:
        """Choose how steps are compiled and how their gradients are averaged over processes."""
        model, group, state = self.model, self.group, self.model.__dict__
        together: Any = None
        averaging, everyone = group, ALONE
        accumulates = self._arrange_rounds(stream)
        is_divided = processes.world_size() > 1 and sharding.shard(model, self.distribution)
        if model.overrides_train_step:
            for optimizer in _optimizers(model):
                self._average_in(optimizer, is_divided)
        if is_divided:  # each weight's gradients are averaged as they are computed
            averaging, everyone = ALONE, group
        elif group.number > 1 and accumulates and _can_wait(model.optimizer):
            model.optimizer.round.reduction = group.mean  # once per round, not in each step
            averaging, everyone = ALONE, group
        elif group.number > 1 and variables and not self._may_branch():
            step = ForwardAndLoss(model).train()
            together = group.module(step, self._has_unused(step, stream))
            averaging = ALONE
        precision = precision_of(
            model,
            model.optimizer,
            model._compile_plan.auto_scale_loss,
            self.device,
            averaging,
            bool(variables) or model.overrides_train_step,  # which may make them in its first step
            model.jit_compile and not (is_divided and self._leaves_optimizer_out()),
            everyone,
        )
        if model.jit_compile and not model.overrides_train_step:
            module = together or ForwardAndLoss(model)
            is_alone = group.number == processes.world_size() == 1
            together, precision = jit.together(model, module, precision, is_alone)
        state["_together"], state["_step_precision"] = together, precision

    def _leaves_optimizer_out(self) -> bool:
        """Say, once, that a change of divided weights isn't compiled; True."""
        plan = self.model._compile_plan
        if plan.compiles_whole and not self.model.overrides_train_step:
            plan.compiles_whole = False
            reason = "its weights are divided over processes."
            jit.warn("the training step", reason, jit.BY_THEMSELVES)
        return True

    def _average_in(self, optimizer: Any, is_divided: bool) -> None:
        """Let ``optimizer.apply`` average gradients over processes, by rounds if there are any."""
        if self.group.number > 1 and not is_divided and _can_wait(optimizer):
            optimizer.gradient_reduction = self.group.part()
            optimizer.round.reduction = self.group.mean
        else:
            optimizer.gradient_reduction = self.group.reduction()

    def _arrange_rounds(self, stream: data.Batches) -> bool:
        """Whether the optimizer accumulates gradients, which it then weighs by samples.

        A loss that is a sum over samples needs no weights.
        """
        model, loss = self.model, self.model._compile_plan.loss
        steps = getattr(model.optimizer, "gradient_accumulation_steps", None)
        accumulates = bool(steps) and not model.overrides_train_step
        full = None
        if accumulates and (loss is None or not loss.has_sums):
            with self.group.same_draws():
                full = stream.batch_size or data.batch_length(stream.peek())
            full /= self.group.number
        model.__dict__["_full_batch"] = full
        return accumulates

    def _may_branch(self) -> bool:
        """Whether code of the user's may leave out weights in one step and not in another.

        ``DistributedDataParallel`` would then wait for gradients that never come.
        """
        model = self.model
        return (
            not self.overlaps
            or model.overrides_train_step
            or not all(is_builtin(type(layer)) for layer in model._flatten_layers())
        )

    def _has_unused(self, step: nn.Module, stream: data.Batches) -> bool:
        """Whether some weight has no part in the loss, found by a step that leaves no trace."""
        paths = {id(v.parameter): v.path for v in self.model.trainable_variables}
        named = {paths.get(id(p), name): p for name, p in self.model.named_parameters()}
        trained = {name: p for name, p in named.items() if p.requires_grad}
        with self.group.same_draws():
            batch = unpack_x_y_sample_weight(stream.peek())
        untraced = self.group.without_trace(self.model)
        with untraced, torch.random.fork_rng(), torch.enable_grad():
            _, loss = step(*batch)
            gradients = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
        unused = [n for n, found in zip(trained, gradients, strict=True) if found is None]
        if unused and self.group.rank == 0:
            warn(
                f"{', '.join(unused)}: no part in the loss. Processes look for such weights in "
                "each step (find_unused_parameters), which takes time; trainable=False spares it."
            )
        return bool(unused)

    def finish(self) -> None:
        """Put averaged weights in place if the optimizer keeps them."""
        optimizer = self.model.optimizer
        if isinstance(optimizer, optimizers.Optimizer) and optimizer.built and _averages(optimizer):
            optimizer.finalize_variable_values(self.model.trainable_variables)
        self.group.leave()


def _averages(optimizer: optimizers.Optimizer) -> bool:
    """Whether ``finalize_variable_values`` has anything to do: average weights, or other code."""
    base = optimizers.Optimizer.finalize_variable_values
    return optimizer.use_ema or type(optimizer).finalize_variable_values is not base


class ForwardAndLoss(nn.Module):
    """Outputs and loss of a training step as one module."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Tensor]:
        y_pred, loss = self.model._outputs_and_loss(x, y, sample_weight, True)
        # Gradients flow through the loss alone: an output without one isn't waited for.
        return nested.map_leaves(_detached, y_pred), loss


def _detached(leaf: Any) -> Any:
    if not isinstance(leaf, Tensor):
        return leaf
    detached = leaf.detach()
    mask = getattr(leaf, "_keras_mask", None)
    if mask is not None:
        detached._keras_mask = mask
    return detached


def _placed(model: Any, group: Any) -> torch.device:
    """The device of the model, moved once to the accelerator if there is one."""
    tensor = next(itertools.chain(model.parameters(), model.buffers()), None)
    device = torch.device("cpu") if tensor is None else tensor.device
    if device.type == "cpu" and not model.__dict__.get("_is_placed"):
        accelerator = torch.accelerator.current_accelerator(check_available=True)
        if accelerator is not None:
            device = torch.device(accelerator.type, torch.accelerator.current_device_index())
            model.to(device)
            _move_slots(model.optimizer, device)
    model.__dict__["_is_placed"] = True
    return device


def _move_slots(optimizer: Any, device: torch.device) -> None:
    """Move what an optimizer remembers to where its parameters went."""
    if isinstance(optimizer, optimizers.Optimizer) and optimizer.built:
        state = optimizer.state_dict()
        for variable in optimizer.variables:
            if isinstance(variable.module, nn.Module):
                variable.module.to(device)
        optimizer.load_state_dict(state)


def _optimizers(model: Any) -> list[Any]:
    """The model's optimizers: that of ``compile`` and others kept as attributes.

    One that only hands gradients on to others is left out for them.
    """
    found = [v for v in model.__dict__.values() if isinstance(v, optimizers.Optimizer)]
    found = [one for optimizer in found for one in getattr(optimizer, "optimizers", [optimizer])]
    return list({id(optimizer): optimizer for optimizer in found}.values())


def _can_wait(optimizer: Any) -> bool:
    """Whether ``optimizer`` needs gradients of other processes at the end of a round only."""
    return bool(optimizer.gradient_accumulation_steps) and not any(
        variable.overwrite_with_gradient for variable in optimizer._trainable_variables
    )


def _outputs_without_values(model: Any, x: Any) -> Any:
    """Outputs of the model for inputs like ``x``: symbolic ones, which know shapes and types."""
    if all(leaf is None or isinstance(leaf, Tensor) for leaf in nested.leaves(x)):
        symbols = nested.map_leaves(
            lambda leaf: (
                None if leaf is None else KerasTensor(tuple(leaf.shape), NAMES[leaf.dtype])
            ),
            x,
        )
        return model.compute_output_spec(symbols)
    with torch.no_grad():
        return model(x, training=False)


def _warn_of_unsynchronized(model: Any) -> None:
    """Say once which layers make several processes differ from one."""
    names = [m.name for m in model._flatten_layers() if getattr(m, "synchronized", None) is False]
    if names and not model.__dict__.get("_has_warned"):
        model.__dict__["_has_warned"] = True
        warn(
            f"{', '.join(names)}: each process normalizes with the statistics of its own part of "
            "the batch, so the weights differ from those of one process. "
            "BatchNormalization(synchronized=True) uses the whole batch."
        )


def check_epochs(**numbers: Any) -> None:
    """Raise a TypeError unless each is a whole number."""
    for name, number in numbers.items():
        if not hasattr(number, "__index__"):
            raise kind_error("fit", name, number, "a whole number of epochs")


def parts_of(validation_data: Any) -> tuple[Any, Any, Any]:
    """``x``, ``y`` and weights of the argument ``validation_data``.

    Raises:
        ValueError: it is a tuple of neither two nor three.
    """
    if isinstance(validation_data, (tuple, list)):
        if len(validation_data) not in (2, 3):
            raise argument_error(
                "fit",
                "validation_data",
                f"a {type(validation_data).__name__} of {len(validation_data)}",
                "(x, y), (x, y, sample_weight) or a source of batches",
            )
        return unpack_x_y_sample_weight(tuple(validation_data))
    return validation_data, None, None


def limited(number: int, limit: int | None, name: str) -> int:
    """``number``, or the limit that ``keras.config`` sets on it for trial runs."""
    if not limit or number <= limit:
        return number
    warn(f"Limiting {name} to {limit}")
    return limit


def epochs(stream: data.Batches, steps: int | None, share: tuple[int, int] | None) -> data.Epochs:
    """``stream`` cut into epochs of ``steps``, or of as many as ``keras.config`` allows."""
    limit = settings.max_steps_per_epoch
    if limit and (steps or stream.steps or limit + 1) > limit:
        steps = limited(limit + 1, limit, "steps_per_epoch")
    return data.Epochs(stream, steps, share)


def set_workers(
    x: Any, max_queue_size: int | None, workers: int | None, use_multiprocessing: bool | None
) -> None:
    """Hand options of tf.keras 2's ``fit`` to a ``PyDataset``; other data have no use for them."""
    if not isinstance(x, data.PyDataset):
        return
    if max_queue_size is not None:
        x.max_queue_size = max_queue_size
    if workers is not None:
        x.workers = workers
    if use_multiprocessing is not None:
        x.use_multiprocessing = use_multiprocessing


@contextlib.contextmanager
def delayed_metrics(model: Any, callbacks: Any, mode: str) -> Iterator[None]:
    """Let metrics see several batches at once, if nobody can tell inside."""
    plan, watched = model._compile_plan, model._compile_plan.is_watched
    found = plan.metrics
    hooks = [f"on_{mode}_batch_begin", f"on_{mode}_batch_end"]
    overridden = model.overrides_train_step if mode == "train" else model.overrides_test_step
    somebody_looks = any(callbacks.runs_users_code(hook) for hook in hooks)
    delays = not (found is None or overridden or model.run_eagerly or somebody_looks)
    plan.is_watched = not somebody_looks
    if delays:
        found.delays = True
    try:
        yield
    finally:
        plan.is_watched = watched
        if delays:
            found.delays = False
            found.catch_up()


def joined(outputs: list[Any], group: Any) -> Any:
    """Outputs of all batches as NumPy arrays, in the structure of one batch's."""
    columns = zip(*[nested.flatten(output) for output in outputs], strict=True)
    whole = [_concatenated(list(column)) for column in columns]
    packed = group.gathered(nested.pack_sequence_as(outputs[0], whole))
    return nested.map_leaves(as_numpy, packed)


def _concatenated(parts: list[Any]) -> Any:
    if isinstance(parts[0], Tensor):
        parts = [part.detach() for part in parts]
        if len(parts) == 1:
            return parts[0] if parts[0].dim() else parts[0][None]
        return torch.cat(parts) if parts[0].dim() else torch.stack(parts)
    if hasattr(type(parts[0]), "rows_at"):
        return parts[0] if len(parts) == 1 else type(parts[0]).of_parts(parts)
    return np.concatenate([np.atleast_1d(part) for part in parts])


def as_numpy(value: Any) -> Any:
    """A tensor as a NumPy array; bfloat16, which NumPy lacks, as float32."""
    if not isinstance(value, Tensor):
        return value
    value = value.detach()
    return (value.float() if value.dtype == torch.bfloat16 else value).cpu().numpy()


def outputs_as_logs(outputs: Any) -> Logs:
    """Logs of a prediction: its outputs as they are, not as floats."""
    logs = Logs({})
    logs["outputs"] = outputs
    return logs


def warn_of_exhaustion(done: int, epochs: int) -> None:
    """Say that an iterator had no more batches, if that ended training early."""
    if done < epochs:
        warn(
            f"Your input ran out of data after epoch {done} of {epochs}; interrupting training. "
            "An iterator can be read once: give steps_per_epoch, or something that can be "
            "iterated over again."
        )


def warn_of_validation() -> None:
    """Say that an iterator given as validation data has been read to its end."""
    warn(
        "validation_data ran out of data; going on without validation. An iterator can be read "
        "once: give something that can be iterated over again, or a generator without end and "
        "validation_steps."
    )
