import warnings

import keras as reference
import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter

import torchkeras as keras
from torchkeras.core.layout import Permuted

ones = torch.ones


@pytest.mark.parametrize(
    "options",
    [
        {"clipnorm": 0.5},
        {"clipvalue": 0.1},
        {"global_clipnorm": 0.5},
        {"gradient_accumulation_steps": 3},
        {"gradient_accumulation_steps": 2, "global_clipnorm": 0.5, "weight_decay": 0.1},
        {"loss_scale_factor": 8.0},
        {"use_ema": True, "ema_momentum": 0.9},
        {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 4},
        {"use_ema": True, "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 2},
    ],
)
@pytest.mark.parametrize("name", ["Adam", "SGD", "Adafactor"])
def test_shared_options_act_as_in_keras(distance, name, options):
    assert distance(name, learning_rate=0.02, **options) < 3e-6


@pytest.mark.parametrize("name", ["Adam", "SGD", "RMSprop"])
def test_schedules_act_as_in_keras(distance, name):
    assert distance(name, schedule=("ExponentialDecay", 0.05, 4, 0.5, True)) < 3e-6
    schedule = ("CosineDecay", 0.05, 9)
    assert distance(name, schedule=schedule, gradient_accumulation_steps=2) < 3e-6


def test_all_gradients_missing_is_an_error(weights):
    optimizer = keras.optimizers.SGD()
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply_gradients([(None, weights([1.0])[0])])
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.step()


def test_variables_without_gradient_are_named_once_and_left_alone(weights):
    one, other = weights([1.0], [1.0])
    optimizer = keras.optimizers.SGD(0.5, weight_decay=0.5)
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['w0'\]"):
        optimizer.apply([None, ones(1)], [one, other])
    optimizer.apply([None, ones(1)], [one, other])
    assert one.numpy().tolist() == [1.0]
    assert float(optimizer.iterations) == 2


def test_a_subset_of_variables_can_be_updated(weights):
    one, other = weights([1.0], [1.0])
    optimizer = keras.optimizers.Adam(0.5)
    optimizer.build([one, other])
    optimizer.apply([ones(1)], [other])
    assert (one.numpy()[0], round(float(other), 4)) == (1.0, 0.5)


def test_unknown_variables_are_refused(weights):
    one, other = weights([1.0], [1.0])
    optimizer = keras.optimizers.SGD()
    optimizer.build([one])
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply([ones(1)], [other])


def test_lists_of_unlike_length_are_refused(weights):
    optimizer = keras.optimizers.SGD()
    optimizer.build(weights([1.0], [1.0]))
    with pytest.raises(ValueError, match="must match the variables one-to-one"):
        optimizer.apply([ones(1)])


def test_gradients_alone_need_a_built_optimizer():
    with pytest.raises(ValueError, match="must already be built"):
        keras.optimizers.SGD().apply([ones(1)])


def test_a_step_needs_a_built_optimizer():
    with pytest.raises(RuntimeError, match=r"Call build\(variables\) first"):
        keras.optimizers.SGD().step()


def test_step_calls_its_closure_with_gradients_on(weights):
    (weight,) = weights([2.0])
    optimizer = keras.optimizers.SGD(0.25)
    optimizer.build([weight])

    def closure():
        optimizer.zero_grad()
        loss = (weight.value**2).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        assert float(optimizer.step(closure)) == 4.0
    assert weight.numpy().tolist() == [1.0]


def test_gradients_of_apply_are_in_keras_layout():
    turned = keras.Variable(np.zeros((2, 3)), dtype="float32", layout=Permuted((1, 0)))
    assert tuple(turned.parameter.shape) == (3, 2)
    gradient = torch.arange(6.0).reshape(2, 3)
    for name in ("SGD", "Adam", "RMSprop", "Lamb", "Muon"):
        plain = keras.Variable(np.ones((2, 3)), dtype="float32")
        turned.assign(np.ones((2, 3)))
        for variable in (plain, turned):
            optimizer = getattr(keras.optimizers, name)(0.1)
            for _ in range(2):
                optimizer.apply([gradient], [variable])
        assert np.allclose(plain.numpy(), turned.numpy(), atol=1e-6), name
        assert all(v.shape in ((), (2, 3)) for v in optimizer.variables)


def test_gradients_in_another_memory_layout_are_no_trap():
    # Fused CPU kernels run over memory from end to end.
    weight = keras.Variable(np.zeros((2, 3)), dtype="float32")
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.apply([torch.arange(6.0).reshape(3, 2).t()], [weight])
    assert weight.numpy().tolist() == [[0, -2, -4], [-1, -3, -5]]


def test_arrays_lists_and_variables_are_gradients_too(weights):
    (weight,) = weights([0.0, 0.0])
    optimizer = keras.optimizers.SGD(1.0)
    for gradient in (np.ones(2), [1.0, 2.0], keras.Variable([1.0, 1.0]), ones(2).to_sparse()):
        optimizer.apply([gradient], [weight])
    assert weight.numpy().tolist() == [-4.0, -5.0]


def test_parameters_that_are_replaced_or_moved_are_followed(weights):
    module = torch.nn.Linear(2, 1, bias=False)
    weight = keras.Variable.adopt(module, "weight")
    optimizer = keras.optimizers.SGD(1.0, momentum=0.5)
    optimizer.apply([ones(1, 2)], [weight])
    module.weight = torch.nn.Parameter(torch.zeros(1, 2))
    optimizer.apply([ones(1, 2)])
    assert module.weight.tolist() == [[-1.5, -1.5]]
    module.double()
    optimizer.apply([ones(1, 2)])
    assert module.weight.dtype == torch.float64
    assert optimizer.momentums[0].dtype == "float64"
    assert optimizer.param_groups[0]["params"][0] is module.weight


def test_excluded_variables_do_not_decay(weights):
    variables = weights([1.0], [1.0], [1.0])
    optimizer = keras.optimizers.SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[variables[0]], var_names=["w2"])
    optimizer.apply([ones(1) * 0] * 3, variables)
    assert [float(v) for v in variables] == [1.0, 0.5, 1.0]


def test_constraints_are_applied_in_keras_layout():
    weight = keras.Variable(np.ones((2, 3)), dtype="float32", layout=Permuted((1, 0)))
    weight.constraint = lambda w: torch.clamp(w, min=torch.tensor([[0.25], [0.5]]))
    keras.optimizers.SGD(1.0).apply([ones(2, 3)], [weight])
    assert weight.numpy().tolist() == [[0.25] * 3, [0.5] * 3]


@pytest.mark.parametrize("steps", [None, 2])
def test_variables_may_take_their_gradient_as_value(steps):
    values = {}
    for package in (keras, reference):
        one, other = package.Variable([1.0, 2.0]), package.Variable([1.0, 2.0])
        one.overwrite_with_gradient = True
        optimizer = package.optimizers.SGD(1.0, gradient_accumulation_steps=steps)
        for size in (1.0, 3.0, 2.0):
            optimizer.apply([ones(2) * size, ones(2) * size], [one, other])
        values[package] = [
            v.numpy().tolist() if package is keras else v.value.detach().tolist()
            for v in (one, other)
        ]
    assert values[keras] == values[reference]


def test_clipping_leaves_the_callers_gradients_alone(weights):
    gradient = ones(1) * 8
    keras.optimizers.SGD(clipnorm=1.0).apply([gradient], weights([1.0]))
    assert gradient.tolist() == [8.0]


def test_the_mean_over_processes_is_taken_in_apply(weights):
    one, other = weights([1.0], [1.0])
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.gradient_reduction = lambda gradients, parameters: [
        torch.zeros_like(parameter) + 0.25 if gradient is None else gradient / 2 + 0.25
        for gradient, parameter in zip(gradients, parameters, strict=True)
    ]
    optimizer.apply([None, ones(1)], [one, other])
    assert [float(one), float(other)] == [0.75, 0.25]
    optimizer.apply_gradients([(ones(1), one), (ones(1), other)], skip_gradients_aggregation=True)
    assert [float(one), float(other)] == [-0.25, -0.75]
    means = optimizer.aggregate_gradients([(ones(1), one), (None, other)])
    assert [float(mean) for mean, _ in means] == [0.75, 0.25]
    optimizer.gradient_reduction = None
    assert optimizer.aggregate_gradients([(None, one)]) == [(None, one)]


def test_users_apply_is_called_by_step_too(weights):
    class Centred(keras.optimizers.SGD):
        def apply(self, grads, trainable_variables=None):
            return super().apply([g - g.mean() for g in grads], trainable_variables)

    (weight,) = weights([0.0, 0.0])
    optimizer = Centred(1.0)
    optimizer.build([weight])
    weight.parameter.grad = torch.tensor([1.0, 3.0])
    optimizer.step()
    assert weight.numpy().tolist() == [1.0, -1.0]


def test_hooks_are_called_around_a_step(weights):
    (weight,) = weights([1.0])
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build([weight])
    weight.parameter.grad = ones(1)
    seen = []
    optimizer.register_step_pre_hook(lambda *_: seen.append(float(weight)))
    optimizer.register_step_post_hook(lambda *_: seen.append(float(weight)))
    optimizer.step()
    assert seen == [1.0, 0.5]


def test_the_profiler_is_told_of_a_step(weights):
    optimizer = keras.optimizers.SGD(0.5)
    (weight,) = weights([1.0])
    optimizer.build([weight])
    weight.parameter.grad = ones(1)
    with torch.profiler.profile() as profile:
        optimizer.step()
    assert "Optimizer.step#SGD.step" in {event.key for event in profile.key_averages()}


def test_torchs_schedulers_drive_the_rate(weights):
    (weight,) = weights([0.0])
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([weight])
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        weight.parameter.grad = ones(1)
        optimizer.step()
        scheduler.step()
    assert weight.numpy().tolist() == [-1.75]
    assert float(optimizer.learning_rate) == 0.125


@pytest.mark.parametrize("name", ["Adam", "AdamW", "SGD", "RMSprop", "Nadam", "Adafactor"])
def test_a_compiled_step_is_compiled_once(name, weights):
    torch._dynamo.reset()
    values = [np.ones((2, 3)), np.ones(3)]
    plain, compiled = weights(*values), weights(*values)
    one, other = (getattr(keras.optimizers, name)(0.1, clipnorm=0.5) for _ in range(2))
    one.build(plain)
    other.build(compiled)
    other.count_on_device()
    counter = CompileCounter()
    step = torch.compile(other.step, backend=counter, fullgraph=True)
    for size in range(4):
        for variable in plain + compiled:
            variable.parameter.grad = torch.full_like(variable.parameter, 0.1 * size + 0.1)
        one.step()
        step()
    other.learning_rate = 0.05
    one.learning_rate = 0.05
    one.step()
    step()
    assert counter.frame_count == 1
    assert int(other.iterations) == 5
    for a, b in zip(plain, compiled, strict=True):
        assert np.allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)


def test_no_warning_comes_from_a_plain_step(weights):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keras.optimizers.Adam().apply([ones(1)], weights([1.0]))
