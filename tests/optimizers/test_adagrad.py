from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchkeras as keras

together = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
rate = st.floats(1e-3, 0.2)
epsilon = st.sampled_from([1e-7, 1e-2])
decay = st.sampled_from([None, 0.02])


@together
@given(rate=rate, epsilon=epsilon, decay=decay, first=st.floats(0.01, 1.0))
def test_adagrad_equals_that_of_keras(distance, rate, epsilon, decay, first):
    options = {"learning_rate": rate, "epsilon": epsilon, "weight_decay": decay}
    assert distance("Adagrad", initial_accumulator_value=first, **options) < 1e-6


@together
@given(rate=rate, epsilon=epsilon, decay=decay, rho=st.sampled_from([0.5, 0.95]))
def test_adadelta_equals_that_of_keras(distance, rate, epsilon, decay, rho):
    options = {"learning_rate": rate, "epsilon": epsilon, "weight_decay": decay}
    assert distance("Adadelta", rho=rho, **options) < 1e-6


@together
@given(
    rate=st.floats(1e-4, 0.02),
    epsilon=epsilon,
    decay=decay,
    rho=st.sampled_from([0.5, 0.9]),
    momentum=st.sampled_from([0.0, 0.8]),
    centered=st.booleans(),
)
def test_rmsprop_equals_that_of_keras(distance, rate, epsilon, decay, rho, momentum, centered):
    options = {"learning_rate": rate, "epsilon": epsilon, "weight_decay": decay, "rho": rho}
    # A centered variance is a difference of almost equal numbers, as the first steps have them.
    tolerance = 1e-4 if centered else 2e-6
    assert distance("RMSprop", momentum=momentum, centered=centered, **options) < tolerance


def test_rmsprops_slots_are_one_block_per_kind(weights):
    optimizer = keras.optimizers.RMSprop(momentum=0.5, centered=True)
    optimizer.build(weights([1.0], [2.0]))
    assert [v.name for v in optimizer.variables[2:]] == [
        f"w{row}_{slot}" for slot in ("velocity", "momentum", "average_gradient") for row in (0, 1)
    ]


def test_adagrads_accumulator_starts_at_its_initial_value(weights):
    optimizer = keras.optimizers.Adagrad(initial_accumulator_value=0.25)
    optimizer.build(weights([1.0, 2.0]))
    assert optimizer.variables[2].numpy().tolist() == [0.25, 0.25]
