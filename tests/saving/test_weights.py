"""Places of variables are those of Keras, whatever the model looks like."""

import h5py
import keras
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras.saving import hdf5_writer, weights


def containers(library):
    """A subclassed model with lists, dicts, private and late attributes, and shared layers."""
    dense = library.layers.Dense

    class Block(library.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = dense(3)
            self._hidden = dense(3)
            self.zebra = [dense(3), dense(3)]

        def call(self, x):
            x = self._hidden(self.inner(x))
            return self.zebra[1](self.zebra[0](x))

    class Net(library.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [Block(), dense(3), [dense(3), Block()]]
            self.heads = {"b": dense(3), "a": dense(3)}
            self._private = dense(3)
            self.out = dense(3)
            self.again = self.out
            self.nested = library.Sequential([dense(3), library.layers.BatchNormalization()])

        def call(self, x):
            first, second, (third, fourth) = self.blocks
            for layer in (first, second, third, fourth, *self.heads.values(), self._private):
                x = layer(x)
            return self.nested(self.out(x))

    return Net()


def graph(library):
    """A functional model that nests others, uses layers twice, and has an LSTM both ways."""
    layers = library.layers
    inner = library.Sequential([library.Input((4,)), layers.Dense(4), layers.Dense(4)])
    x = library.Input((5, 4))
    shared = layers.Dense(4)
    y = layers.TimeDistributed(inner)(shared(shared(x)))
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(y)
    y = layers.MultiHeadAttention(2, 3)(y, y)
    y = layers.LayerNormalization()(y)
    return library.Model(x, layers.GRU(2)(y))


def graph_of_a_class(library):
    """A functional model of the user's own class, with attributes inside and beside the graph."""
    dense = library.layers.Dense

    class Tower(library.Model):
        def __init__(self, features):
            inputs, first = library.Input((features,)), dense(3)
            super().__init__(inputs, dense(4)(first(inputs)))
            self.again = first
            self.later, self.beside = dense(2), dense(4)

        def call(self, x):
            return self.beside(self.later(super().call(x)))

    model = Tower(4)
    inputs = library.Input((4,))
    return library.Sequential([library.Input((4,)), model, library.Model(inputs, dense(2)(inputs))])


MAKERS = {"containers": containers, "graph": graph, "graph_of_a_class": graph_of_a_class}
SHAPES = {"containers": (2, 3), "graph": (2, 5, 4), "graph_of_a_class": (2, 4)}


@pytest.fixture(params=list(MAKERS))
def models(request):
    """The same model in both libraries, with its input."""
    x = np.random.default_rng(0).random(SHAPES[request.param], dtype="float32")
    pair = [MAKERS[request.param](library) for library in (torchkeras, keras)]
    for model in pair:
        model(torch.as_tensor(x))
    return (*pair, x)


def randomized(model):
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 0.5, w.shape) for w in model.weights])
    return model


def contents(path):
    """Every group and dataset of a file, with shape and noted name."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update(
                {name: (getattr(item, "shape", None), "name" in item.attrs)}
            )
        )
    return found


def test_files_have_the_very_groups_of_keras(models, tmp_path):
    ours, theirs, _ = models
    ours.save_weights(tmp_path / "a.weights.h5")
    theirs.save_weights(tmp_path / "b.weights.h5")
    ours, theirs = contents(tmp_path / "a.weights.h5"), contents(tmp_path / "b.weights.h5")
    # Keras also notes the softmax inside attention, a layer without variables.
    assert ours == {name: what for name, what in theirs.items() if "/_softmax" not in name}


def test_weights_go_both_ways(models, tmp_path):
    ours, theirs, x = models
    x = torch.as_tensor(x)
    randomized(ours).save_weights(tmp_path / "a.weights.h5")
    theirs.load_weights(tmp_path / "a.weights.h5")
    with torch.no_grad():
        expected = ours(x).numpy()
        np.testing.assert_allclose(theirs(x).numpy(), expected, rtol=1e-5, atol=1e-5)
        randomized(theirs).save_weights(tmp_path / "b.weights.h5")
        ours.set_weights([0 * w for w in ours.get_weights()])
        ours.load_weights(tmp_path / "b.weights.h5")
        np.testing.assert_allclose(ours(x).numpy(), theirs(x).numpy(), rtol=1e-5, atol=1e-5)


def test_first_place_wins_and_each_object_has_one():
    model = containers(torchkeras)
    found = list(weights.places(model))
    assert len({id(value) for _, value in found}) == len(found)
    places = {id(value): path for path, value in found}
    assert places[id(model.out)] == "again"
    assert places[id(model.blocks[2][0])] == "blocks/container/dense"


def test_lists_made_on_the_way_are_not_taken_for_each_other():
    class Block(torchkeras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.ffn = torchkeras.Sequential([torchkeras.layers.Dense(1) for _ in range(2)])
            self.kept = [[] for _ in range(len(made) % 7)]  # so that memory is handed out unevenly
            made.append(self)

        def call(self, x):
            return self.ffn(x)

    made = []
    model = torchkeras.Sequential([torchkeras.Input((1,)), *[Block() for _ in range(60)]])
    found = [path for path, part in weights.places(model) if type(part).__name__ == "Dense"]
    assert len(found) == 120
    assert all("/ffn/layers/dense" in path for path in found)


def test_own_names_of_a_user_s_store_are_kept(tmp_path):
    class Named(torchkeras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(2,), initializer="ones", name="scale")

        def call(self, x):
            return x * self.scale

        def save_own_variables(self, store):
            store["my_scale"] = self.scale.numpy() * 2

        def load_own_variables(self, store):
            self.scale.assign(store["my_scale"][...] / 2)

    model = torchkeras.Sequential([torchkeras.Input((2,)), Named()])
    model.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5") as file:
        assert file["layers/named/vars/my_scale"][0] == 2
    model.set_weights([np.zeros(2)])
    model.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(model.get_weights()[0], [1, 1])


def test_counters_of_tf_keras_2_13_are_read_by_rank(tmp_path):
    model = torchkeras.Sequential(
        [torchkeras.Input((3,)), *[torchkeras.layers.Dense(3) for _ in range(12)]]
    )
    values = [np.full(w.shape, k) for k, w in enumerate(model.weights)]
    with hdf5_writer.Writer(tmp_path / "a.weights.h5") as writer:
        for k in range(12):
            name = "dense" if k == 0 else f"dense_{2 * k}"
            place = f"_layer_checkpoint_dependencies/{name}"
            writer.write(place, {"0": values[2 * k], "1": values[2 * k + 1]})
    model.load_weights(tmp_path / "a.weights.h5")
    for got, expected in zip(model.get_weights(), values, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_layers_without_weights_take_no_counter_of_tf_keras_2_13(tmp_path):
    layers = torchkeras.layers
    around = layers.TimeDistributed
    inner = [layers.Conv2D(2, 2), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    model = torchkeras.Sequential([torchkeras.Input((2, 4, 4, 1)), *map(around, inner)])
    values = [np.full(w.shape, k + 1) for k, w in enumerate(model.weights)]
    with hdf5_writer.Writer(tmp_path / "a.weights.h5") as writer:
        for name, pair in (("time_distributed", values[:2]), ("time_distributed_1", values[2:])):
            place = f"_layer_checkpoint_dependencies/{name}/layer"
            writer.write(place, dict(zip("01", pair, strict=True)))
    model.load_weights(tmp_path / "a.weights.h5")
    for got, expected in zip(model.get_weights(), values, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_places_of_older_releases_are_tried_too(tmp_path):
    """Before nested containers had names, their layers were reached through ``layers`` alone."""
    model = containers(torchkeras)
    model(torch.zeros(1, 3))
    randomized(model).save_weights(tmp_path / "a.weights.h5")
    before = model.get_weights()
    with h5py.File(tmp_path / "a.weights.h5", "a") as file:
        counter = [layer for layer in model.layers if isinstance(layer, torchkeras.layers.Dense)]
        number = counter.index(model.blocks[2][0])
        file.move("blocks/container/dense", f"layers/dense_{number}")
    model.set_weights([0 * w for w in before])
    model.load_weights(tmp_path / "a.weights.h5")
    for got, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_what_does_not_fit_is_skipped_when_asked(tmp_path):
    def make(units):
        layers = torchkeras.layers
        return torchkeras.Sequential([torchkeras.Input((3,)), layers.Dense(4), layers.Dense(units)])

    randomized(make(2)).save_weights(tmp_path / "a.weights.h5")
    other = make(5)
    with pytest.raises(
        ValueError, match=r"1 objects could not be loaded.*layers/dense_1.*\(4, 2\)"
    ):
        other.load_weights(tmp_path / "a.weights.h5")
    with pytest.warns(UserWarning, match="1 objects could not be loaded"):
        other.load_weights(tmp_path / "a.weights.h5", skip_mismatch=True)
    assert other.layers[0].kernel.numpy().min() >= 0.1


def test_skipped_objects_are_left_alone(tmp_path):
    model = torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(4)])
    model.save_weights(tmp_path / "a.weights.h5")
    randomized(model)
    before = model.get_weights()
    torchkeras.saving.load_weights(
        model, tmp_path / "a.weights.h5", objects_to_skip=[model.layers[0]]
    )
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_layers_that_were_never_built_are_named(tmp_path):
    class Net(torchkeras.Model):
        def __init__(self):
            super().__init__()
            self.inner = torchkeras.layers.Dense(2)

        def call(self, x):
            return self.inner(x)

    model = Net()
    model(torch.zeros(1, 3))
    model.save_weights(tmp_path / "a.weights.h5")
    fresh = Net()
    fresh.built = True
    with pytest.raises(ValueError, match=r"Dense \"dense_1\" was never built .* has 2 for it"):
        fresh.load_weights(tmp_path / "a.weights.h5")


def test_sharded_parameters_are_gathered_by_all_processes(monkeypatch):
    class Sharded:
        gathered = 0

        def full_tensor(self):
            Sharded.gathered += 1
            return torch.ones(2)

        def detach(self):
            return self

    monkeypatch.setattr(torch.Tensor, "full_tensor", Sharded.full_tensor, raising=False)
    model = torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(2)])
    weights.take_part_in_gathering(model)
    assert Sharded.gathered == 2


def test_bfloat16_goes_both_ways(tmp_path):
    pair = [
        library.Sequential([library.Input((3,)), library.layers.Dense(2, dtype="bfloat16")])
        for library in (torchkeras, keras)
    ]
    pair[0].save_weights(tmp_path / "a.weights.h5")
    pair[1].load_weights(tmp_path / "a.weights.h5")
    assert torch.equal(pair[0].layers[0].kernel.value, pair[1].layers[0].kernel.value)
    pair[1].layers[0].kernel.assign(np.full((3, 2), 1.5))
    pair[1].save_weights(tmp_path / "b.weights.h5")
    pair[0].load_weights(tmp_path / "b.weights.h5")
    assert pair[0].layers[0].kernel.numpy()[0, 0] == 1.5
