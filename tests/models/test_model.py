import copy
import json
import pickle

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras


class Looping(keras.Model):
    """A model with loops, conditions, lists and dicts of layers."""

    def __init__(self, depth=2, **options):
        super().__init__(**options)
        self.depth = depth
        self.blocks = [keras.layers.Dense(4) for _ in range(depth)]
        self.heads = {"a": keras.layers.Dense(2), "b": keras.layers.Dense(3)}
        self.plain = torch.nn.Linear(4, 4)

    def call(self, x, training=False):
        for block in self.blocks:
            x = block(x)
        if training:
            x = x * 2
        return self.heads["a"](self.plain(x))


def functional():
    x = keras.Input((4,), name="x")
    return keras.Model(x, keras.layers.Dense(2, name="out")(keras.layers.Dense(3, name="mid")(x)))


def sequential():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])


def subclassed():
    model = Looping()
    model(torch.zeros(1, 4))
    return model


KINDS = [functional, sequential, subclassed]


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_compute_the_same_with_weights_of_their_own(make, duplicate):
    model = make()
    twin = duplicate(model)
    x = torch.randn(3, 4)
    torch.testing.assert_close(twin(x), model(x))
    twin.set_weights([w + 1 for w in twin.get_weights()])
    assert not torch.allclose(twin(x), model(x))


@pytest.mark.parametrize("make", KINDS)
def test_two_instances_exchange_state(make):
    a, b = make(), make()
    assert a.name != b.name
    b.load_state_dict(a.state_dict(), strict=True)
    x = torch.randn(3, 4)
    torch.testing.assert_close(b(x), a(x))


@pytest.mark.parametrize("make", KINDS)
def test_state_has_plain_torch_names(make):
    keys = list(make().state_dict())
    assert keys == list(dict.fromkeys(keys))
    assert not any("/" in key or key.startswith("_") for key in keys)
    assert any(key.endswith("linear.weight") for key in keys)


@pytest.mark.parametrize("make", KINDS)
def test_models_compile_without_graph_breaks(make):
    model = make()
    x = torch.randn(3, 4)
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), model(x))


@pytest.mark.parametrize("make", KINDS)
def test_models_export_with_a_dynamic_batch(make):
    model = make()
    batch = torch.export.Dim("batch", min=2)
    first = next(iter(__import__("inspect").signature(model.forward).parameters))
    program = (
        torch.export.export(
            model, (torch.randn(3, 4),), dynamic_shapes={first: {0: batch}}, strict=False
        )
        if make is not subclassed
        else torch.export.export(model, (torch.randn(3, 4),))
    )
    x = torch.randn(3, 4)
    torch.testing.assert_close(program.module()(x), model(x))


@pytest.mark.parametrize("make", [functional, sequential])
def test_models_can_be_traced_by_torch_fx(make):
    model = make()
    traced = torch.fx.symbolic_trace(model)
    x = torch.randn(3, 4)
    torch.testing.assert_close(traced(x), model(x))
    torch.testing.assert_close(model.graph_module(x), model(x))


def test_layers_that_look_at_sizes_are_nodes_for_torch_fx():
    layers = keras.layers
    stack = [
        layers.Conv2D(2, 3, strides=2, padding="same", activation="relu"),
        layers.Reshape((-1, 2)),
        layers.Bidirectional(layers.GRU(3)),
        layers.Activation("softmax"),
    ]
    model = keras.Sequential([keras.Input((6, 6, 1)), *stack])
    x = torch.randn(3, 6, 6, 1)
    torch.testing.assert_close(torch.fx.symbolic_trace(model)(x), model(x))


def test_operations_are_nodes_for_torch_fx():
    class Squash(keras.Model):
        def call(self, x):
            return keras.ops.relu(keras.ops.softmax(x) - 0.2)

    model, x = Squash(), torch.randn(3, 4)
    torch.testing.assert_close(torch.fx.symbolic_trace(model)(x), model(x))


@pytest.mark.parametrize("make", KINDS)
def test_moving_to_double_moves_everything(make):
    model = make().double()
    assert all(v.dtype == "float64" for v in model.weights)
    assert model(torch.randn(3, 4)).dtype == torch.float64


def test_a_model_infers_until_it_is_trained():
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])
    x = torch.ones(1, 50)
    assert torch.equal(model(x), x)
    assert not torch.equal(model(x, training=True), x)
    model.train()
    assert not torch.equal(model(x), x)
    assert torch.equal(model(x, training=False), x)


def test_a_constant_mode_stays_on_its_call():
    x = keras.Input((50,))
    model = keras.Model(x, keras.layers.Dropout(0.5)(x, training=True))
    data = torch.ones(1, 50)
    assert not torch.equal(model(data), data)
    assert not torch.equal(model(data, training=False), data)


def test_plain_modules_take_part_in_weights():
    model = subclassed()
    assert len(model.weights) == 4 + 2 + 2
    assert model.count_params() == sum(p.numel() for p in model.parameters())
    model.trainable = False
    assert not any(p.requires_grad for p in model.parameters())


def test_layers_in_containers_are_found_in_order():
    model = subclassed()
    assert [layer.name for layer in model.layers] == [
        *(block.name for block in model.blocks),
        model.heads["a"].name,
        model.heads["b"].name,
    ]
    assert isinstance(model.blocks, list)
    assert isinstance(model.heads, dict)
    json.dumps([1, *[0 for _ in model.blocks]])


def test_a_subclass_without_call_is_made_of_inputs_and_outputs():
    class Stepping(keras.Model):
        def train_step(self, data):
            return {"loss": 0.0}

    x = keras.Input((4,))
    model = Stepping(x, keras.layers.Dense(2)(x))
    assert type(model) is Stepping
    assert model(torch.ones(1, 4)).shape == (1, 2)
    again = Stepping.from_config(model.get_config())
    assert type(again) is Stepping
    assert copy.deepcopy(model)(torch.ones(1, 4)).shape == (1, 2)


def test_get_layer_finds_by_name_and_number():
    model = functional()
    assert model.get_layer("mid") is model.get_layer(index=1)
    with pytest.raises(ValueError, match=r'No such layer: mdi\. Did you mean "mid"'):
        model.get_layer("mdi")
    with pytest.raises(ValueError, match="Provide either"):
        model.get_layer()
    with pytest.raises(ValueError, match="index is 9"):
        model.get_layer(index=9)


def test_output_shapes_and_names_are_known():
    model = functional()
    assert model.input_shape == (None, 4)
    assert model.output_shape == (None, 2)
    assert model.input_names == ["x"]
    assert model.output_names == ["out"]
    assert subclassed().inputs is None


def test_json_describes_the_model_as_keras_does():
    ours = functional()
    theirs = real.models.model_from_json(ours.to_json())
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    np.testing.assert_allclose(
        ours(x).detach().numpy(), theirs(x).detach().numpy(), rtol=1e-5, atol=1e-6
    )
    again = keras.models.model_from_json(theirs.to_json())
    assert [layer.name for layer in again.layers] == [layer.name for layer in ours.layers]


def test_building_a_subclass_builds_the_layers_inside():
    model = Looping()
    model.build((None, 4))
    assert model.built
    assert len(model.blocks[0].weights) == 2


def test_a_call_of_several_arguments_builds_the_layers_inside():
    class Encoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.gru = keras.layers.GRU(3, return_state=True)

        def call(self, x, hidden):
            return self.gru(x, initial_state=hidden)

    x, hidden = torch.zeros(2, 5, 4), torch.zeros(2, 3)
    for given in (((x, hidden), {}), ((x,), {"hidden": hidden}), ((), {"x": x, "hidden": hidden})):
        model = Encoder()
        output, state = model(*given[0], **given[1])
        assert output.shape == state.shape == (2, 3)
        assert model.built
        assert len(model.weights) == 3


@keras.saving.register_keras_serializable("models")
class Classes(keras.Model):
    """Takes whole numbers, and no others."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(torch.nn.functional.one_hot(x, 4).float())


@pytest.mark.parametrize("first", ["call", "fit", "predict", "build"])
def test_a_subclass_that_takes_whole_numbers_alone_is_built(first):
    x = np.array([3, 1])
    model = Classes()
    model.compile("sgd", "mse")
    if first == "call":
        model(torch.tensor(x))
    elif first == "fit":
        model.fit(x, np.ones((2, 2)), verbose=0)
    elif first == "predict":
        model.predict(x, verbose=0)
    else:
        model.build((None,))
    assert [tuple(weight.shape) for weight in model.weights] == [(4, 2), (2,)]


def test_a_subclass_that_takes_whole_numbers_alone_is_read_from_a_file(tmp_path):
    x = torch.tensor([3, 1])
    model = Classes()
    y = model(x)
    model.save(tmp_path / "m.keras")
    torch.testing.assert_close(keras.saving.load_model(tmp_path / "m.keras")(x), y)


def test_call_and_layers_are_asked_for():
    class Empty(keras.Model):
        pass

    with pytest.raises(NotImplementedError, match="does not have a `call"):
        Empty()(torch.ones(1, 2))
    with pytest.raises(AttributeError, match="is reserved"):
        Empty().layers = []
    with pytest.raises(ValueError, match="symbolic inputs and outputs"):
        Empty(3)


def test_an_attribute_with_the_name_of_a_held_layer_goes_first():
    model = functional()
    mid = model.get_layer("mid")
    model.dense = keras.layers.Dense(7)
    assert model.dense is not mid
    assert model(torch.ones(1, 4)).shape == (1, 2)
    assert model.get_layer("mid") is mid


def test_a_graph_is_asked_of_the_right_model():
    with pytest.raises(RuntimeError, match="call\\(\\) is Python code"):
        _ = subclassed().graph_module


def test_stateless_calls_leave_the_model_as_it_is():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    )
    before = model.get_weights()
    trainable = [v.value.detach() * 0 for v in model.trainable_variables]
    rest = [v.value.detach() for v in model.non_trainable_variables]
    x = torch.randn(8, 4) + 3
    outputs, updated = model.stateless_call(trainable, rest, x, training=True)
    assert outputs.abs().sum() == 0
    assert not torch.allclose(updated[0], rest[0])
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="expected"):
        model.stateless_call(trainable[1:], rest, x)


@pytest.mark.parametrize("wrap", [lambda y: [y], lambda y: (y,)])
def test_one_output_in_a_list_comes_without_the_list(wrap):
    x = keras.Input((4,))
    model = keras.Model([x], wrap(keras.layers.Dense(2)(x)))
    assert model(torch.ones(3, 4)).shape == (3, 2)
    assert model(keras.Input((4,))).shape == (None, 2)
    assert model.predict(np.ones((3, 4)), verbose=0).shape == (3, 2)
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 2))
    again = keras.Model.from_config(model.get_config())
    assert again(torch.ones(3, 4)).shape == (3, 2)


def test_what_keras_1_called_inputs_and_outputs_is_told_by_its_name_since():
    x = keras.Input((3,))
    with pytest.raises(TypeError, match="no argument 'input'. Did you mean \"inputs\"?"):
        keras.Model(input=x, output=keras.layers.Dense(1)(x))


@pytest.mark.parametrize("package", [keras, real])
@pytest.mark.parametrize("is_functional", [False, True])
def test_call_by_itself_takes_the_mode(package, is_functional):
    inputs, drop = package.Input((64,)), package.layers.Dropout(0.5)
    model = package.Model(inputs, drop(inputs)) if is_functional else None
    model = model or package.Sequential([inputs, drop])
    x = torch.ones(4, 64)
    assert (model.call(x, training=True) == 0).any()
    assert not (model.call(x, training=False) == 0).any()
    assert not (model.call(x) == 0).any()


WORDS = "graph device variables signature arguments steps run validate evaluate infer enter history"
WORDS += " plan precision distribution replicas outermost converted settle runner remat run_epoch"


@pytest.mark.parametrize("package", [keras, real])
@pytest.mark.parametrize("kind", ["attribute", "method"])
def test_private_names_of_the_users_own_do_not_meet_ours(tmp_path, package, kind):
    names = [f"_{word}" for word in WORDS.split()]

    class Inner(package.layers.Dense):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            for name in names if kind == "attribute" else ():
                setattr(self, name, "mine")

    class Own(package.Model):
        def __init__(self):
            super().__init__()
            self.head = Inner(1)
            for name in names if kind == "attribute" else ():
                setattr(self, name, "mine")

        def call(self, x):
            return self.head(x)

    for name in names if kind == "method" else ():
        setattr(Own, name, lambda self: "mine")
        setattr(Inner, name, lambda self: "mine")
    model, x = Own(), np.ones((2, 3), "float32")
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(x, x[:, :1], validation_data=(x, x[:, :1]), verbose=0)
    model.save_weights(tmp_path / "m.weights.h5")
    twin = Own()
    twin(x)
    twin.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(
        twin.predict(x, verbose=0), package.ops.convert_to_numpy(model(x))
    )
    assert model.layers == [model.head]
    for name in names:
        found = [getattr(owner, name) for owner in (model, model.head)]
        assert [f if kind == "attribute" else f() for f in found] == ["mine"] * 2
