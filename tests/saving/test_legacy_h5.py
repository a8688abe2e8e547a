"""Weights in the layout of tf.keras 2: files as it writes them, made here by h5py."""

import h5py
import keras as real
import numpy as np
import pytest

import torchkeras as keras
from torchkeras.saving import hdf5, legacy_h5


def make(library, names=("stem", "norm", "head"), units=2):
    layers = library.layers
    return library.Sequential(
        [
            library.Input((3,)),
            layers.Dense(4, name=names[0]),
            layers.BatchNormalization(name=names[1]),
            layers.ReLU(),
            layers.Dense(units, name=names[2]),
        ]
    )


def write(path, groups, root="/", split=False, own=()):
    """A file with ``groups``: names of layers and (name, array) of their weights."""
    with h5py.File(path, "w") as file:
        group = file.require_group(root)
        names = [name.encode() for name in groups]
        if split:
            group.attrs["layer_names0"], group.attrs["layer_names1"] = names[:1], names[1:]
        else:
            group.attrs["layer_names"] = names
        for name, values in [*groups.items(), ("top_level_model_weights", own)]:
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [key.encode() for key, _ in values]
            for key, value in values:
                inner[key] = value
    return path


def groups_of(model):
    """What tf.keras 2 writes of a model: trainable weights first, names with the layer's."""
    found = {}
    for layer in model.layers:
        weights = [*layer.trainable_weights, *layer.non_trainable_weights]
        found[layer.name] = [
            ("/".join(weight.path.split("/")[-2:]) + ":0", np.asarray(weight.numpy()))
            for weight in weights
        ]
    return found


def filled(model, seed=0):
    """``model`` with other weights in every place."""
    draw = np.random.default_rng(seed)
    model.set_weights([draw.uniform(0.5, 1.5, w.shape) for w in model.get_weights()])
    return model


def same_weights(model, other):
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)


@pytest.mark.parametrize("root", ["/", "model_weights"])
@pytest.mark.parametrize("split", [False, True])
def test_layers_are_read_in_their_order(tmp_path, root, split):
    source = filled(make(keras))
    path = write(tmp_path / "m.h5", groups_of(source), root, split)
    model = make(keras, names=("a", "b", "c"))
    model.load_weights(path)
    same_weights(model, source)


def test_whole_models_of_keras_give_their_weights(tmp_path):
    source = filled(make(real))
    source.compile("adam", "mse")
    source.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    source.save(tmp_path / "m.h5")
    model = make(keras)
    model.load_weights(tmp_path / "m.h5")
    same_weights(model, source)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    expected = source.predict(x, verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5"])
def test_names_of_which_the_file_has_none_are_told(tmp_path, suffix):
    source = filled(make(keras))
    path = tmp_path / f"m{suffix}"
    write(path, groups_of(source)) if suffix == ".h5" else source.save_weights(path)
    model = make(keras, names=("one", "other", "third"))
    kept = model.get_weights()
    with pytest.warns(UserWarning, match=r"found nothing to load: .*'one'.* which are .*'stem'"):
        model.load_weights(path, by_name=True)
    for one, two in zip(model.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(one, two)


def test_layers_are_read_by_their_names(tmp_path):
    source = filled(make(keras))
    path = write(tmp_path / "m.h5", groups_of(source))
    model = make(keras, names=("stem", "other", "head"))
    kept = model.layers[1].get_weights()
    model.load_weights(path, by_name=True)
    same_weights(model.get_layer("stem"), source.get_layer("stem"))
    same_weights(model.get_layer("head"), source.get_layer("head"))
    for one, two in zip(model.layers[1].get_weights(), kept, strict=True):
        np.testing.assert_array_equal(one, two)


def nested(body_name="body"):
    layers = keras.layers
    body = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(3, use_bias=False, name="one"),
            layers.BatchNormalization(name="two"),
            layers.Dense(3, name="three"),
            layers.BatchNormalization(name="four"),
        ],
        name=body_name,
    )
    return keras.Sequential([keras.Input((3,)), body, layers.Dense(2, name="head")])


@pytest.mark.parametrize("frozen", [(), ("one", "two"), ("one", "two", "three", "four")])
def test_a_model_within_is_one_layer_whatever_was_frozen(tmp_path, frozen):
    source = filled(nested())
    for name in frozen:
        source.layers[0].get_layer(name).trainable = False
    path = write(tmp_path / "m.h5", groups_of(source))
    model = nested()
    model.load_weights(path)
    same_weights(model, source)


def test_a_model_within_that_was_frozen_is_read_under_other_names_too(tmp_path):
    source = filled(nested())
    source.layers[0].trainable = False
    groups = groups_of(source)
    renamed = [(name.replace("kernel", "other_kernel"), w) for name, w in groups["body"]]
    model = nested()
    model.load_weights(write(tmp_path / "n.h5", {**groups, "body": renamed}))
    same_weights(model, source)
    groups["body"] = [(f"x{number}/w", value) for number, (_, value) in enumerate(groups["body"])]
    model = nested()
    model.load_weights(write(tmp_path / "m.h5", groups))
    same_weights(model, source)


def test_the_models_own_weights_are_read(tmp_path):
    class Scaled(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)
            self.scale = self.add_weight(shape=(2,), initializer="ones", name="scale")

        def call(self, x):
            return self.dense(x) * self.scale

    source, model = Scaled(), Scaled()
    for each in (source, model):
        each(np.ones((1, 3), "float32"))
    filled(source)
    groups = groups_of(source)
    path = write(tmp_path / "m.h5", groups, own=[("scale:0", source.scale.numpy())])
    model.load_weights(path)
    same_weights(model, source)


def test_what_does_not_fit_is_named_and_changes_nothing(tmp_path):
    path = write(tmp_path / "m.h5", groups_of(filled(make(keras))))
    model = make(keras, units=5)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r'1 objects.*"head" at .*: the shape of .*\(4, 5\)'):
        model.load_weights(path)
    for one, two in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.warns(UserWarning, match='"head"'):
        model.load_weights(path, skip_mismatch=True)
    assert not np.array_equal(model.get_weights()[0], before[0])
    np.testing.assert_array_equal(model.get_weights()[-1], before[-1])


def test_other_numbers_of_layers_or_weights_are_named(tmp_path):
    groups = groups_of(make(keras))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="stem")])
    path = write(tmp_path / "m.h5", groups)
    with pytest.raises(ValueError, match=r"1 layers that have weights.*with 3.*by_name"):
        model.load_weights(path)
    model.load_weights(path, by_name=True)
    groups["stem"] = groups["stem"][:1]
    write(path, groups)
    with pytest.raises(ValueError, match="has 1 weights for it, and it has 2"):
        model.load_weights(path, by_name=True)


def test_layers_to_skip_stay_as_they_are(tmp_path):
    source = filled(make(keras))
    path = write(tmp_path / "m.h5", groups_of(source))
    model = make(keras)
    head = model.get_layer("head")
    before = head.get_weights()
    model.load_weights(path, objects_to_skip=[head])
    np.testing.assert_array_equal(head.get_weights()[0], before[0])
    same_weights(model.layers[0], source.layers[0])


def test_what_layers_learned_from_data_is_read(tmp_path):
    layer = keras.layers.Normalization(name="scale")
    layer.adapt(np.random.default_rng(0).normal(3, 2, (50, 3)))
    source = keras.Sequential([keras.Input((3,)), layer])
    model = keras.Sequential([keras.Input((3,)), keras.layers.Normalization(name="scale")])
    model.load_weights(write(tmp_path / "m.h5", groups_of(source)))
    x = np.ones((1, 3), "float32")
    np.testing.assert_allclose(model(x), source(x), rtol=1e-6)


def dangling(file):
    file.attrs["layer_names"] = [b"stem"]
    file.create_group("stem").attrs["weight_names"] = [b"stem/kernel:0"]


def outside(file):
    dangling(file)
    file["stem/stem"] = h5py.ExternalLink("/etc/passwd", "/")


def soft(file):
    dangling(file)
    file["data"] = np.zeros((3, 4))
    file["stem/stem/kernel:0"] = h5py.SoftLink("/data")


def climbing(file):
    dangling(file)
    file["stem"].attrs["weight_names"] = [b"../stem/./x"]


def numbers(file):
    file.attrs["layer_names"] = np.arange(3)


def one_text(file):
    file.attrs["layer_names"] = np.bytes_(b"stem")


def huge(file):
    dangling(file)
    file["stem"].create_dataset("stem/kernel:0", (10**6, 10**6), "f4", chunks=(1000, 1000))


def deep(file):
    dangling(file)
    file["stem"].attrs["weight_names"] = [b"a/" * 20000 + b"x"]


@pytest.mark.parametrize(
    "spoil",
    [dangling, outside, soft, climbing, numbers, one_text, huge, deep],
    ids=lambda f: f.__name__,
)
def test_hostile_files_are_refused(tmp_path, spoil):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        spoil(file)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="stem")])
    with pytest.raises(ValueError, match="HDF5 object"):
        model.load_weights(tmp_path / "m.h5")


def test_other_layouts_are_told_apart(tmp_path):
    make(keras).save_weights(tmp_path / "m.weights.h5")
    with hdf5.open_group(tmp_path / "m.weights.h5") as root:
        assert legacy_h5.root_of(root) is None


def test_a_models_own_weights_come_behind_those_of_its_layers(tmp_path):
    class Inner(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def build(self, input_shape):
            self.shift = self.add_weight(shape=(2,), name="shift")
            super().build(input_shape)

        def call(self, x):
            return self.dense(x) + self.shift

    class Outer(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = Inner()

        def call(self, x):
            return self.inner(x)

    model = Outer()
    x = np.eye(2)
    model(x)
    values = [np.ones((2, 2)), np.full(2, 5.0), np.full(2, 7.0)]
    names = ["dense/kernel:0", "dense/bias:0", "shift:0"]
    groups = {"inner": list(zip(names, values, strict=True))}
    model.load_weights(write(tmp_path / "w.h5", groups))
    assert model.inner.dense.bias.numpy().tolist() == [5, 5]
    assert model.inner.shift.numpy().tolist() == [7, 7]
