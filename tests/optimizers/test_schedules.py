import json
import pickle

import keras as reference
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchkeras as keras
from torchkeras.optimizers import schedules

STEPS = [0, 1, 2, 3, 5, 8, 13, 21, 50, 100, 1000]
rate = st.floats(1e-3, 1.0)
steps = st.integers(1, 40)


def check(name, *arguments, at=STEPS, **options):
    ours = getattr(schedules, name)(*arguments, **options)
    theirs = getattr(reference.optimizers.schedules, name)(*arguments, **options)
    expected = [float(theirs(step)) for step in at]
    assert [float(ours(step)) for step in at] == pytest.approx(expected, rel=2e-5, abs=1e-7)
    assert ours(torch.tensor(at)).tolist() == pytest.approx(expected, rel=2e-5, abs=1e-7)
    assert ours.get_config() == theirs.get_config()
    rebuilt = schedules.deserialize(json.loads(json.dumps(schedules.serialize(ours))))
    assert rebuilt.get_config() == ours.get_config()


@given(rate, steps, st.floats(0.1, 0.99), st.booleans())
def test_exponential_decay_equals_that_of_keras(rate, steps, factor, staircase):
    check("ExponentialDecay", rate, steps, factor, staircase)


@given(rate, steps, st.floats(0.1, 2.0), st.booleans())
def test_inverse_time_decay_equals_that_of_keras(rate, steps, factor, staircase):
    check("InverseTimeDecay", rate, steps, factor, staircase)


@given(rate, steps, st.floats(0.0, 0.1), st.sampled_from([0.5, 1.0, 2.0]), st.booleans())
def test_polynomial_decay_equals_that_of_keras(rate, steps, end, power, cycle):
    # Where a cycle ends, 1 - step / steps is 0 or a rounding error, whose root is large.
    at = [step for step in STEPS if step % steps] if cycle else STEPS
    check("PolynomialDecay", rate, steps, end, power, cycle, at=at)


@given(rate, steps, st.floats(0.0, 0.5), st.sampled_from([None, 0.5]), st.integers(0, 20))
def test_cosine_decay_equals_that_of_keras(rate, steps, alpha, target, warmup):
    check("CosineDecay", rate, steps, alpha, warmup_target=target, warmup_steps=warmup)


@given(rate, steps, st.sampled_from([1.0, 1.5, 2.0]), st.floats(0.5, 1.0), st.floats(0.0, 0.5))
def test_cosine_restarts_equal_those_of_keras(rate, steps, longer, lower, alpha):
    # At the step of a restart itself, rounding decides in keras on which side it falls.
    ends = {steps * sum(longer**k for k in range(n)) for n in range(1, 1000 if longer == 1 else 20)}
    at = [step for step in STEPS if step not in ends]
    check("CosineDecayRestarts", rate, steps, longer, lower, alpha, at=at)


def test_a_restart_happens_at_its_step():
    schedule = schedules.CosineDecayRestarts(1.0, 6, t_mul=1.5)
    assert [round(float(schedule(step)), 4) for step in (6, 15)] == [1.0, 1.0]


def test_piecewise_constants_equal_those_of_keras():
    check("PiecewiseConstantDecay", [3, 8, 50], [1.0, 0.5, 0.25, 0.125])


def test_boundaries_must_be_one_fewer_than_values():
    with pytest.raises(ValueError, match="The length of boundaries should be 1 less"):
        schedules.PiecewiseConstantDecay([1, 2], [0.5, 0.25])


@pytest.mark.parametrize(
    "make",
    [
        lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
        lambda: schedules.InverseTimeDecay(0.1, -1, 0.5),
        lambda: schedules.PolynomialDecay(0.1, 0),
        lambda: schedules.CosineDecay(0.1, 0),
        lambda: schedules.CosineDecayRestarts(0.1, 0),
    ],
)
def test_steps_of_0_are_refused(make):
    with pytest.raises(ValueError, match="decay_steps` must be > 0"):
        make()


def test_a_schedule_without_a_formula_says_so():
    with pytest.raises(RuntimeError, match="must override `__call__"):
        schedules.LearningRateSchedule()(1)


class Halving(schedules.LearningRateSchedule):
    def __init__(self, start):
        self.start = start

    def __call__(self, step):
        return self.start * 0.5**step


def test_a_users_schedule_drives_an_optimizer_and_has_a_configuration():
    weight = keras.Variable([0.0])
    optimizer = keras.optimizers.SGD(Halving(1.0))
    for _ in range(3):
        optimizer.apply([[1.0]], [weight])
    assert weight.numpy().tolist() == [-1.75]
    assert float(optimizer.learning_rate) == 0.125
    data = keras.optimizers.serialize(optimizer)
    rebuilt = keras.optimizers.deserialize(data, custom_objects={"Halving": Halving})
    assert rebuilt._learning_rate.start == 1.0


def test_schedules_are_found_by_name_and_pickled():
    schedule = schedules.get(
        {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.5, "decay_steps": 4}}
    )
    assert float(pickle.loads(pickle.dumps(schedule))(2)) == pytest.approx(0.25)
    assert schedules.get(schedule) is schedule
    with pytest.raises(ValueError, match=r"Did you mean"):
        schedules.get("CosinDecay")


def test_the_legacy_format_has_no_module():
    data = schedules.serialize(schedules.CosineDecay(0.1, 2), use_legacy_format=True)
    assert sorted(data) == ["class_name", "config"]
    assert isinstance(schedules.deserialize(data), schedules.CosineDecay)


def test_the_rate_follows_floatx():
    assert schedules.CosineDecay(0.1, 10)(np.int64(3)).dtype == torch.float32
