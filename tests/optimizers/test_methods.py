"""Each argument of each method of optimizers and schedules matters."""

import pytest
import torch
from influence import Change, Subject, cases, check
from methods import Method, missing_methods

import torchkeras
from torchkeras import optimizers
from torchkeras.core.layout import Permuted
from torchkeras.optimizers import Optimizer, schedules

START = torch.tensor([[0.5, -1.0], [2.0, 0.3]])
UP, DOWN = torch.ones(2, 2), -torch.ones(2, 2)


class Of:
    """An argument made of the call's optimizer and its two variables."""

    def __init__(self, make):
        self.make = make


class Scene(Method):
    """A method of an optimizer of two variables.

    Args:
        optimizer: Makes the optimizer.
        built: Whether it is built before the call.
        before, after: What is done with optimizer and variables around the call.
    """

    def __init__(self, cls, name, optimizer, built=True, before=None, after=None):
        super().__init__(cls, name)
        self.optimizer, self.built, self.before, self.after = optimizer, built, before, after

    def __call__(self, **arguments):
        """What the call gives, then the values of the optimizer's and the model's variables."""
        held = [torchkeras.Variable(START + n, name=name) for n, name in enumerate(("a", "b"))]
        optimizer = self.optimizer()
        if self.built:
            optimizer.build(held)
        if self.before is not None:
            self.before(optimizer, held)
        self.make = lambda: optimizer
        result = super().__call__(
            **{
                name: value.make(optimizer, held) if isinstance(value, Of) else value
                for name, value in arguments.items()
            }
        )
        if self.after is not None:
            self.after(optimizer, held)
        return [seen(value) for value in (result, list(optimizer.variables), held)]


def seen(result):
    """Results as values; variables with their names, which tell them apart."""
    if isinstance(result, torchkeras.Variable):
        return result.name, result.aggregation, result.layout.is_identity, result.numpy().copy()
    if isinstance(result, (list, tuple)):
        return [seen(item) for item in result]
    if isinstance(result, Optimizer):
        return float(result.learning_rate)
    if callable(result) and not isinstance(result, torch.Tensor):
        return seen(result())
    return result.detach().clone() if isinstance(result, torch.Tensor) else result


def sgd(**options):
    return lambda: optimizers.SGD(0.1, **options)


def loss_scale():
    return optimizers.LossScaleOptimizer(optimizers.SGD(0.1, momentum=0.5), initial_scale=4.0)


def loss_scale_and_averages():
    return optimizers.LossScaleOptimizer(optimizers.SGD(0.1, use_ema=True))


def by_path():
    return optimizers.OptimizerMap(optimizers.SGD(0.1), {"b": optimizers.SGD(0.2)})


def several(**options):
    return lambda: optimizers.MultiOptimizer(lambda variable: optimizers.SGD(0.1, **options))


def squares(optimizer, held):
    return lambda: sum((variable.tensor**2).sum() for variable in held)


def cubes(optimizer, held):
    return lambda: sum((variable.tensor**3).sum() for variable in held)


class Tape:
    """A gradient tape whose gradients are all alike."""

    def gradient(self, target, sources, output_gradients=None):
        factor = 7.0 if output_gradients is None else float(output_gradients)
        return [torch.full((2, 2), factor) for _ in sources]


def on_processes(optimizer, held):
    optimizer.gradient_reduction = lambda gradients, parameters: [g * 0.5 for g in gradients]


def steps(optimizer, held):
    for _ in range(2):
        optimizer.apply([UP, DOWN], held)


def with_gradients(optimizer, held):
    for variable, gradient in zip(held, (UP, DOWN), strict=True):
        variable.parameter.grad = gradient.clone()


def new_gradients(optimizer, held):
    """A closure that replaces the gradients."""

    def closure():
        for variable in held:
            variable.parameter.grad = DOWN * 3

    return closure


def values(factor):
    """A value for each of the optimizer's variables."""
    return Of(
        lambda optimizer, held: [variable.numpy() * factor for variable in optimizer.variables]
    )


def stored(factor):
    """What ``save_own_variables`` wrote."""
    return Of(
        lambda optimizer, held: {
            str(n): variable.numpy() * factor for n, variable in enumerate(optimizer.variables)
        }
    )


def state_of(momentum):
    """torch's state of an SGD whose momentum stands at a value."""

    def make(optimizer, held):
        state = optimizer.state_dict()
        state["state"] = {n: {"momentum": torch.full((2, 2), momentum)} for n in range(2)}
        return state

    return Of(make)


both = Of(lambda optimizer, held: held)
first = Of(lambda optimizer, held: held[:1])
turned = Of(lambda optimizer, held: held[::-1])
one, other = Of(lambda optimizer, held: held[0]), Of(lambda optimizer, held: held[1])
pairs = Of(lambda optimizer, held: list(zip([UP, DOWN], held, strict=True)))
other_pairs = Of(lambda optimizer, held: list(zip([DOWN, DOWN], held, strict=True)))
wrong_number = Change(first, raises=ValueError)

new_variable = {"shape": (3,), "initializer": "ones", "dtype": "float64", "name": "other"}
LOSS = {"loss": Of(squares), "var_list": both}
of_losses = {
    "loss": Of(cubes),
    "var_list": first,
    "tape": Change(Tape(), {"loss": Of(lambda *scene: squares(*scene)())}),
    "grad_loss": torch.tensor(3.0),
}
applied = {"grads": [DOWN, UP * 2], "trainable_variables": turned}
APPLIED = {"grads": [UP, DOWN]}
BUILT = {"var_list": both}


def stepped(optimizer):
    """A weight after a step."""
    variable = torchkeras.Variable(START)
    optimizer.apply([UP], [variable])
    return variable.numpy()


def optimizer_data(name, rate):
    return {"class_name": name, "config": {"learning_rate": rate}}


class Doubled(optimizers.SGD):
    """A user's class that stands for SGD."""

    def __init__(self, learning_rate=0.01, **options):
        super().__init__(2 * learning_rate, **options)


class Steady(schedules.LearningRateSchedule):
    """A user's schedule."""

    def __init__(self, rate=0.5):
        self.rate = rate

    def __call__(self, step):
        return self.rate


class Halved(Steady):
    """Another of that name."""

    def __call__(self, step):
        return self.rate / 2


def config_of(rate):
    return {"learning_rate": {"class_name": "Steady", "config": {"rate": rate}}}


CUSTOM = {"custom_objects": {"SGD": Doubled}}
INNER = {"inner_optimizer": optimizer_data("SGD", 0.1)}
MAPPED = {"default_optimizer": optimizer_data("SGD", 0.1), "optimizer_map": {}}
SCHEDULES = [
    schedules.CosineDecay(0.1, 5),
    schedules.CosineDecayRestarts(0.1, 5),
    schedules.ExponentialDecay(0.1, 5, 0.5),
    schedules.InverseTimeDecay(0.1, 5, 0.5),
    schedules.PiecewiseConstantDecay([2], [0.1, 0.7]),
    schedules.PolynomialDecay(0.1, 5),
]
SUBJECTS = [
    Subject(
        Scene(Optimizer, "build", optimizers.Adam, built=False),
        {"variables": first, "var_list": Change(first, {"variables": None, "var_list": both})},
        {"variables": both},
    ),
    Subject(
        Scene(Optimizer, "extend", optimizers.Adam),
        {"variables": Of(lambda optimizer, held: [torchkeras.Variable(START, name="c")])},
        {"variables": []},
    ),
    *(
        Subject(
            Scene(Optimizer, name, sgd()),
            {"variable": other, "value": DOWN},
            {"variable": one, "value": UP},
        )
        for name in ("assign", "assign_add", "assign_sub")
    ),
    Subject(Scene(Optimizer, "step", sgd(), before=with_gradients), {"closure": Of(new_gradients)}),
    Subject(Scene(Optimizer, "apply", sgd()), applied, APPLIED),
    Subject(
        Scene(Optimizer, "apply_gradients", sgd(), before=on_processes),
        {
            "grads_and_vars": other_pairs,
            "skip_gradients_aggregation": True,
            "experimental_aggregate_gradients": False,
        },
        {"grads_and_vars": pairs},
    ),
    Subject(
        Scene(Optimizer, "update_step", sgd()),
        {"gradient": DOWN, "variable": other, "learning_rate": 0.7},
        {"gradient": UP, "variable": one},
    ),
    Subject(
        Scene(Optimizer, "exclude_from_weight_decay", sgd(weight_decay=0.1), after=steps),
        {"var_list": first, "var_names": ["b"]},
    ),
    Subject(
        Scene(Optimizer, "scale_loss", sgd(loss_scale_factor=4.0)), {"loss": 2.0}, {"loss": 1.0}
    ),
    Subject(Scene(Optimizer, "compute_gradients", sgd()), of_losses, LOSS),
    Subject(Scene(Optimizer, "minimize", sgd()), of_losses, LOSS),
    Subject(
        Scene(Optimizer, "aggregate_gradients", sgd(), before=on_processes),
        {"grads_and_vars": other_pairs},
        {"grads_and_vars": pairs},
    ),
    Subject(
        Scene(Optimizer, "add_variable", sgd()),
        {
            **new_variable,
            "aggregation": "mean",
            "layout": Change(Permuted((1, 0)), {"shape": (2, 3)}),
        },
        {"shape": (2,)},
    ),
    Subject(
        Scene(Optimizer, "add_variable_from_reference", sgd()),
        {
            "reference_variable": other,
            "name": "other",
            "initializer": "ones",
            "model_variable": Change(other, {"reference_variable": None, "model_variable": one}),
            "variable_name": "other",
            "initial_value": 3.0,
            "shape": (3,),
        },
        {"reference_variable": one},
    ),
    Subject(
        Scene(Optimizer, "add_optimizer_variables", sgd()),
        {"trainable_variables": first, "name": "other", "initializer": "ones"},
        {"trainable_variables": both, "name": "velocity"},
    ),
    Subject(
        Scene(Optimizer, "add_slot", sgd()),
        {"var": other, "slot_name": "other", "initializer": "ones", "shape": (3,)},
        {"var": one, "slot_name": "velocity"},
    ),
    Subject(
        Scene(Optimizer, "get_slot", optimizers.Adam),
        {"var": other, "slot_name": "v"},
        {"var": one, "slot_name": "m"},
    ),
    Subject(Scene(Optimizer, "add_weight", sgd()), new_variable, {"shape": (2,), "name": "own"}),
    *(
        Subject(
            Scene(Optimizer, name, sgd()),
            {"loss": Of(cubes), "params": first},
            {"loss": Of(squares), "params": both},
        )
        for name in ("get_gradients", "get_updates")
    ),
    Subject(
        Scene(Optimizer, "finalize_variable_values", sgd(use_ema=True), before=steps),
        {"var_list": wrong_number},
        BUILT,
    ),
    Subject(
        Scene(Optimizer, "set_weights", sgd(momentum=0.5), before=steps),
        {"weights": values(2)},
        {"weights": values(1)},
    ),
    Subject(
        Scene(Optimizer, "load_own_variables", sgd(momentum=0.5), before=steps),
        {"store": stored(2)},
        {"store": stored(1)},
    ),
    Subject(
        Scene(Optimizer, "load_state_dict", sgd(momentum=0.5), after=steps),
        {"state_dict": state_of(2.0)},
        {"state_dict": state_of(1.0)},
    ),
    Subject(
        Scene(Optimizer, "stateless_apply", sgd(momentum=0.5), before=steps),
        {
            "optimizer_variables": values(2),
            "grads": [DOWN, UP],
            "trainable_variables": [UP, UP],
        },
        {"optimizer_variables": values(1), "grads": [UP, DOWN], "trainable_variables": [UP, DOWN]},
    ),
    Subject(
        Method(Optimizer, "from_config"),
        {"config": config_of(0.1), "custom_objects": {"Steady": Halved}},
        {"config": config_of(0.5), "custom_objects": {"Steady": Steady}},
        lambda optimizer: optimizer.learning_rate,
    ),
    *(
        Subject(Scene(cls, "build", cls, built=False), {"var_list": first}, BUILT)
        for cls in (
            optimizers.Adafactor,
            optimizers.Muon,
            optimizers.Nadam,
            optimizers.ScheduleFreeAdamW,
        )
    ),
    *(
        Subject(
            Scene(cls, "update_step", cls),
            {"gradient": START, "variable": other, "learning_rate": 0.7},
            {"gradient": UP, "variable": one},
        )
        for cls in (optimizers.Adafactor, optimizers.Muon)
    ),
    Subject(
        Scene(optimizers.Muon, "follows_adam", lambda: optimizers.Muon(exclude_layers=["b"])),
        {"variable": other},
        {"variable": one},
    ),
    Subject(
        Scene(optimizers.Muon, "transpose_last_axis", optimizers.Muon), {"X": UP}, {"X": START}
    ),
    Subject(
        Scene(optimizers.Muon, "lr_adjust", lambda: optimizers.Muon(rms_rate=None)),
        {"x": torch.ones(8, 2)},
        {"x": torch.ones(2, 2)},
    ),
    Subject(
        Scene(optimizers.Muon, "zeropower_via_newtonschulz5", optimizers.Muon),
        {"x": UP, "steps": 1},
        {"x": START, "steps": 5},
    ),
    Subject(
        Scene(optimizers.LossScaleOptimizer, "build", loss_scale, built=False),
        {"var_list": first},
        BUILT,
    ),
    Subject(Scene(optimizers.LossScaleOptimizer, "apply", loss_scale), applied, APPLIED),
    Subject(
        Scene(optimizers.LossScaleOptimizer, "check_finite", loss_scale),
        {"grads": [UP, UP / 0]},
        {"grads": [UP, UP]},
    ),
    *(
        Subject(
            Scene(optimizers.LossScaleOptimizer, name, loss_scale), {"loss": 2.0}, {"loss": 1.0}
        )
        for name in ("scale_loss", "get_scaled_loss")
    ),
    Subject(
        Scene(optimizers.LossScaleOptimizer, "get_unscaled_gradients", loss_scale),
        {"grads": [DOWN]},
        {"grads": [UP]},
    ),
    Subject(
        Scene(
            optimizers.LossScaleOptimizer,
            "finalize_variable_values",
            loss_scale_and_averages,
            before=steps,
        ),
        {"var_list": wrong_number},
        BUILT,
    ),
    Subject(
        Method(optimizers.LossScaleOptimizer, "from_config"),
        {"config": {"inner_optimizer": optimizer_data("SGD", 0.7)}, **CUSTOM},
        {"config": INNER},
        lambda optimizer: float(optimizer.learning_rate),
    ),
    Subject(
        Scene(optimizers.MultiOptimizer, "build", several(momentum=0.5), built=False),
        {"var_list": first},
        BUILT,
    ),
    Subject(Scene(optimizers.MultiOptimizer, "apply", several()), applied, APPLIED),
    Subject(
        Scene(
            optimizers.MultiOptimizer,
            "finalize_variable_values",
            several(use_ema=True),
            before=steps,
        ),
        {"var_list": first},
        BUILT,
    ),
    Subject(
        Method(optimizers.MultiOptimizer, "from_config"),
        {
            "config": {
                "optimizer_map": {
                    "class_name": "OptimizerMap",
                    "config": {**MAPPED, "default_optimizer": optimizer_data("SGD", 0.7)},
                }
            },
            **CUSTOM,
        },
        {"config": {"optimizer_map": {"class_name": "OptimizerMap", "config": MAPPED}}},
        stepped,
    ),
    Subject(
        Method(optimizers.OptimizerMap, "from_config"),
        {"config": {**MAPPED, "default_optimizer": optimizer_data("SGD", 0.7)}, **CUSTOM},
        {"config": MAPPED},
        lambda made: stepped(made.default_optimizer),
    ),
    Subject(
        Method(optimizers.OptimizerMap, "__call__", by_path),
        {"variable": torchkeras.Variable(START, name="b")},
        {"variable": torchkeras.Variable(START, name="a")},
        seen,
    ),
    *(
        Subject(
            Method(type(schedule), "__call__", lambda schedule=schedule: schedule),
            {"step": 4},
            {"step": 1},
        )
        for schedule in SCHEDULES
    ),
]
FORMULA = "a part of the step, whose arguments the step makes; the constructors' rows change it"
OLDER = "accepted for older scripts"
WITHOUT = {
    **dict.fromkeys(("update", "update_fused", "update_moments", "before_update"), FORMULA),
    "step_with": "the step of a compiled graph; tests/training/test_jit.py compares it",
    "count_on_device": "says where the step is counted, not how far",
    "LearningRateSchedule.__call__": "a subclass writes it; here it raises",
    "State.save_own_variables": "`store` is what is written to",
    "State.add_param_group": "raises always",
    **dict.fromkeys(("kept_as", "add_missing"), "a part of reading; test_state.py tests it"),
    ("apply_gradients", "name"): OLDER,
    ("minimize", "name"): OLDER,
    **{("add_weight", name): OLDER for name in ("trainable", "synchronization", "aggregation")},
}


@pytest.mark.parametrize("subject, argument", cases(SUBJECTS))
def test_changing_the_argument_of_a_method_matters(subject, argument):
    check(subject, argument)


def test_no_argument_of_a_method_is_left_out():
    assert not missing_methods(
        [optimizers, schedules], SUBJECTS, WITHOUT, ["torchkeras.core.configurable"]
    )


@pytest.mark.parametrize(
    "method, words",
    [
        (Optimizer.apply_gradients, "name: Taken for Keras 2's sake; nothing is named"),
        (Optimizer.minimize, "name: Accepted for older scripts"),
        (Optimizer.add_weight, "trainable, synchronization, aggregation: Accepted for older"),
    ],
)
def test_arguments_of_methods_without_influence_say_so(method, words):
    assert words in method.__doc__
