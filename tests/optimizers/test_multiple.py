import pytest
import torch

import torchkeras as keras
from torchkeras.optimizers import SGD, Adam, LossScaleOptimizer, MultiOptimizer, OptimizerMap


def test_each_variable_goes_to_its_optimizer(weights):
    one, other, third = weights([0.0], [0.0], [0.0])
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0), {"w1": SGD(0.5), "w2": SGD(0.25)}))
    optimizer.apply([torch.ones(1)] * 3, [one, other, third])
    assert [float(one), float(other), float(third)] == [-1.0, -0.5, -0.25]
    assert int(optimizer.iterations) == 1
    assert len(optimizer.optimizers) == 3
    assert len(optimizer.variables) == 2 + 3 * 2


def test_step_hands_gradients_out_too(weights):
    one, other = weights([0.0], [0.0])
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0), {"w1": SGD(0.5)}))
    optimizer.build([one, other])
    for variable in (one, other):
        variable.parameter.grad = torch.ones(1)
    optimizer.step()
    assert [float(one), float(other)] == [-1.0, -0.5]


def test_averages_are_put_in_place_by_each(weights):
    one, other = weights([0.0], [0.0])
    averaging = SGD(0.5, use_ema=True, ema_momentum=0.5)
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0), {"w1": averaging}))
    for _ in range(2):
        optimizer.apply([torch.ones(1)] * 2, [one, other])
    optimizer.finalize_variable_values([one, other])
    assert [float(one), float(other)] == [-2.0, -0.75]


def test_it_has_no_rate_of_its_own():
    optimizer = MultiOptimizer(OptimizerMap(SGD()))
    with pytest.raises(AttributeError, match="cannot be accessed on a MultiOptimizer"):
        optimizer.learning_rate  # noqa: B018
    with pytest.raises(AttributeError, match="cannot be set on a MultiOptimizer"):
        optimizer.learning_rate = 0.5


def test_the_loss_scale_is_everyones(weights):
    optimizer = MultiOptimizer(OptimizerMap(SGD(), {"w1": Adam()}), loss_scale_factor=4.0)
    assert [o.loss_scale_factor for o in optimizer.optimizers] == [4.0, 4.0]
    assert optimizer.scale_loss(1.0) == 4.0


def test_it_has_a_configuration():
    optimizer = MultiOptimizer(OptimizerMap(SGD(0.5), {"w1": Adam()}), name="several")
    rebuilt = keras.optimizers.get(keras.optimizers.serialize(optimizer))
    assert rebuilt.name == "several"
    assert [type(o) for o in rebuilt.optimizers] == [Adam, SGD]


def test_maps_look_paths_up():
    adam, sgd = Adam(), SGD()
    table = OptimizerMap(adam, {"body/.*": sgd})
    assert table["body/kernel"] is sgd
    assert table["head/kernel"] is adam
    assert (len(table), list(table)) == (1, ["body/.*"])
    table["body/kernel"] = adam
    del table["body/.*"]
    assert table["body/kernel"] is adam


def test_maps_refuse_what_is_ambiguous_or_of_another_kind():
    table = OptimizerMap(Adam(), {"a.*": SGD(), ".*b": SGD()})
    with pytest.raises(ValueError, match="Multiple optimizers assigned"):
        table["ab"]
    with pytest.raises(ValueError, match="already exists"):
        table["a.*"] = SGD()
    with pytest.raises(ValueError, match="key must be a string"):
        table[1] = SGD()
    with pytest.raises(ValueError, match="cannot be LossScaleOptimizer"):
        table["c"] = LossScaleOptimizer(SGD())
    with pytest.raises(ValueError, match="must be a Keras Optimizer instance"):
        table["c"] = "sgd"
    with pytest.raises(TypeError, match="default_optimizer must be"):
        OptimizerMap("sgd")
    with pytest.raises(TypeError, match="optimizer_map must be a dictionary"):
        OptimizerMap(SGD(), [SGD()])


def test_optimizers_around_others_do_not_nest(weights):
    with pytest.raises(ValueError, match="cannot be MultiOptimizer"):
        MultiOptimizer(lambda variable: MultiOptimizer(OptimizerMap(SGD()))).build(weights([1.0]))


def test_as_many_gradients_as_variables_are_wanted(weights):
    optimizer = MultiOptimizer(OptimizerMap(SGD()))
    optimizer.build(weights([1.0], [1.0]))
    with pytest.raises(ValueError, match="one-to-one"):
        optimizer.apply([torch.ones(1)])
