import pytest
import torch

import torchkeras as keras


def test_minimize_takes_a_callable_or_a_loss(weights):
    (weight,) = weights([2.0])
    optimizer = keras.optimizers.SGD(0.25)
    optimizer.minimize(lambda: (weight * weight).sum(), [weight])
    assert weight.numpy().tolist() == [1.0]
    count = optimizer.minimize((weight * weight).sum(), lambda: [weight])
    assert (weight.numpy().tolist(), int(count)) == ([0.5], 2)


def test_gradients_are_in_keras_layout_and_none_where_there_are_none(weights):
    one, other = weights([[1.0, 2.0]], [1.0])
    optimizer = keras.optimizers.SGD()
    pairs = optimizer.compute_gradients((one * one).sum(), [one, other])
    assert pairs[0][0].tolist() == [[2.0, 4.0]]
    assert pairs[1] == (None, other)


def test_a_tape_is_asked_if_it_is_given(weights):
    class Tape:
        def gradient(self, loss, variables):
            return [torch.full((1,), loss) for _ in variables]

    (weight,) = weights([1.0])
    keras.optimizers.SGD(1.0).minimize(0.5, [weight], tape=Tape())
    assert weight.numpy().tolist() == [0.5]


@pytest.mark.parametrize("factor, expected", [(None, 2.0), (4.0, 8.0)])
def test_losses_are_scaled_by_the_factor(factor, expected):
    assert keras.optimizers.SGD(loss_scale_factor=factor).scale_loss(2.0) == expected


def doubled(pairs):
    return [(gradient * 2, variable) for gradient, variable in pairs]


def raised(pairs):
    return [(gradient + 1, variable) for gradient, variable in pairs]


def test_functions_change_gradients_before_the_step_as_in_tf_keras(weights):
    """The numbers are those of ``optimizers.legacy.SGD`` in tf.keras 2.21."""
    (weight,) = weights([1.0, 2.0])
    optimizer = keras.optimizers.legacy.SGD(
        1.0, gradient_transformers=[doubled], gradient_aggregator=raised
    )
    optimizer.apply_gradients([(torch.tensor([0.1, 0.2]), weight)])
    assert weight.numpy().tolist() == pytest.approx([-1.2, -0.4])
    optimizer.apply_gradients(
        [(torch.tensor([0.1, 0.2]), weight)], experimental_aggregate_gradients=False
    )
    assert weight.numpy().tolist() == pytest.approx([-1.4, -0.8])
    assert not {"gradient_transformers", "gradient_aggregator"} & set(optimizer.get_config())


def test_functions_change_gradients_in_fit_too(weights):
    def trained(rate, **options):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        model.set_weights([w * 0 + 0.5 for w in model.get_weights()])
        model.compile(keras.optimizers.legacy.SGD(rate, **options), "mse")
        model.fit(torch.ones(4, 2), torch.zeros(4, 3), epochs=3, verbose=0)
        return model.get_weights()[0]

    assert trained(0.1, gradient_transformers=[doubled]) == pytest.approx(trained(0.2))
    (one, other) = weights([1.0], [2.0])
    optimizer = keras.optimizers.SGD(1.0, gradient_transformers=[doubled])
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply_gradients([(torch.ones(1), one), (None, other)])
    assert (one.numpy().tolist(), other.numpy().tolist()) == ([-1.0], [2.0])


def test_functions_and_limits_exclude_one_another():
    with pytest.raises(ValueError, match="clipnorm is 1.0; expected None beside"):
        keras.optimizers.SGD(clipnorm=1.0, gradient_transformers=[doubled])
