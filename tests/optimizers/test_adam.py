import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchkeras as keras

together = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
moments = {
    "learning_rate": st.floats(1e-4, 0.05),
    "beta_1": st.sampled_from([0.0, 0.5, 0.9]),
    "beta_2": st.sampled_from([0.9, 0.99, 0.999]),
    "epsilon": st.sampled_from([1e-7, 1e-3]),
    "weight_decay": st.sampled_from([None, 0.02]),
}
# 1 - beta_2**t is a difference of almost equal float32 numbers, which keras on torch rounds
# a little differently from step to step: up to 3e-5 of a change at beta_2 = 0.999.
TOLERANCE = 3e-6


@together
@given(options=st.fixed_dictionaries({**moments, "amsgrad": st.booleans()}))
def test_adam_equals_that_of_keras(distance, options):
    assert distance("Adam", **options) < TOLERANCE


@together
@given(options=st.fixed_dictionaries({**moments, "weight_decay": st.floats(0.0, 0.1)}))
def test_adamw_equals_that_of_keras(distance, options):
    assert distance("AdamW", **options) < TOLERANCE


@together
@given(options=st.fixed_dictionaries(moments))
def test_adamax_equals_that_of_keras(distance, options):
    assert distance("Adamax", **options) < TOLERANCE


@together
@given(options=st.fixed_dictionaries(moments))
def test_nadam_equals_that_of_keras(distance, options):
    assert distance("Nadam", **options) < TOLERANCE


def test_adamw_wants_a_weight_decay():
    with pytest.raises(ValueError, match="Argument `weight_decay` must be a float"):
        keras.optimizers.AdamW(weight_decay=None)


def test_adamw_decays_by_default(weights):
    (weight,) = weights([1.0])
    keras.optimizers.AdamW(0.5).apply([weight * 0], [weight])
    assert weight.numpy().tolist() == pytest.approx([1 - 0.5 * 0.004])


def test_a_missing_epsilon_is_the_global_one():
    assert keras.optimizers.Adam(epsilon=None).epsilon == keras.config.epsilon()


def test_a_beta_of_1_takes_the_formula_not_the_kernel(distance):
    assert not keras.optimizers.Adam(beta_2=1.0).has_fused_step


def test_slots_are_interleaved_and_amsgrads_come_last(weights):
    optimizer = keras.optimizers.Adam(amsgrad=True)
    optimizer.build(weights([1.0], [2.0]))
    assert [v.path for v in optimizer.variables[2:]] == [
        "adam/w0_momentum",
        "adam/w0_velocity",
        "adam/w1_momentum",
        "adam/w1_velocity",
        "adam/w0_velocity_hat",
        "adam/w1_velocity_hat",
    ]


def test_nadams_product_is_its_last_variable(weights):
    optimizer = keras.optimizers.Nadam()
    (weight,) = weights([1.0])
    optimizer.apply([weight * 1], [weight])
    last = optimizer.variables[-1]
    assert (last.path, last.shape) == ("variable", ())
    assert float(last) == pytest.approx(0.9 * (1 - 0.5 * 0.96))


# What optimizers.legacy.Nadam(0.1, schedule_decay=...) of tf.keras 2.21 made of a weight of 1 and
# gradients of 1, -2 and 0.5.
@pytest.mark.parametrize(
    ("pace", "expected"),
    [(0.004, [0.894355, 0.98501, 0.963883]), (0.5, [0.894039, 0.983429, 0.963284])],
)
def test_nadams_schedule_has_the_pace_of_tf_keras_2(pace, expected, weights):
    (weight,) = weights([1.0])
    for name in ("schedule_decay", "decay"):
        optimizer = keras.optimizers.Nadam(0.1, **{name: pace})
        assert optimizer.get_config()["decay"] == pace
        weight.assign([1.0])
        found = []
        for gradient in (1.0, -2.0, 0.5):
            optimizer.apply([torch.tensor([gradient])], [weight])
            found.append(float(weight.numpy()[0]))
        assert found == pytest.approx(expected, rel=1e-5)
        assert float(optimizer.learning_rate) == pytest.approx(0.1)


def test_an_adaptive_epsilon_is_that_of_torch(trajectory, gradients):
    path = trajectory(keras.optimizers.Adam(0.01, epsilon=1e-3, adaptive_epsilon=True), keras)
    first = np.random.default_rng(5)
    parameters = [
        torch.nn.Parameter(torch.tensor(first.normal(size=g.shape), dtype=torch.float32))
        for g in gradients[0].values()
    ]
    theirs = torch.optim.Adam(parameters, 0.01, eps=1e-3)
    for step, reached in zip(gradients, path, strict=True):
        for parameter, gradient in zip(parameters, step.values(), strict=True):
            parameter.grad = torch.tensor(gradient)
        theirs.step()
        values = torch.cat([p.detach().ravel() for p in parameters]).numpy()
        assert np.allclose(reached, values, rtol=1e-5, atol=1e-5)
    assert keras.optimizers.Adam(adaptive_epsilon=True).get_config()["adaptive_epsilon"]
