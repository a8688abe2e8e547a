"""Each argument of each optimizer and schedule matters."""

import pytest
import torch
from influence import Change, Fresh, Subject, cases, check, missing, named

import torchkeras
from torchkeras import optimizers
from torchkeras.optimizers import schedules
from torchkeras.optimizers.options import FurtherOptions

# A great gradient, then lesser ones against it: signs of means depend on what limits the first.
FACTORS = (10.0, -0.5, 0.3, -2.0, 0.7, -0.1)


def weights():
    kernel = torch.tensor([[0.5, -1.0], [2.0, 0.3], [-0.2, 0.1]])
    return [
        torchkeras.Variable(kernel, name="kernel"),
        torchkeras.Variable(kernel + 0.2, name="embeddings"),
        torchkeras.Variable(torch.tensor([0.4, -0.7]), name="bias"),
    ]


def trained(optimizer):
    """Weights after some steps, averages put in their place, and the loss's factor."""
    variables = weights()
    for factor in FACTORS:
        gradients = [factor * torch.cos(3 * variable.tensor.detach()) for variable in weights()]
        optimizer.apply(gradients, variables)
    optimizer.finalize_variable_values(variables)
    scaled = optimizer.scale_loss(torch.tensor(1.0))
    return [variable.numpy().copy() for variable in variables], scaled


AVERAGED = {"use_ema": True}
SHARED = {
    "weight_decay": 0.1,
    "clipnorm": 0.5,
    "clipvalue": 0.2,
    "global_clipnorm": 0.5,
    "use_ema": True,
    "ema_momentum": Change(0.5, AVERAGED),
    "ema_overwrite_frequency": Change(2, AVERAGED),
    "loss_scale_factor": 8.0,
    "gradient_accumulation_steps": 2,
    "name": named,
    "lr": 0.05,
    "decay": 0.5,
    "gradient_aggregator": lambda pairs: [(g.flip(0), v) for g, v in pairs],
    "gradient_transformers": [lambda pairs: [(g.flip(0), v) for g, v in pairs]],
}
betas = {"beta_1": 0.5, "beta_2": 0.7, "epsilon": 0.1}
OWN = {
    "SGD": {"momentum": 0.5, "nesterov": Change(True, {"momentum": 0.5})},
    "Adadelta": {"rho": 0.5, "epsilon": 0.1},
    "Adafactor": {
        "beta_2_decay": -0.3,
        "epsilon_1": 0.1,
        "epsilon_2": 1.0,
        "clip_threshold": 0.1,
        "relative_step": Change(False, {"learning_rate": 2.0}),
    },
    "Adagrad": {"initial_accumulator_value": 1.0, "epsilon": 0.1},
    "Adam": {**betas, "amsgrad": True, "adaptive_epsilon": True},
    "AdamW": {**betas, "amsgrad": True},
    "Adamax": betas,
    "Ftrl": {
        "learning_rate_power": -0.2,
        "initial_accumulator_value": 1.0,
        "l1_regularization_strength": 0.5,
        "l2_regularization_strength": 0.5,
        "l2_shrinkage_regularization_strength": 0.5,
        "beta": 0.5,
    },
    "Lamb": betas,
    "Lion": {"beta_1": 0.5, "beta_2": 0.7},
    "Muon": {
        "adam_beta_1": 0.5,
        "adam_beta_2": 0.7,
        "adam_weight_decay": 0.5,
        "epsilon": 0.1,
        "exclude_layers": ["kernel"],
        "exclude_embeddings": False,
        "muon_a": 3.0,
        "muon_b": -4.0,
        "muon_c": 2.5,
        "adam_lr_ratio": 2.0,
        "momentum": 0.5,
        "ns_steps": 2,
        "nesterov": False,
        "rms_rate": 0.5,
        "**options": {"lr": 0.05},
    },
    "Nadam": betas,
    "RMSprop": {"rho": 0.5, "momentum": 0.5, "epsilon": 0.1, "centered": True},
    "ScheduleFreeAdamW": {**betas, "warmup_steps": 4},
}


def optimizer_subject(name):
    changes = {"learning_rate": 0.03, **SHARED, **OWN[name]}
    if name == "Muon":  # whose further options stand for these
        changes = {
            key: changes[key] for key in changes if key not in FurtherOptions.__annotations__
        }
    return Subject(getattr(optimizers, name), changes, {"learning_rate": 0.1}, trained)


class Descent(optimizers.Optimizer):
    """The base's own arguments, with the plainest of formulas."""

    def update_step(self, gradient, variable, learning_rate):
        variable.assign(variable - learning_rate * gradient)


def rates(schedule):
    return [float(schedule(step)) for step in range(13)]


def sgd():
    return optimizers.SGD(0.1)


def adam():
    return optimizers.Adam(0.1)


def after_overflow(optimizer):
    """Weights, and the factor after a few good steps and a bad one."""
    variable = torchkeras.Variable([1.0, 2.0])
    for gradient in (4.0, 4.0, 4.0, float("inf")):
        optimizer.apply([torch.full((2,), gradient)], [variable])
    return variable.numpy(), float(optimizer.dynamic_scale)


def chosen(optimizer_map):
    return [type(optimizer_map[path]).__name__ for path in ("head/kernel", "body/kernel")]


FIRST = {"initial_learning_rate": 0.1}
DECAYED = {
    **FIRST,
    "decay_steps": 5,
    "decay_rate": 0.5,
}
by_decay = {
    "initial_learning_rate": 0.2,
    "decay_steps": 7,
    "decay_rate": 0.4,
    "staircase": True,
    "name": named,
}
SGD_DATA = {"class_name": "SGD", "config": {"learning_rate": 0.1}}
DECAY_DATA = {"class_name": "ExponentialDecay", "config": DECAYED}


def learning_rate_of(optimizer):
    return type(optimizer).__name__, float(optimizer.learning_rate)


SUBJECTS = [
    *(optimizer_subject(name) for name in OWN),
    Subject(
        optimizers.LossScaleOptimizer,
        {
            "inner_optimizer": Fresh(adam),
            "initial_scale": 16.0,
            "dynamic_growth_steps": 2,
            "name": named,
            "**options": Change({"clipnorm": 1.0}, raises=ValueError),
        },
        {"inner_optimizer": Fresh(sgd)},
        after_overflow,
    ),
    Subject(
        optimizers.MultiOptimizer,
        {
            "optimizer_map": Fresh(lambda: optimizers.OptimizerMap(adam())),
            "loss_scale_factor": 4.0,
            "name": named,
        },
        {"optimizer_map": Fresh(lambda: optimizers.OptimizerMap(sgd()))},
        trained,
    ),
    Subject(
        optimizers.OptimizerMap,
        {"default_optimizer": Fresh(adam), "optimizer_map": Fresh(lambda: {"head/.*": adam()})},
        {"default_optimizer": Fresh(sgd)},
        chosen,
    ),
    Subject(optimizers.get, {"identifier": "adam"}, {"identifier": "sgd"}, type),
    Subject(
        optimizers.serialize,
        {"optimizer": Fresh(adam), "use_legacy_format": True},
        {"optimizer": Fresh(sgd)},
    ),
    Subject(
        optimizers.deserialize,
        {
            "config": {"class_name": "SGD", "config": {"learning_rate": 0.2}},
            "custom_objects": {"SGD": optimizers.Adam},
        },
        {"config": SGD_DATA},
        learning_rate_of,
    ),
    Subject(
        schedules.CosineDecay,
        {
            "initial_learning_rate": 0.2,
            "decay_steps": 7,
            "alpha": 0.5,
            "name": named,
            "warmup_target": Change(0.3, {"warmup_steps": 3}),
            "warmup_steps": Change(3, {"warmup_target": 0.3}),
        },
        {**FIRST, "decay_steps": 5},
        rates,
    ),
    Subject(
        schedules.CosineDecayRestarts,
        {
            "initial_learning_rate": 0.2,
            "first_decay_steps": 4,
            "t_mul": 1.0,
            "m_mul": 0.5,
            "alpha": 0.5,
            "name": named,
        },
        {**FIRST, "first_decay_steps": 3},
        rates,
    ),
    Subject(schedules.ExponentialDecay, by_decay, DECAYED, rates),
    Subject(schedules.InverseTimeDecay, by_decay, DECAYED, rates),
    Subject(
        schedules.PiecewiseConstantDecay,
        {"boundaries": [3], "values": [0.1, 0.3], "name": named},
        {"boundaries": [5], "values": [0.1, 0.2]},
        rates,
    ),
    Subject(
        schedules.PolynomialDecay,
        {
            "initial_learning_rate": 0.2,
            "decay_steps": 7,
            "end_learning_rate": 0.01,
            "power": 2.0,
            "cycle": True,
            "name": named,
        },
        {**FIRST, "decay_steps": 5},
        rates,
    ),
    Subject(
        schedules.serialize,
        {
            "learning_rate_schedule": schedules.ExponentialDecay(0.2, 5, 0.5),
            "use_legacy_format": True,
        },
        {"learning_rate_schedule": schedules.ExponentialDecay(0.1, 5, 0.5)},
    ),
    Subject(
        schedules.deserialize,
        {
            "config": {**DECAY_DATA, "config": {**DECAYED, "decay_rate": 0.1}},
            "custom_objects": {"ExponentialDecay": schedules.InverseTimeDecay},
        },
        {"config": DECAY_DATA},
        rates,
    ),
    Subject(
        schedules.get,
        {"identifier": {**DECAY_DATA, "config": {**DECAYED, "decay_rate": 0.1}}},
        {"identifier": DECAY_DATA},
        rates,
    ),
]
BASE = {"learning_rate": 0.03, **SHARED}
IGNORED = "accepted for tf.keras 2, where it chose another implementation of the same numbers"
READ = "accepted for tf.keras 2; both formats are read"
TWO = ("jit_compile", "is_legacy_optimizer")
WITHOUT = {
    **{(name, argument): IGNORED for name in (*OWN, "Optimizer") for argument in TWO},
    ("deserialize", "use_legacy_format"): READ,
    **{("Optimizer", argument): "shown at a subclass, which has a formula" for argument in BASE},
}


@pytest.mark.parametrize("subject, argument", cases(SUBJECTS))
def test_changing_the_argument_matters(subject, argument):
    check(subject, argument)


@pytest.mark.parametrize("argument", BASE)
def test_an_argument_of_the_base_matters_in_a_users_class(argument):
    check(Subject(Descent, BASE, {"learning_rate": 0.1}, trained), argument)


def test_no_argument_is_left_out():
    public = [name for name in vars(schedules) if name.endswith(("Decay", "Restarts"))]
    assert len(public) == 6
    assert not missing([optimizers, schedules], SUBJECTS, WITHOUT)


def test_arguments_without_influence_say_so():
    assert "jit_compile, is_legacy_optimizer: Accepted" in optimizers.Optimizer.__doc__
    for function in (optimizers.deserialize, schedules.deserialize):
        assert "either format is read" in function.__doc__


@pytest.mark.parametrize("argument", TWO)
def test_an_ignored_argument_is_taken_and_changes_nothing(argument):
    subject = Subject(optimizers.SGD, {argument: True}, {"learning_rate": 0.1}, trained)
    with pytest.raises(AssertionError, match="decoration"):
        check(subject, argument)
