import pytest

import torchkeras as keras


@pytest.mark.parametrize("decay", [None, 0.02])
def test_20_steps_equal_those_of_keras(distance, decay):
    options = {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95}
    assert distance("Lion", weight_decay=decay, **options) < 1e-6


@pytest.mark.parametrize("beta_1", [0.0, 1.1])
def test_beta_1_outside_its_range_is_refused(beta_1):
    with pytest.raises(ValueError, match=r"must be in the \[0, 1\] range"):
        keras.optimizers.Lion(beta_1=beta_1)


def test_every_element_moves_by_the_rate(weights):
    (weight,) = weights([1.0, 1.0])
    optimizer = keras.optimizers.Lion(0.25)
    optimizer.apply([[3.0, -1e-3]], [weight])
    assert weight.numpy().tolist() == [0.75, 1.25]
    assert optimizer.momentums[0].shape == (2,)
