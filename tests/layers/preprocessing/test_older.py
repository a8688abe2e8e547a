import numpy as np
import pytest
import tensorflow_files

import torchkeras as keras


@pytest.fixture(scope="module")
def of_tensorflow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tensorflow")
    tensorflow_files.extract(folder)
    return folder


@pytest.mark.parametrize("name", ["bins.keras", "bins.h5", "bins", "bins_weights/w"])
def test_boundaries_and_document_frequencies_are_read(of_tensorflow, name):
    if name.endswith("w"):
        model = keras.models.clone_model(keras.models.load_model(of_tensorflow / "bins"))
        model.get_layer("discretization").bin_boundaries = None
        model.load_weights(of_tensorflow / name)
    else:
        model = keras.models.load_model(of_tensorflow / name)
    with np.load(of_tensorflow / "bins.npz") as known:
        made = model.predict([known["words"], known["numbers"]], verbose=0)
        np.testing.assert_allclose(made, known["y"], atol=1e-6)


def test_boundaries_in_the_configuration_hold():
    layer = keras.layers.Discretization(num_bins=2)
    layer.bin_boundaries = [5.0]
    layer.older_state.assign(np.array([[1.0, 2.0], [1.0, 1.0]]))
    assert layer.bin_boundaries == [5.0]


def test_a_summary_of_no_data_makes_no_boundaries():
    layer = keras.layers.Discretization(num_bins=2)
    layer.older_state.assign(np.zeros((2, 0)))
    assert layer.bin_boundaries is None


def test_a_summary_of_another_shape_is_refused():
    layer = keras.layers.Discretization(num_bins=2)
    with pytest.raises(ValueError, match=r"shape of the summary is \(3,\); expected \(2, values\)"):
        layer.older_state.assign(np.ones(3))


def test_layers_whose_state_was_no_weight_have_none():
    assert keras.layers.Discretization([1.0]).older_state is None
    assert keras.layers.StringLookup().older_state is None
    assert keras.layers.TextVectorization(output_mode="tf_idf").older_state.shape is None


@pytest.mark.parametrize(
    "name", ["bins.h5", "bins.keras", "bins", "categories.keras", "categories"]
)
def test_models_within_models_know_what_they_learnt(of_tensorflow, tmp_path, name):
    model = keras.models.load_model(of_tensorflow / f"inner_{name}")
    with np.load(of_tensorflow / f"inner_{name.partition('.')[0]}.npz") as known:
        model.save(tmp_path / "again.keras")
        for one in (model, keras.models.load_model(tmp_path / "again.keras")):
            np.testing.assert_allclose(one.predict(known["x"], verbose=0), known["y"], atol=1e-6)
