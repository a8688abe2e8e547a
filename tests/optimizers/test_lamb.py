import pytest


@pytest.mark.parametrize("decay", [None, 0.02])
def test_20_steps_equal_those_of_keras(distance, decay):
    options = {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99}
    assert distance("Lamb", weight_decay=decay, **options) < 3e-6


def test_a_variable_of_zeros_moves_too(weights):
    import torchkeras as keras

    (weight,) = weights([0.0, 0.0])
    keras.optimizers.Lamb(0.5, epsilon=0.0).apply([[2.0, -2.0]], [weight])
    assert weight.numpy().tolist() == pytest.approx([-0.5, 0.5], rel=1e-4)
