import json

import keras as reference
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.optimizers.base import Optimizer

NAMES = [
    *("SGD", "Adam", "AdamW", "Adamax", "Nadam", "Adagrad", "Adadelta", "RMSprop", "Ftrl", "Lion"),
    *("Lamb", "Adafactor", "Muon", "ScheduleFreeAdamW"),
]


@pytest.mark.parametrize("name", NAMES)
def test_configurations_are_those_of_keras(name):
    ours, theirs = getattr(keras.optimizers, name)(), getattr(reference.optimizers, name)()
    config, expected = ours.get_config(), theirs.get_config()
    del config["name"], expected["name"]  # counted up in each package
    assert config == expected
    rebuilt = keras.optimizers.deserialize(json.loads(json.dumps(keras.optimizers.serialize(ours))))
    assert rebuilt.get_config() == ours.get_config()


@pytest.mark.parametrize("name", NAMES)
def test_variables_stand_in_keras_order(name, weights):
    ours = getattr(keras.optimizers, name)(use_ema=True, gradient_accumulation_steps=2, name="opt")
    theirs = getattr(reference.optimizers, name)(
        use_ema=True, gradient_accumulation_steps=2, name="opt"
    )
    values = [np.ones((2, 3), "float32"), np.ones(3, "float32")]
    ours.build([keras.Variable(v, name=f"w{i}") for i, v in enumerate(values)])
    theirs.build([reference.Variable(v, name=f"w{i}") for i, v in enumerate(values)])
    rows = [
        [(v.path.replace("variable_", "variable"), tuple(v.shape), v.dtype) for v in o.variables]
        for o in (ours, theirs)
    ]
    # keras on torch counts in int32, on TensorFlow in int64; its loose variables are numbered.
    assert [(s, d) for _, s, d in rows[0][1:]] == [(s, d) for _, s, d in rows[1][1:]]
    assert [p for p, _, _ in rows[0] if "/" in p] == [p for p, _, _ in rows[1] if "/" in p]


def test_it_is_a_torch_optimizer():
    assert issubclass(Optimizer, torch.optim.Optimizer)
    assert isinstance(keras.optimizers.Adam(), torch.optim.Optimizer)


def test_the_rate_is_a_variable_in_torchs_group():
    optimizer = keras.optimizers.SGD(0.1)
    assert float(optimizer.learning_rate) == float(np.float32(0.1))
    optimizer.learning_rate.assign(0.25)
    assert optimizer.param_groups[0]["lr"] == 0.25
    optimizer.param_groups[0]["lr"] = 0.5
    assert float(optimizer.lr) == 0.5
    optimizer.lr = 0.75
    assert float(optimizer.learning_rate) == 0.75
    optimizer.learning_rate = torch.tensor(1.5)
    assert optimizer.get_config()["learning_rate"] == 1.5


def test_lr_and_decay_are_honoured(weights):
    (weight,) = weights([0.0])
    optimizer = keras.optimizers.legacy.SGD(lr=1.0, decay=1.0)
    for _ in range(3):
        optimizer.apply([[1.0]], [weight])
    assert weight.numpy().tolist() == pytest.approx([-(1 + 1 / 2 + 1 / 3)])
    rebuilt = keras.optimizers.get(keras.optimizers.serialize(optimizer))
    assert (rebuilt.decay, float(rebuilt.lr)) == (1.0, 1.0)


def test_a_callable_gives_the_rate(weights):
    (weight,) = weights([0.0])
    optimizer = keras.optimizers.SGD(lambda: 0.5)
    optimizer.apply([[1.0]], [weight])
    assert weight.numpy().tolist() == [-0.5]
    assert [v.name for v in optimizer.variables] == ["iteration"]


def test_a_schedule_replaces_the_rates_variable():
    optimizer = keras.optimizers.Adam(0.5)
    optimizer.learning_rate = keras.optimizers.schedules.PolynomialDecay(
        optimizer.learning_rate, 4, end_learning_rate=0.0
    )
    assert len(optimizer.variables) == 1
    optimizer.iterations = 2
    assert float(optimizer.learning_rate) == 0.25
    with pytest.raises(TypeError, match="not settable"):
        optimizer.learning_rate = 0.1


def test_a_schedule_changed_on_the_way_is_noticed(weights):
    (weight,) = weights([0.0])
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [1.0, 0.5])
    optimizer = keras.optimizers.SGD(schedule)
    for _ in range(3):
        optimizer.apply([[1.0]], [weight])
    schedule.values[1] = 0.25
    optimizer.apply([[1.0]], [weight])
    optimizer.iterations = 1000
    optimizer.apply([[1.0]], [weight])
    assert weight.numpy().tolist() == [-(1.0 + 1.0 + 0.5 + 0.25 + 0.25)]


def test_a_run_resumed_within_a_block_has_the_very_same_rates(weights):
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 90)
    whole, resumed = keras.optimizers.SGD(schedule), keras.optimizers.SGD(schedule)
    rates = []
    for step in range(100):
        whole.iterations = step
        rates.append(whole._rate())
    for step in (37, 38, 70, 63, 64):
        resumed.iterations = step
        assert resumed._rate() == rates[step]


def test_a_rate_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="Argument `learning_rate` should be float"):
        keras.optimizers.SGD(learning_rate=[0.1])


def test_a_string_in_first_place_is_a_name():
    assert Optimizer("mine").name == "mine"


def test_names_count_up():
    names = [keras.optimizers.AdamW().name for _ in range(2)]
    assert names == ["adam_w", "adam_w_1"]


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Muon"])
def test_positions_are_those_of_keras(name):
    import inspect

    ours = inspect.signature(getattr(keras.optimizers, name).__init__)
    theirs = inspect.signature(getattr(reference.optimizers, name).__init__)
    shared = [p for p in theirs.parameters if p != "kwargs"]
    assert list(ours.parameters)[: len(shared)] == shared
    assert [ours.parameters[p].default for p in shared] == [
        theirs.parameters[p].default for p in shared
    ]


def test_a_build_of_plain_parameters_works():
    module = torch.nn.Linear(2, 1)
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(module.parameters())
    module(torch.ones(1, 2)).sum().backward()
    before = module.weight.detach().clone()
    optimizer.step()
    assert torch.equal(module.weight.detach(), before - 0.5)
    optimizer.apply([torch.ones(1, 2), torch.ones(1)], list(module.parameters()))
    assert torch.allclose(module.weight.detach(), before - 1.0)


def test_slots_can_be_added_as_keras_2_did(weights):
    (weight,) = weights([1.0, 2.0])
    optimizer = keras.optimizers.SGD()
    optimizer.build([weight])
    slot = optimizer.add_variable_from_reference(
        model_variable=weight, variable_name="m", initial_value=[3.0, 4.0]
    )
    assert (slot.path, slot.numpy().tolist()) == ("sgd/w0_m", [3.0, 4.0])
    assert optimizer.variables()[-1] is slot


def test_as_many_initializers_as_names_are_wanted(weights):
    with pytest.raises(ValueError, match="must match the number of provided initializers"):
        keras.optimizers.SGD().add_optimizer_variables(weights([1.0]), ["a", "b"], ["zeros"])


def test_variables_that_are_attributes_are_found():
    optimizer = keras.optimizers.SGD()
    optimizer.counter = keras.Variable(1.0)
    assert optimizer.variables[-1] is optimizer.counter


def test_state_before_the_base_is_made_is_refused():
    class Hasty(Optimizer):
        def __init__(self):
            self.rate = 1.0

    with pytest.raises(RuntimeError, match=r"forgot to call `super\(\).__init__\(\)`"):
        Hasty()


def test_parameter_groups_are_not_added():
    with pytest.raises(RuntimeError, match="MultiOptimizer"):
        keras.optimizers.SGD().add_param_group({"params": [torch.ones(1)]})


class Momentum(Optimizer):
    """As in Keras's guide to optimizers of one's own."""

    def __init__(self, learning_rate=0.1, mu=0.5, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.mu = mu

    def build(self, variables):
        super().build(variables)
        self.momentums = [
            self.add_variable_from_reference(reference_variable=v, name="momentum")
            for v in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        learning_rate = keras.ops.cast(learning_rate, variable.dtype)
        m = self.momentums[self._get_variable_index(variable)]
        self.assign(m, m * self.mu - gradient * learning_rate)
        self.assign_add(variable, m)

    def get_config(self):
        return {**super().get_config(), "mu": self.mu}


@pytest.mark.parametrize("by_step", [False, True])
def test_a_users_optimizer_follows_keras_protocol(trajectory, by_step):
    own = trajectory(Momentum(0.1, 0.5, weight_decay=0.1), keras, by_step=by_step)
    built_in = trajectory(keras.optimizers.SGD(0.1, 0.5, weight_decay=0.1), keras)
    assert np.allclose(own, built_in, rtol=1e-5, atol=1e-6)


def test_a_users_optimizer_has_a_configuration():
    config = Momentum(0.25, 0.75, clipnorm=2.0).get_config()
    assert (config["mu"], config["clipnorm"], config["learning_rate"]) == (0.75, 2.0, 0.25)
    assert Momentum.from_config(config).mu == 0.75


class TwoArguments(Optimizer):
    def __init__(self, rate, name="Two"):
        super().__init__(name=name)
        self._learning_rate = self._build_learning_rate(rate)

    def update_step(self, gradient, variable):
        variable.assign_sub(gradient * self.learning_rate)


def test_keras_2s_update_step_of_two_arguments_works(weights):
    (weight,) = weights([1.0])
    optimizer = TwoArguments(0.5)
    optimizer.apply_gradients([(torch.ones(1), weight)])
    assert weight.numpy().tolist() == [0.5]


def test_the_built_in_formula_is_at_hand_in_update_step(weights):
    class Doubled(keras.optimizers.Adam):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(2 * gradient, variable, learning_rate)

    (one, other) = weights([1.0, 2.0], [1.0, 2.0])
    for gradient in ([0.5, 1.0], [0.25, -1.0]):
        gradient = torch.tensor(gradient)
        if gradient[0] == 0.5:
            doubled, plain = Doubled(0.1, epsilon=1.0), keras.optimizers.Adam(0.1, epsilon=1.0)
        doubled.apply([gradient], [one])
        plain.apply([2 * gradient], [other])
    assert one.numpy().tolist() == pytest.approx(other.numpy().tolist())


def test_a_class_without_formula_says_so(weights):
    with pytest.raises(RuntimeError, match="update_step isn't defined"):
        Optimizer().apply([[1.0]], weights([1.0]))


def test_further_variables_leave_the_known_ones_their_slots():
    first, second = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.apply_gradients([(torch.ones(2), first)])
    momentum = optimizer.variables[2]
    optimizer.extend([second])
    optimizer.apply_gradients([(torch.ones(2), second)])
    assert optimizer.variables[2] is momentum
    assert len(optimizer.variables) == 6
    assert int(optimizer.iterations) == 2
    torch.testing.assert_close(optimizer.variables[4].parameter, torch.full((2,), 0.1))


def test_a_class_that_makes_more_than_slots_is_not_extended():
    adafactor = keras.optimizers.Adafactor()
    adafactor.build([torch.nn.Parameter(torch.ones(2))])
    assert not adafactor.can_extend
