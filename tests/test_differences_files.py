"""The ledger's rows on files and on what tf.keras 2 trains; see ``test_differences``."""

import signal
import warnings

import keras as real
import numpy as np
import pytest
import tensorflow_files
import torch

import torchkeras as ours

BOTH = (ours, real)
X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(1, keepdims=True)


def fails(call, errors=Exception):
    """The error that ``call`` raises, or None."""
    try:
        call()
    except errors as error:
        return error
    return None


def dense(keras, **options):
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, **options)])


def array(x):
    return x.detach().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def test_frozen_after_compile():
    def moves(keras):
        model = dense(keras)
        model.compile("sgd", "mse")
        model.trainable = False
        before = model.get_weights()[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            error = fails(lambda: model.train_on_batch(X, Y))
        return error is None and not np.array_equal(before, model.get_weights()[0])

    assert moves(ours)
    assert not moves(real)


def test_optimizer_of_several_models():
    def error(keras):
        optimizer = keras.optimizers.Adam()
        for _ in range(2):
            model = dense(keras)
            model.compile(optimizer, "mse")
            found = fails(lambda model=model: model.train_on_batch(X, Y))
        return found

    assert error(ours) is None
    assert isinstance(error(real), ValueError)


def test_indices_without_ones():
    classes, scores = np.array([1, 0]), np.full((2, 1, 3), 1 / 3, "float32")
    losses = [keras.losses.SparseCategoricalCrossentropy() for keras in BOTH]
    assert np.isclose(float(losses[0](classes, scores)), np.log(3))
    assert fails(lambda: losses[1](classes, scores))


def test_masks_of_inputs():
    def mask(keras):
        x = keras.layers.Embedding(4, 2, mask_zero=True)(np.array([[1, 2, 0]]))
        keras.layers.MultiHeadAttention(1, 2)(x, x)
        return getattr(x, "_keras_mask", None)

    assert mask(ours).tolist() == [[True, True, False]]
    assert mask(real) is None


def test_own_lambdas(tmp_path):
    def loaded(keras):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: 2 * x)])
        file = str(tmp_path / f"{keras.__name__}.keras")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save(file)
        return keras.models.load_model(file)

    assert np.allclose(array(loaded(ours)(X)), 2 * X)
    assert isinstance(fails(lambda: loaded(real)), ValueError)


def test_weights_of_parts(tmp_path):
    def error(keras):
        class Gan(keras.Model):
            def __init__(self):
                super().__init__()
                self.generator = dense(keras)

        return fails(lambda: Gan().save_weights(str(tmp_path / f"{keras.__name__}.weights.h5")))

    assert error(ours) is None
    assert isinstance(error(real), ValueError)


@pytest.mark.filterwarnings("ignore:Model .* had a build config, but the model cannot be built")
def test_read_without_types(tmp_path):
    def keeps_its_weights(keras):
        @keras.saving.register_keras_serializable("files")
        class Classes(keras.Model):
            def __init__(self, **options):
                super().__init__(**options)
                self.dense = keras.layers.Dense(2)

            def call(self, x):
                return self.dense(torch.nn.functional.one_hot(x, 4).float())

        x = torch.tensor([3, 1])
        model = Classes()
        y = model(x)
        model.save(tmp_path / "m.keras")
        return torch.equal(keras.saving.load_model(tmp_path / "m.keras")(x), y)

    assert keeps_its_weights(ours)
    assert not keeps_its_weights(real)


def test_folders_of_models(tmp_path):
    models = [dense(keras) for keras in BOTH]
    folder = str(tmp_path / "model")
    models[0].save(folder)
    assert np.allclose(array(ours.models.load_model(folder)(X)), array(models[0](X)))
    assert isinstance(fails(lambda: models[1].save(folder)), ValueError)


def test_programs_of_tensorflow(tmp_path):
    def error(keras):
        return fails(lambda: dense(keras).export(str(tmp_path / keras.__name__)))

    assert isinstance(error(ours), ValueError)
    assert 'format="torch"' in str(error(ours)) or "'torch'" in str(error(ours))
    assert isinstance(error(real), (ImportError, RuntimeError, AttributeError, NotImplementedError))


def test_missing_files(tmp_path):
    for suffix in (".keras", ".h5"):
        path = tmp_path / f"absent{suffix}"
        mine, theirs = (fails(lambda k=k: k.models.load_model(path)) for k in BOTH)  # noqa: B023
        assert isinstance(mine, ValueError)
        assert isinstance(mine, FileNotFoundError)
        assert isinstance(theirs, ValueError) != isinstance(theirs, FileNotFoundError)


def test_foreign_files(tmp_path):
    for suffix in (".keras", ".h5"):
        path = tmp_path / f"page{suffix}"
        path.write_text("<!DOCTYPE html><html><body>404</body></html>")
        mine, theirs = (fails(lambda k=k: k.models.load_model(path)) for k in BOTH)  # noqa: B023
        assert isinstance(mine, ValueError)
        assert isinstance(mine, OSError)
        assert "web page" in str(mine)
        assert "web page" not in str(theirs)


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="a limit of Unix")
def test_saves_that_fail(tmp_path):
    resource = pytest.importorskip("resource")

    def kept(keras):
        path = tmp_path / f"{keras.__name__}.keras"
        dense(keras).save(path)
        before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            error = fails(lambda: dense(keras).save(path))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert error
        return path.read_bytes() == before

    assert kept(ours)
    assert not kept(real)


def test_groups_in_the_editor(tmp_path):
    def weights(keras):
        x = keras.Input((4, 3))
        model = keras.Model(x, keras.layers.Bidirectional(keras.layers.LSTM(2))(x))
        model.save(tmp_path / "both.keras")
        return len(leaves(keras.saving.KerasFileEditor(str(tmp_path / "both.keras")).weights_dict))

    def leaves(tree):
        return [
            leaf
            for value in tree.values()
            for leaf in (leaves(value) if isinstance(value, dict) else [value])
        ]

    assert weights(ours) == 6
    assert weights(real) < 6


def test_exported_weights(tmp_path):
    tensorflow_files.extract(tmp_path)
    model = tensorflow_files.noisy(ours)
    model.load_weights(tmp_path / "exported3")
    with np.load(tmp_path / "exported3.npz") as known:
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["y"], atol=1e-5)


def test_older_states_of_layers(tmp_path):
    tensorflow_files.extract(tmp_path)
    model = ours.models.load_model(tmp_path / "bins.keras")
    assert model.get_layer("discretization").bin_boundaries


def test_merged_masks_of_keras_2(tmp_path):
    tensorflow_files.extract(tmp_path)
    model = ours.models.load_model(tmp_path / "masked.h5")
    with np.load(tmp_path / "masked.npz") as known:
        pair = [known["x0"], known["x1"]]
        np.testing.assert_allclose(model.predict(pair, verbose=0), known["before"], atol=1e-6)
        anew = tensorflow_files.masked(ours)  # which has the rule of Keras 3
        anew.load_weights(tmp_path / "masked.h5")
        assert np.abs(anew.predict(pair, verbose=0) - known["before"]).max() > 1e-3


def test_older_optimizers(tmp_path):
    tensorflow_files.extract(tmp_path)
    model = ours.models.load_model(tmp_path / "scaled.h5")
    with np.load(tmp_path / "scaled.npz") as known:
        history = model.fit(
            known["x"], known["y"], epochs=2, batch_size=4, shuffle=False, verbose=0
        ).history
        np.testing.assert_allclose(history["loss"], known["losses"], rtol=1e-5)


def test_frozen_torch_modules():
    def moved(keras):
        net = torch.nn.BatchNorm1d(3)
        layer = keras.layers.TorchModuleWrapper(net)
        layer.trainable = False
        model = keras.Sequential([keras.Input((3,)), layer, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(X + 5, Y, verbose=0)
        return bool((net.running_mean != 0).any())

    assert not moved(ours)
    assert moved(real)


def test_older_model_members():
    members = ("get_weight_paths", "save_spec", "autotune_steps_per_execution", "state_updates")
    assert all(hasattr(dense(ours), name) for name in members)
    assert not any(hasattr(dense(real), name) for name in members)


def test_layer_range_of_drawings():
    part = ["a", "b"]
    model = ours.Sequential([ours.Input((3,)), *(ours.layers.Dense(1, name=n) for n in part)])
    assert ours.utils.model_to_dot(model, layer_range=part).get_nodes()
    other = real.Sequential([real.Input((3,)), *(real.layers.Dense(1, name=n) for n in part)])
    assert fails(lambda: real.utils.model_to_dot(other, layer_range=part), ValueError)


def test_gradient_transformers():
    def halved(pairs):
        return [(gradient / 2, variable) for gradient, variable in pairs]

    assert ours.optimizers.SGD(gradient_transformers=[halved])
    assert fails(lambda: real.optimizers.SGD(gradient_transformers=[halved]), ValueError)


def test_preprocessing_base():
    assert isinstance(
        ours.layers.Normalization(), ours.layers.experimental.preprocessing.PreprocessingLayer
    )
    assert not hasattr(real.layers, "PreprocessingLayer")


def test_numbers_beside_variables():
    products = [np.float64(2) * keras.Variable([1.0, 2.0]) for keras in BOTH]
    assert isinstance(products[0], torch.Tensor)
    assert products[0].tolist() == [2.0, 4.0]
    assert isinstance(products[1], np.ndarray)


@pytest.mark.parametrize(("keras", "is_saved"), [(ours, True), (real, False)])
def test_slots_of_one_name(tmp_path, keras, is_saved):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile("adafactor", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    error = fails(lambda: model.save(tmp_path / "a.h5"), ValueError)
    assert (error is None) == is_saved


@pytest.mark.parametrize("mode", ["int", "tf_idf"])
@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_vocabularies_in_h5(tmp_path, name, mode):
    """Keras's own need TensorFlow; tests/saving/test_exchange_tensorflow.py gives it these."""
    dtype = "int64" if name == "IntegerLookup" else "string"
    tokens = [[7], [7], [5]] if dtype == "int64" else [["a b"], ["a b"], ["c"]]
    layer = getattr(ours.layers, name)(output_mode=mode, max_tokens=9)
    layer.adapt(np.array(tokens))
    inputs = ours.Input((1,), dtype=dtype)
    model = ours.Model(inputs, layer(inputs))
    model.save(tmp_path / "m.h5")
    loaded = ours.models.load_model(tmp_path / "m.h5")
    assert loaded.layers[-1].get_vocabulary() == layer.get_vocabulary()
    np.testing.assert_array_equal(loaded(np.array(tokens)), model(np.array(tokens)))
    assert layer.get_config()["vocabulary"] is None  # elsewhere it is as in Keras


@pytest.mark.parametrize(("keras", "warns"), [(ours, True), (real, False)])
def test_names_of_no_layer(tmp_path, keras, warns):
    dense(keras, name="there").save(tmp_path / "m.h5")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dense(keras, name="here").load_weights(tmp_path / "m.h5", by_name=True)
    assert any("'here'" in str(w.message) and "'there'" in str(w.message) for w in caught) == warns
