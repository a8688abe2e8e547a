import pytest
import torch

import torchkeras as keras
from torchkeras.optimizers import SGD, LossScaleOptimizer


def test_the_scale_grows_and_shrinks(weights):
    (weight,) = weights([0.0])
    optimizer = LossScaleOptimizer(SGD(1.0), initial_scale=4.0, dynamic_growth_steps=2)
    assert float(optimizer.scale_loss(1.0)) == 4.0
    scales = []
    for gradient in (4.0, 4.0, torch.inf, 4.0):
        optimizer.apply([torch.tensor([gradient])], [weight])
        scales.append(float(optimizer.dynamic_scale))
    assert scales == [4.0, 8.0, 4.0, 4.0]
    assert weight.numpy().tolist() == [-3.0]
    assert int(optimizer.iterations) == 3


def test_its_variables_come_before_the_inner_ones(weights):
    optimizer = LossScaleOptimizer(SGD(0.5))
    optimizer.build(weights([1.0]))
    assert [(v.path, v.dtype) for v in optimizer.variables[2:4]] == [
        ("loss_scale_optimizer/step_counter", "int64"),
        ("loss_scale_optimizer/dynamic_scale", "float32"),
    ]
    assert optimizer.variables[4].path == "sgd/iteration"


def test_a_step_reads_gradients_of_parameters_too(weights):
    (weight,) = weights([0.0])
    optimizer = LossScaleOptimizer(SGD(0.5), initial_scale=8.0)
    optimizer.build([weight])
    optimizer.scale_loss(2 * weight.value.sum()).backward()
    optimizer.step()
    assert weight.numpy().tolist() == [-1.0]


def test_the_rate_is_the_inner_optimizers():
    optimizer = LossScaleOptimizer(SGD(0.5))
    optimizer.learning_rate = 0.25
    assert float(optimizer.inner_optimizer.learning_rate) == 0.25
    assert float(optimizer.lr) == 0.25


def test_keras_2s_methods_scale_by_hand():
    optimizer = LossScaleOptimizer(SGD(), initial_scale=8.0, dynamic=True)
    assert optimizer.get_scaled_loss(lambda: 2.0)() == 16.0
    assert [
        None if g is None else float(g)
        for g in optimizer.get_unscaled_gradients([None, torch.tensor(16.0)])
    ] == [None, 2.0]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"dynamic": False}, "set `loss_scale_factor`"),
        ({"clipnorm": 1.0}, "on the `inner_optimizer`"),
        ({"foo": 1, "bar": 2}, "arguments: `foo`, `bar`"),
    ],
)
def test_options_that_belong_elsewhere_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        LossScaleOptimizer(SGD(), **options)


def test_the_inner_optimizer_must_be_one():
    with pytest.raises(TypeError, match="inner_optimizer"):
        LossScaleOptimizer("sgd")


def test_the_configuration_holds_the_inner_one():
    optimizer = LossScaleOptimizer(SGD(0.5, momentum=0.25), initial_scale=2.0)
    rebuilt = keras.optimizers.get(keras.optimizers.serialize(optimizer))
    assert (rebuilt.inner_optimizer.momentum, rebuilt.initial_scale) == (0.25, 2.0)


def test_members_of_the_older_class_are_there(weights):
    (weight,) = weights([0.0])
    optimizer = LossScaleOptimizer(SGD(1.0))
    assert optimizer.dynamic
    assert optimizer.dynamic_counter is None
    optimizer.apply([torch.ones(1)], [weight])
    assert int(optimizer.dynamic_counter) == 1


def test_what_tf_keras_2_repeats_of_the_inner_optimizer_is_passed_over(weights):
    (weight,) = weights([1.0])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), initial_scale=8.0)
    optimizer.build([weight])
    inner = {str(k): v.numpy() for k, v in enumerate(optimizer.inner_optimizer.kept_by_keras_2)}
    optimizer.load_own_variables(inner)
    assert float(optimizer.dynamic_scale) == 8.0
