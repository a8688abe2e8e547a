import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchkeras as keras

together = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@together
@given(
    rate=st.floats(1e-4, 0.2),
    momentum=st.sampled_from([0.0, 0.5, 0.9]),
    nesterov=st.booleans(),
    decay=st.sampled_from([None, 0.01]),
)
def test_20_steps_equal_those_of_keras(distance, rate, momentum, nesterov, decay):
    options = {"learning_rate": rate, "momentum": momentum, "nesterov": nesterov}
    assert distance("SGD", weight_decay=decay, **options) < 3e-6  # weights reach 10


def test_the_rate_is_part_of_the_momentum(weights):
    (weight,) = weights([0.0])
    optimizer = keras.optimizers.SGD(0.5, momentum=0.5)
    optimizer.apply([weight * 0 + 1], [weight])
    assert optimizer.momentums[0].numpy().tolist() == [-0.5]


def test_without_momentum_there_is_no_slot(weights):
    optimizer = keras.optimizers.SGD()
    optimizer.build(weights([0.0]))
    assert [v.path for v in optimizer.variables] == ["sgd/iteration", "sgd/learning_rate"]


@pytest.mark.parametrize("momentum", [-0.1, 1.5, "much"])
def test_momentum_outside_its_range_is_refused(momentum):
    with pytest.raises(ValueError, match=r"`momentum` must be a float between \[0, 1\]"):
        keras.optimizers.SGD(momentum=momentum)
