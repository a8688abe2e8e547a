"""The state of a run of ``fit``: everything that decides how it goes on.

A run that is killed and started again with it does the same steps as one that wasn't: weights,
optimizer, scale of the loss, metrics in the midst of an epoch, random numbers of every kind,
position in the data, callbacks and their History.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from torchkeras import optimizers
from torchkeras.callbacks.logs import to_floats
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import is_builtin
from torchkeras.core.notices import warn
from torchkeras.core.random_state import get_random_state, set_random_state
from torchkeras.optimizers.scalars import HostScalar
from torchkeras.saving.snapshot import local
from torchkeras.training.states import (
    arguments,
    get_callback_state,
    get_metric_state,
    has_state_dict,
    set_callback_state,
    set_metric_state,
)


def are_to_be_kept(callbacks: Any) -> bool:
    """Whether one of ``callbacks`` keeps the state of the run."""
    given = getattr(callbacks, "callbacks", callbacks) or ()  # a CallbackList has them
    return any(getattr(one, "keeps_state", False) for one in nested.flatten(given))


class Progress:
    """How far a run of ``fit`` is, in a form that another process can go on from.

    Args:
        model: The model in training.
        callbacks: The run's ``CallbackList``.
        data: The training data by epochs.
        validation: The stream of validation data, or None.

    Attributes:
        epoch: Number of the present epoch, counted from 0.
        logs: Logs of the last epoch.
        is_resumed: Whether the run goes on from a state that was kept.
        was_stopped: Whether that was kept in an epoch whose steps were to end.
    """

    def __init__(self, model: Any, callbacks: Any, data: Any, validation: Any) -> None:
        self.model = model
        self.callbacks = callbacks
        self.data = data
        self.validation = validation
        self.epoch = 0
        self.logs: Any = {}
        self.is_resumed = self.was_stopped = False
        self._state: dict[str, Any] | None = None
        self._step_logs: Any = None
        self._first = _attributes(model)
        self._given: list[dict[str, Any]] = []  # arguments of callbacks, as they were at first
        self._unkept: set[str] = set()

    def find(self) -> None:
        """Ask callbacks for a state to go on from."""
        for callback in self.callbacks:
            if getattr(callback, "keeps_state", False) and self._state is None:
                self._state = callback.find_state()
        self.is_resumed = self._state is not None

    def epochs(self, first: int, last: int) -> Iterator[int]:
        """Numbers of the epochs that are to be run."""
        self._given = [arguments(callback) for callback in self.callbacks]
        if self._state is not None:
            first = self._state["epoch"]
            if not self._state["is_within_epoch"]:
                is_over = self._state["is_over"]
                self.restore()
                if is_over:
                    return
        for self.epoch in range(first, last):
            yield self.epoch

    def go_on(self) -> None:
        """Restore a state from the midst of the epoch that has just begun."""
        if self._state is not None:
            self.restore()

    def step_logs(self) -> Any:
        """Logs of the last step before the run was killed, if no other came after it."""
        logs, self._step_logs = self._step_logs, None
        return logs

    # Keeping

    def get_state(self, logs: Any, within_epoch: bool) -> dict[str, Any]:
        """The state after a step or after an epoch.

        Args:
            logs: Logs of this step or epoch.
            within_epoch: Whether the epoch isn't over.
        """
        model = self.model
        return {
            "epoch": self.epoch if within_epoch else self.epoch + 1,
            "is_within_epoch": within_epoch,
            "is_over": model.stop_training or self.data.is_exhausted,
            "logs": to_floats(self.logs if within_epoch else logs),
            "step_logs": to_floats(logs)
            if within_epoch and model.overrides_train_step and logs
            else None,
            "model": get_model_state(model),
            "attributes": {
                path: value
                for path, value in _attributes(model).items()
                if self._first.get(path, self) != value
            },
            "precision": model._step_precision.get_state(),
            "metrics": _metrics_state(model),
            "data": self.data.get_state(within_epoch),
            "validation": self.validation and self.validation.get_state(False),
            "callbacks": self._callback_states(),
            "random": get_random_state(),
        }

    def _callback_states(self) -> list[Any]:
        found = []
        for callback, given in zip(self.callbacks, self._given, strict=True):
            state, unkept = get_callback_state(callback, given)
            found.append((type(callback).__name__, state))
            news = sorted(set(unkept) - self._unkept)
            self._unkept.update(news)
            if news:
                warn(
                    f"The state of this run is kept without {', '.join(news)}: they are neither "
                    "numbers nor text nor tensors. Give the callback get_state() and "
                    "set_state(state)."
                )
        return found

    # Restoring

    def restore(self) -> None:
        """Take over the state that was found, once."""
        state, self._state = self._state, None
        model, is_within_epoch = self.model, state["is_within_epoch"]
        self.epoch = state["epoch"] - (not is_within_epoch)
        self.logs = state["logs"]
        self._step_logs = state["step_logs"]
        check_weights(model, state["model"]["weights"])
        self.data.set_state(state["data"])
        set_model_state(model, state["model"])
        _set_attributes(model, state["attributes"])
        model._step_precision.set_state(state["precision"])
        _set_metrics_state(model, state["metrics"], is_within_epoch)
        self._set_callback_states(state["callbacks"])
        if self.validation is not None and state["validation"] is not None:
            self.validation.set_state(state["validation"])
        model.stop_training = state["is_over"]
        self.was_stopped = is_within_epoch and state["is_over"]
        set_random_state(state["random"])  # last: going on within a pass draws, too

    def _set_callback_states(self, states: list[Any]) -> None:
        waiting = list(states)
        for callback in self.callbacks:
            name = type(callback).__name__
            found = next((one for one in waiting if one[0] == name), None)
            if found is not None:
                waiting.remove(found)
                set_callback_state(callback, found[1])
        missed = [name for name, state in waiting if state]
        if missed:
            names = ", ".join(missed)
            warn(f"No callback of this run takes the state of {names}.")


# Weights, optimizers and seeds


def get_model_state(model: Any) -> dict[str, Any]:
    """Weights, seed generators, gradients that a step of the user's keeps, and optimizers."""
    names, gradients = _names(model), {}
    if model.overrides_train_step:
        parameters = dict(model.named_parameters())
        gradients = {n: p.grad for n, p in parameters.items() if p.grad is not None}
    return {
        "weights": {name: tensor.detach() for name, tensor in _tensors(model).items()},
        "seeds": [seed.state.tensor.detach() for seed in _seeds(model)],
        "gradients": gradients,
        "others": {name: _others_state(one, names) for name, one in _others(model).items()},
    }


def check_weights(model: Any, kept: dict[str, Tensor]) -> None:
    """Refuse what another model kept.

    Raises:
        ValueError: the model has other weights.
    """
    for name, tensor in _tensors(model).items():
        if name not in kept or kept[name].shape != local(tensor).shape:
            raise argument_error(
                "BackupAndRestore",
                "model",
                f"one with the weight {name} of shape {tuple(tensor.shape)}",
                f"the one whose state was kept, with {len(kept)} weights",
                "Build the model before `fit`, as it was; or remove the folder to train anew.",
            )


def set_model_state(model: Any, state: dict[str, Any]) -> None:
    """Take over what ``get_model_state`` gave."""
    with torch.no_grad():
        for name, tensor in _tensors(model).items():
            _fill(tensor, state["weights"][name])
        for seed, value in zip(_seeds(model), state["seeds"], strict=True):
            seed.state.assign(value)
        parameters = dict(model.named_parameters())
        for name, gradient in state["gradients"].items():
            parameters[name].grad = torch.empty_like(parameters[name])
            local(parameters[name].grad).copy_(gradient)
    names = _names(model)
    weights = {names[id(v.parameter)]: v for v in model.weights if id(v.parameter) in names}
    for name, one in _others(model).items():
        if name in state["others"]:
            _set_others_state(one, state["others"][name], weights)


def _names(model: Any) -> dict[int, str]:
    """The name of each parameter, by its id."""
    return {id(parameter): name for name, parameter in model.named_parameters()}


def _tensors(model: Any) -> dict[str, Tensor]:
    """Weights, and what layers remember without its being one, such as states of recurrent ones."""
    found = {**model.state_dict(keep_vars=True), **dict(model.named_buffers())}
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def _fill(tensor: Tensor, value: Tensor) -> None:
    """Give ``tensor`` the values, and the memory layout, of ``value``."""
    is_whole = local(tensor) is tensor
    if is_whole and tensor.stride() != value.stride() and isinstance(tensor, nn.Parameter):
        tensor.data = value.to(tensor.device, tensor.dtype, copy=True)
    else:
        local(tensor).copy_(value)


def _seeds(model: Any) -> list[Any]:
    return [seed for layer in model._flatten_layers() for seed in layer._own_seeds()]


def _others(model: Any) -> dict[str, Any]:
    """Optimizers, schedulers and alike among the attributes of the model and of models and layers
    of the user's in it, lists and dicts included."""
    found = {}
    for place, layer in enumerate(model._flatten_layers()):
        if is_builtin(type(layer)) and not hasattr(layer, "train_step"):
            continue
        for name, held in vars(layer).items():
            if isinstance(held, nn.Module):
                continue
            for number, one in enumerate(nested.leaves(held)):
                if has_state_dict(one):
                    found[f"{place}.{name}.{number}"] = one
    return found


def _others_state(one: Any, names: dict[int, str]) -> Any:
    if not isinstance(one, optimizers.Optimizer):
        return one.state_dict()
    values = [_number(v) if isinstance(v, HostScalar) else v.parameter for v in one.variables]
    return {
        "kind": type(one).__name__,
        "weights": [names.get(id(v.parameter)) for v in one._trainable_variables],
        "variables": values,
        "rate": [group.get("lr") for group in one.param_groups],
        "round": one.round.get_state(),
    }


def _number(scalar: HostScalar) -> Any:
    return scalar.holder[scalar.entry]  # as exact as it is, which its tensor isn't


def _set_others_state(one: Any, state: Any, weights: dict[str, Any]) -> None:
    if not isinstance(one, optimizers.Optimizer):
        one.load_state_dict(state)
        return
    values, its_weights = state["variables"], [weights.get(name) for name in state["weights"]]
    if not one.built and its_weights and None not in its_weights:
        one.build(its_weights)  # a step of the user's hasn't yet done it
    found = f"{type(one).__name__} of {len(one.variables)} variables"
    kept = f"{state['kind']} of {len(values)} variables"
    if found != kept:
        raise argument_error(
            "BackupAndRestore", "optimizer", found, f"{kept}, whose state was kept",
            "Call `compile` as it was; or remove the folder to train anew.",
        )  # fmt: skip
    one.round.set_state(state["round"])
    for group, rate in zip(one.param_groups, state["rate"], strict=True):
        if "lr" in group and not isinstance(group["lr"], Tensor) and not isinstance(rate, Tensor):
            group["lr"] = rate
    with torch.no_grad():
        for variable, value in zip(one.variables, values, strict=True):
            if not isinstance(variable, HostScalar):
                local(variable.parameter).copy_(value)
                continue
            held = _number(variable)
            if isinstance(held, Tensor):
                held.copy_(torch.as_tensor(value))
            else:
                number = value.item() if isinstance(value, Tensor) else value
                variable.holder[variable.entry] = number


def _attributes(model: Any) -> dict[str, Any]:
    """Plain numbers, texts and tensors among the attributes of users' own layers and models."""
    return {
        f"{number}.{name}": value.clone() if isinstance(value, Tensor) else value
        for number, layer in enumerate(model._flatten_layers())
        if not is_builtin(type(layer))
        for name, value in vars(layer).items()
        if not name.startswith("_")
        and name not in _OF_TRAINING
        and type(value) in (bool, int, float, str)
    }


_OF_TRAINING = {"stop_training", "stop_evaluating", "stop_predicting", "training", "compiled"}


def _set_attributes(model: Any, values: dict[str, Any]) -> None:
    layers = list(model._flatten_layers())
    for path, value in values.items():
        number, name = path.split(".", 1)
        layers[int(number)].__dict__[name] = value


def _metrics_state(model: Any) -> dict[str, Any]:
    plan = model._compile_plan
    single = [] if plan.loss is None else plan.loss.metrics
    compiled = plan.metrics if plan.metrics is not None and plan.metrics.is_built else None
    return {
        "names": _metric_names(model),
        "averages": [metric.get_state() for metric in (plan.average, *single)],
        "compiled": compiled and compiled.get_state(),
        "others": [get_metric_state(metric) for metric in _own_metrics(model)],
    }


def _set_metrics_state(model: Any, state: dict[str, Any], is_within_epoch: bool) -> None:
    names = _metric_names(model)
    if names != state["names"]:  # between two epochs they begin anew
        if is_within_epoch:
            raise argument_error(
                "BackupAndRestore", "metrics", names,
                f"{state['names']}, as when the state was kept in an epoch",
                "Call `compile` as it was; or remove the folder to train anew.",
            )  # fmt: skip
        return
    plan = model._compile_plan
    single = [] if plan.loss is None else plan.loss.metrics
    for metric, values in zip((plan.average, *single), state["averages"], strict=True):
        metric.set_state(values)
    if state["compiled"] is not None:
        plan.metrics.set_state(state["compiled"])
    for metric, found in zip(_own_metrics(model), state["others"], strict=True):
        set_metric_state(metric, found)


def _metric_names(model: Any) -> list[str]:
    compiled = model._compile_plan.metrics
    names = [] if compiled is None or not compiled.is_built else compiled.names
    return [*names, *(metric.name for metric in _own_metrics(model))]


def _own_metrics(model: Any) -> list[Any]:
    """Metrics kept in the model and its layers."""
    return model._metrics_inside()
