import copy
import pickle

import numpy as np
import pytest
import torch

import torchkeras as keras

NAMES = ["SGD", "Adam", "Nadam", "RMSprop", "Adafactor", "Muon", "Ftrl", "ScheduleFreeAdamW"]


def make(name, weights, steps=0, **options):
    variables = weights(np.ones((2, 3)), np.ones(3))
    optimizer = getattr(keras.optimizers, name)(0.1, **options)
    optimizer.build(variables)
    for step in range(steps):
        optimizer.apply([torch.full((2, 3), step + 1.0), torch.full((3,), step - 1.5)])
    return optimizer, variables


def same(one, other, steps=2):
    """Whether both optimizers continue alike."""
    for _ in range(steps):
        for optimizer in (one, other):
            optimizer.apply([torch.full((2, 3), 0.5), torch.full((3,), -0.25)])
    pairs = zip(
        [*one._trainable_variables, *one.variables],
        [*other._trainable_variables, *other.variables],
        strict=True,
    )
    return all(np.allclose(a.numpy(), b.numpy(), rtol=1e-6, atol=1e-7) for a, b in pairs)


def copy_values(source, target):
    for a, b in zip(source, target, strict=True):
        b.assign(a)


@pytest.mark.parametrize("name", NAMES)
def test_own_variables_are_saved_and_restored(name, weights):
    one, variables = make(name, weights, steps=3)
    other, others = make(name, weights)
    store = {}
    one.save_own_variables(store)
    assert list(store) == [str(k) for k in range(len(one.variables))]
    other.load_own_variables(store)
    copy_values(variables, others)
    assert int(other.iterations) == 3
    assert same(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_torchs_state_dict_is_restored(name, weights):
    one, variables = make(name, weights, steps=3)
    other, others = make(name, weights)
    other.learning_rate = 0.7
    state = copy.deepcopy(one.state_dict())
    assert state["param_groups"][0]["iteration"] == 3
    other.load_state_dict(state)
    copy_values(variables, others)
    assert float(other.learning_rate) == pytest.approx(0.1)
    assert same(one, other)


def test_state_dicts_hold_torchs_layout_and_plain_numbers(weights):
    optimizer, _ = make("Adam", weights, steps=1)
    optimizer.count_on_device()
    state = optimizer.state_dict()
    assert set(state["state"][0]) == {"momentum", "velocity"}
    assert (state["param_groups"][0]["lr"], state["param_groups"][0]["params"]) == (
        pytest.approx(0.1),
        [0, 1],
    )
    optimizer.load_state_dict(state)
    assert torch.is_tensor(optimizer.param_groups[0]["iteration"])


def test_a_state_of_another_model_is_refused(weights):
    one, _ = make("Adam", weights)
    other = keras.optimizers.Adam()
    other.build(weights([1.0]))
    with pytest.raises(ValueError, match="doesn't match the size"):
        other.load_state_dict(one.state_dict())


def test_a_store_of_another_length_is_left_with_a_warning(weights):
    optimizer, _ = make("Adam", weights)
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer 'adam'"):
        optimizer.load_own_variables({str(number): 1 for number in range(9)})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("copier", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies_and_pickles_continue_alike(name, copier, weights):
    one, variables = make(name, weights, steps=2)
    other = copier(one)
    other._trainable_variables[0].assign_add(np.ones((2, 3)))
    assert not np.array_equal(variables[0].numpy(), other._trainable_variables[0].numpy())
    other._trainable_variables[0].assign_sub(np.ones((2, 3)))
    assert same(one, other)
    assert other.get_config() == one.get_config()


def test_a_copy_of_module_and_optimizer_stay_together():
    module = torch.nn.Linear(2, 1)
    optimizer = keras.optimizers.Adam()
    optimizer.build(module.parameters())
    new_module, new_optimizer = copy.deepcopy((module, optimizer))
    assert new_optimizer._trainable_variables[0].parameter is new_module.weight


def test_an_optimizer_under_a_scheduler_can_be_pickled(weights):
    optimizer, _ = make("SGD", weights)
    torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    assert pickle.loads(pickle.dumps(optimizer)).name == optimizer.name


def test_weights_go_from_one_optimizer_to_another(weights):
    one, _ = make("Adam", weights, steps=2)
    other, _ = make("Adam", weights)
    with pytest.raises(ValueError, match="You are calling `set_weights"):
        keras.optimizers.Adam().set_weights(one.variables)
    other.set_weights(one.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))
    with pytest.raises(ValueError, match="not compatible with provided weight shape"):
        other.set_weights([np.zeros(3)])


def test_a_stateless_step_changes_nothing(weights):
    optimizer, variables = make("Adam", weights, steps=1)
    before = [v.numpy() for v in [*variables, *optimizer.variables]]
    gradients = [torch.ones(2, 3), torch.ones(3)]
    values = [v.value.detach().clone() for v in variables]
    new_values, new_state = optimizer.stateless_apply(
        [v.value for v in optimizer.variables], gradients, values
    )
    after = [v.numpy() for v in [*variables, *optimizer.variables]]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert int(new_state[0]) == 2
    optimizer.apply(gradients)
    assert torch.allclose(new_values[0], variables[0].value)


def test_a_stateless_step_checks_its_lists(weights):
    with pytest.raises(ValueError, match="To call `stateless_apply`"):
        keras.optimizers.Adam().stateless_apply([], [], [])
    optimizer, variables = make("Adam", weights)
    with pytest.raises(ValueError, match="corresponding 1:1"):
        optimizer.stateless_apply([], [torch.ones(1)], variables)


def test_averages_take_the_weights_place_at_the_end(weights):
    optimizer, variables = make("SGD", weights, steps=2, use_ema=True, ema_momentum=0.5)
    reached = variables[1].numpy()
    optimizer.finalize_variable_values(variables)
    assert not np.array_equal(variables[1].numpy(), reached)
    with pytest.raises(ValueError, match="The length of model variables"):
        optimizer.finalize_variable_values(variables[:1])


def as_keras_2_keeps(optimizer):
    return {str(k): v.numpy() for k, v in enumerate(optimizer.kept_by_keras_2)}


@pytest.mark.parametrize("name", NAMES[:5])
def test_what_keras_2_keeps_is_enough_to_go_on(name, weights):
    one, variables = make(name, weights, steps=3)
    other, others = make(name, weights)
    other.load_own_variables(as_keras_2_keeps(one))
    copy_values(variables, others)
    assert same(one, other)


def test_keras_2_keeps_no_rate_no_product_and_no_zeros(weights):
    assert [len(make(name, weights)[0].kept_by_keras_2) for name in NAMES[:5]] == [1, 5, 5, 3, 5]


def test_slots_that_plain_sgd_of_keras_2_kept_are_passed_over(weights):
    optimizer, _ = make("SGD", weights)
    optimizer.load_own_variables({"0": np.int64(4), "1": np.ones((2, 3)), "2": np.ones(3)})
    assert int(optimizer.iterations) == 4
    with pytest.warns(UserWarning, match="has 2 variables whereas the saved optimizer has 3"):
        optimizer.load_own_variables({"0": np.int64(7), "1": np.ones((2, 2)), "2": np.ones(3)})
    assert int(optimizer.iterations) == 4
