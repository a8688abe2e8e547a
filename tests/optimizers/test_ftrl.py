import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchkeras as keras

together = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
strength = st.sampled_from([0.0, 0.01])


@together
@given(
    rate=st.floats(0.01, 0.3),
    power=st.sampled_from([-0.5, -0.7, 0.0]),
    l1=strength,
    l2=strength,
    shrinkage=strength,
    beta=st.sampled_from([0.0, 0.5]),
)
def test_20_steps_equal_those_of_keras(distance, rate, power, l1, l2, shrinkage, beta):
    # Differences of powers are divided by the rate: rounding grows with 1 / rate.
    assert (
        distance(
            "Ftrl",
            learning_rate=rate,
            learning_rate_power=power,
            l1_regularization_strength=l1,
            l2_regularization_strength=l2,
            l2_shrinkage_regularization_strength=shrinkage,
            beta=beta,
        )
        < 1e-5
    )


@pytest.mark.parametrize(
    "argument",
    [
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
    ],
)
def test_strengths_below_0_are_refused(argument):
    with pytest.raises(ValueError, match=f"`{argument}` needs to be positive or zero"):
        keras.optimizers.Ftrl(**{argument: -1.0})


def test_a_power_above_0_is_refused():
    with pytest.raises(ValueError, match="`learning_rate_power` needs to be negative or zero"):
        keras.optimizers.Ftrl(learning_rate_power=0.5)
