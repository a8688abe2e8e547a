"""What all optimizers share: Keras's interface on a torch optimizer."""

import copy
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import naming, scopes, serialization
from torchkeras.core.checks import kind_error, moment_error
from torchkeras.core.configurable import (
    Configurable,
    constructor_arguments,
    current_value,
    generic,
    is_builtin,
    recorded_arguments,
)
from torchkeras.core.variable import Variable
from torchkeras.optimizers.buckets import Linked, Rate, Rows
from torchkeras.optimizers.minimizing import Minimizing
from torchkeras.optimizers.older import OlderSlots
from torchkeras.optimizers.options import FurtherOptions, check_options, rate_number, spell_out
from torchkeras.optimizers.rounds import Round
from torchkeras.optimizers.scalars import HostScalar
from torchkeras.optimizers.schedules import LearningRateSchedule
from torchkeras.optimizers.slots import Slotted, as_variable
from torchkeras.optimizers.state import State
from torchkeras.optimizers.stepping import Stepping

BLOCK = 64  # steps


class CallableList(list):
    """A list that a call gives back, since Keras 2 had ``optimizer.variables()``."""

    def __call__(self) -> list:
        return self


class Optimizer(Stepping, Minimizing, Slotted, OlderSlots, State, Configurable):
    """Base of all optimizers, and of users' own.

    It is a ``torch.optim.Optimizer``: ``step``, ``zero_grad``, ``state_dict`` and torch's learning
    rate schedulers work once it is built. Parameters and slots lie in torch's layout; everything
    that Keras shows (``variables``, the arguments of ``apply`` and ``update_step``) is in Keras's.

    A built-in optimizer names its slots in ``slot_blocks`` and defines ``update``, the formula on
    lists of tensors. A user's class defines Keras's ``build`` and ``update_step``.

    Args:
        learning_rate: A number, a ``LearningRateSchedule``, or a callable without arguments.
        weight_decay: Fraction by which weights shrink per step and unit of learning rate, apart
            from the gradient; None for no decay.
        clipnorm: Highest L2 norm of each variable's gradient.
        clipvalue: Highest absolute value of a gradient's elements.
        global_clipnorm: Highest L2 norm of all gradients together.
        use_ema: Whether moving averages of the weights are kept, and put in the weights' place at
            the end of training (``finalize_variable_values``).
        ema_momentum: Fraction in [0, 1] of the old average kept at each step.
        ema_overwrite_frequency: Steps after which the averages overwrite the weights; None leaves
            that to the end.
        loss_scale_factor: Number that the loss is multiplied and gradients are divided by.
        gradient_accumulation_steps: Calls whose gradients are averaged for one step, 2 or more;
            ``fit`` weighs them by the samples of their batches.
        name: A name; None takes the class's in snake case.
        lr: Another name of ``learning_rate``.
        decay: Inverse time decay: the rate is divided by ``1 + decay * iterations``.
        gradient_aggregator, gradient_transformers: Functions from pairs of gradient and variable
            to such pairs: one in place of the mean over processes, and a list of others after it
            (``optimizers.legacy`` of tf.keras 2). They aren't written into configurations.
        jit_compile, is_legacy_optimizer: Accepted for scripts of tf.keras 2; they change nothing.

    Raises:
        ValueError: an argument is out of range or unknown, or several ways of clipping are given.

    Source: Keras 3 ``Optimizer``; ``torch.optim.Optimizer``.

    Example:
        >>> weight = keras.Variable([1.0, 2.0])
        >>> optimizer = keras.optimizers.SGD(learning_rate=0.5)
        >>> optimizer.apply([torch.tensor([1.0, 1.0])], [weight])
        >>> weight.numpy().tolist()
        [0.5, 1.5]
    """

    ranges = {
        **dict.fromkeys(("beta_1", "beta_2", "rho", "momentum"), "number in [0, 1]"),
        **dict.fromkeys(("epsilon", "epsilon_1", "epsilon_2"), "number in [0, inf)"),
        **dict.fromkeys(("clipnorm", "clipvalue", "global_clipnorm"), "number in [0, inf)"),
        **dict.fromkeys(("weight_decay", "decay", "beta_2_decay"), "number in (-inf, inf)"),
        "gradient_accumulation_steps": "integer in [0, inf)",
        "loss_scale_factor": "number in (0, inf)",
        "initial_accumulator_value": "number in [0, inf)",
        "clip_threshold": "number in (0, inf)",
        "ns_steps": "integer in [1, inf)",
        "warmup_steps": "integer in [0, inf)",
    }
    _block_number = _block_state = None  # of the rates that _rate_of_block computed last
    host_entries = {"iteration": torch.int64, "lr": torch.float32}  # numbers in the group

    def __init_subclass__(cls, **options: Any) -> None:
        if "__init__" in vars(cls):
            spell_out(cls, Optimizer.__init__)
        super().__init_subclass__(**options)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        *,
        jit_compile: bool = True,
        **further: Unpack[FurtherOptions],
    ) -> None:
        self.__dict__["_variables"] = []
        is_name = type(self) is Optimizer or not is_builtin(type(self))
        if isinstance(learning_rate, str) and is_name:  # Keras 2's base class took it first
            learning_rate, name = 0.001, learning_rate
        super().__init__([torch.empty(0)], {})
        self.param_groups = [{"params": [], "lr": 0.0, "iteration": 0}]
        self.name = name or naming.auto_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        # Set by training: (gradients, parameters) -> their means over processes; None where
        # no process has one.
        self.gradient_reduction: Callable[[list, list], list] | None = None
        self.round = Round()
        self.decay = further.pop("decay", None) or 0.0
        learning_rate = further.pop("lr", learning_rate)
        further.pop("is_legacy_optimizer", None)  # a mark in configurations of tf.keras 2
        self._take_transformers(
            further.pop("gradient_aggregator", None), further.pop("gradient_transformers", None)
        )
        check_options(self, further)

        self.built = False
        self._trainable_variables: list[Variable] = []
        self._rows: dict[int, int] = {}
        self._slots: list[dict[str, Variable]] = []
        self._linked: dict[Rows, Linked] = {}
        self._missing: set[Rows] = set()
        self._model_variables_moving_average: list[Variable | None] = []
        self._accumulated_gradients: list[Variable] = []
        self._undecayed: list[Variable] = []
        self._undecayed_names: re.Pattern | None = None
        with scopes.name_scope(self.name):
            self._iterations = HostScalar(self.param_groups[0], "iteration", "int64", "iteration")
        self._learning_rate: Any = None
        self._set_learning_rate(learning_rate)

    # Learning rate and step count.

    @property
    def learning_rate(self) -> Any:
        """The rate of the next step: a variable; a tensor if a schedule or callable gives it."""
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        if isinstance(self._learning_rate, LearningRateSchedule) and not callable(learning_rate):
            raise kind_error(
                self,
                "learning_rate",
                learning_rate,
                "a schedule or a callable",
                "This optimizer was created with a `LearningRateSchedule`, hence its learning "
                "rate is not settable to a number: create it with a float learning_rate.",
            )
        self._set_learning_rate(learning_rate)

    lr = learning_rate

    def _set_learning_rate(self, learning_rate: Any) -> None:
        group, previous = self.param_groups[0], self._learning_rate
        if callable(learning_rate) and not isinstance(learning_rate, (Variable, Tensor)):
            if isinstance(previous, HostScalar):
                previous.let_go()
                self._variables = [v for v in self._variables if v is not previous]
            self._learning_rate = learning_rate
            return
        if isinstance(previous, HostScalar):
            is_stored = isinstance(learning_rate, (Variable, Tensor))
            previous.assign(learning_rate if is_stored else rate_number(self, learning_rate))
            return
        group["lr"] = rate_number(self, learning_rate)
        with scopes.name_scope(self.name):
            variable = HostScalar(group, "lr", "float32", "learning_rate")
        self._variables.insert(1, variable)
        self._learning_rate = variable

    def _build_learning_rate(self, learning_rate: Any) -> Any:
        """Keras 2's way for a subclass to set the rate in its constructor."""
        self._set_learning_rate(learning_rate)
        return self._learning_rate

    def _get_current_learning_rate(self) -> Any:
        source = self._learning_rate
        return source if isinstance(source, Variable) else torch.as_tensor(self._asked_rate())

    def _asked_rate(self) -> Any:
        """What the schedule or callable says."""
        source = self._learning_rate
        rate = source(self._iterations) if isinstance(source, LearningRateSchedule) else source()
        return rate.tensor if isinstance(rate, Variable) else rate

    def _rate_of_block(self) -> float | None:
        """A built-in schedule's rate, computed for many steps at once; None where that can't be.

        Blocks start at multiples of their length, so that a run that is resumed within one gets
        the very same numbers.
        """
        schedule, step = self._learning_rate, self.param_groups[0]["iteration"]
        built_in = isinstance(schedule, LearningRateSchedule) and is_builtin(type(schedule))
        if not built_in or torch.compiler.is_compiling() or isinstance(step, Tensor):
            return None
        state = {k: v for k, v in vars(schedule).items() if k != "_given_arguments"}
        number = step // BLOCK
        if (number, state) != (self._block_number, self._block_state):
            steps = torch.arange(number * BLOCK, (number + 1) * BLOCK)
            self.__dict__["_block"] = schedule(steps).tolist()
            self.__dict__["_block_number"] = number
            self.__dict__["_block_state"] = copy.deepcopy(state)
        return self._block[step % BLOCK]

    def _rate(self) -> Rate:
        """The rate of this step for kernels: a number, or a tensor where only the device knows."""
        group = self.param_groups[0]
        if isinstance(self._learning_rate, HostScalar):
            rate = group["lr"]
        else:
            rate = self._rate_of_block()
            if rate is None:
                rate = self._asked_rate()
            if not torch.compiler.is_compiling():
                if isinstance(rate, Tensor) and rate.device.type == "cpu":
                    rate = rate.item()
                group["lr"] = rate
        if self.decay:
            rate = rate / (1.0 + self.decay * group["iteration"])
        return rate

    @property
    def iterations(self) -> Any:
        """Number of steps taken; with gradient accumulation, of those that changed weights."""
        steps = self.gradient_accumulation_steps
        return self._iterations.tensor // steps if steps else self._iterations

    @iterations.setter
    def iterations(self, value: Any) -> None:
        self._iterations.assign(value)

    def count_on_device(self, rate: bool = True) -> None:
        """Keep the step count, and ``rate`` too, in tensors beside the parameters from now on.

        A compiled step then sees tensors that change instead of numbers that would each ask for
        compiling anew; ``step`` does it by itself while it is compiled.
        """
        group = self.param_groups[0]
        group["capturable"] = True  # torch's word for it, which the compiler would add
        device = self._trainable_variables[0].device if self._trainable_variables else None
        for entry, dtype in self.host_entries.items():
            if not isinstance(group[entry], Tensor) and (rate or entry != "lr"):
                group[entry] = torch.tensor(group[entry], dtype=dtype, device=device)
        if self.built and not torch.compiler.is_compiling():
            self._link_all()

    # Variables.

    @property
    def variables(self) -> list[Variable]:
        """Step count, learning rate, averages, accumulators and slots, in Keras's order."""
        return CallableList(self._variables)

    @property
    def weights(self) -> list[Variable]:
        """``variables``, under Keras 2's name."""
        return self.variables

    def build(
        self,
        variables: Iterable[Variable] | None = None,
        var_list: Iterable[Variable] | None = None,
    ) -> None:
        """Create the slots.

        Args:
            variables: The model's trainable variables, or plain torch parameters.
            var_list: Another name of ``variables``.
        """
        if self.built:
            return
        variables = var_list if variables is None else variables
        self._trainable_variables, self._slots = [], []
        self._model_variables_moving_average, self._accumulated_gradients = [], []
        self._take_in(variables)

    @property
    def can_extend(self) -> bool:
        """Whether ``extend`` serves; a class whose ``build`` makes more than slots says no."""
        return self.built and type(self).build is Optimizer.build

    def extend(self, variables: Iterable[Variable]) -> None:
        """Create slots for further variables, those of another model; the others keep theirs.

        Args:
            variables: Trainable variables, none of which is known.

        Source: tf.keras 2, where one optimizer may be compiled into several models.
        """
        first = len(self._trainable_variables)
        self._missing.add(tuple(range(first)))  # models are trained in turn
        self._take_in(variables)
        self._missing.add(tuple(range(first, len(self._trainable_variables))))

    def _take_in(self, variables: Iterable[Variable]) -> None:
        variables = [as_variable(item) for item in variables]
        self._trainable_variables = [*self._trainable_variables, *variables]
        self._slots = [*self._slots, *({} for _ in variables)]
        self._index()
        if self.use_ema:
            self._model_variables_moving_average += self.add_optimizer_variables(
                variables, "average"
            )
        if self.gradient_accumulation_steps:
            self._accumulated_gradients += [
                self.add_variable_from_reference(variable, "gradient_accumulator")
                for variable in variables
            ]
        for names, initializers in self.slot_blocks():
            self.add_optimizer_variables(variables, names, initializers)
        self.param_groups[0]["params"] = [v.parameter for v in self._trainable_variables]
        self.built = True
        self._link_all()

    def slot_blocks(self) -> list[tuple[Sequence[str], Any]]:
        """Names and initial values of the slots of each variable, block after block."""
        return []

    def _row(self, variable: Any) -> int:
        row = self._rows.get(id(variable))
        if row is None and isinstance(variable, Tensor):
            for row, known in enumerate(self._trainable_variables):
                if known.parameter is variable:
                    return row
            row = None
        if row is None:
            raise ValueError(
                f'{type(self).__name__} "{self.name}": Unknown variable: '
                f"{getattr(variable, 'path', variable)}. This optimizer can only be called for the "
                "variables it was originally built with; create another one for others."
            )
        return row

    def _var_key(self, variable: Any) -> int:
        return id(variable)

    def _get_variable_index(self, variable: Any) -> int:
        """Position of ``variable`` in the lists that ``build`` made (for users' subclasses)."""
        return self._row(variable)

    @property
    def _index_dict(self) -> dict[int, int]:
        return self._rows

    def assign(self, variable: Variable, value: Any) -> None:
        """``variable = value``."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """``variable += value``."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """``variable -= value``."""
        variable.assign_sub(value)

    def __setattr__(self, name: str, value: Any) -> None:
        self._check_made()
        if isinstance(value, Variable) and not any(v is value for v in self._variables):
            self._variables.append(value)
        super().__setattr__(name, value)

    def _check_made(self) -> None:
        if "_variables" not in self.__dict__:
            raise moment_error(
                type(self).__name__,
                "you forgot to call `super().__init__()` as the first statement in `__init__`",
            )

    # Configuration.

    @generic
    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data, with the learning rate as it is now."""
        config = super().get_config()
        config.pop("jit_compile", None)  # Keras 3 knows no such argument
        if self.decay:
            config["decay"] = self.decay
        if not config.get("adaptive_epsilon", True):
            del config["adaptive_epsilon"]  # Keras 3 knows no such argument
        return config

    def _config_of(self, owner: type) -> dict[str, Any]:
        recorded = recorded_arguments(self)
        config = {}
        for name, default in constructor_arguments(owner).items():
            value = recorded.get(name, default)
            value = (
                self._learning_rate
                if name == "learning_rate"
                else current_value(self, owner, name, value)
            )
            config[name] = (
                float(value)
                if isinstance(value, Variable)
                else serialization.serialize_value(value)
            )
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "Optimizer":
        """An optimizer made from what ``get_config`` gave."""
        config = dict(config)
        with scopes.custom_objects_scope(custom_objects):
            for name in ("learning_rate", "lr"):
                if isinstance(config.get(name), dict):
                    config[name] = serialization.deserialize_keras_object(config[name])
            return cls(**config)
