"""Structured data; numbers of Keras with TensorFlow are recorded here."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from torchkeras import Model, layers, models
from torchkeras.utils import FeatureSpace

DATA = {
    "number": [0.5, -1.0, 2.0, 0.25],
    "word": ["a", "b", "a", "c"],
    "code": [3, 1, 3, 3],
}


class Samples(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return {name: column[index] for name, column in DATA.items()}


def space(**options):
    features = {"number": "float_normalized", "word": "string_categorical"}
    made = FeatureSpace({**features, "code": "integer_categorical"}, **options)
    made.adapt(DATA)
    return made


def test_features_and_crosses_are_joined_in_keras_order():
    y = space(crosses=[("word", "code")], crossing_dim=4)(DATA)
    expected = [
        [0.0, 1.0, 0.0, 0.05862, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, -1.34828, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        [0.0, 1.0, 0.0, 1.46553, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, -0.17586, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0],
    ]
    torch.testing.assert_close(y, torch.tensor(expected), atol=1e-5, rtol=1e-5)


def test_single_samples_have_no_batch():
    made = space()
    one = made({name: column[1] for name, column in DATA.items()})
    assert torch.equal(one, made(DATA)[1])
    words = space(output_mode="dict")({name: column[1] for name, column in DATA.items()})
    assert words["word"].shape == (4,)


def test_every_kind_of_feature_has_its_form():
    made = FeatureSpace(
        {
            "a": FeatureSpace.float(),
            "b": FeatureSpace.float_rescaled(2.0, 1.0),
            "c": FeatureSpace.float_discretized(num_bins=3, output_mode="int"),
            "d": FeatureSpace.float_discretized(None, bin_boundaries=[0.0]),
            "e": FeatureSpace.integer_hashed(5),
            "f": FeatureSpace.string_hashed(5, output_mode="int"),
            "g": FeatureSpace.integer_categorical(max_tokens=2, output_mode="int"),
            "h": FeatureSpace.string_categorical(num_oov_indices=2),
            "i": FeatureSpace.feature("string", layers.TextVectorization(), "int"),
        },
        output_mode="dict",
        crosses=[FeatureSpace.cross(("f", "g"), 7, output_mode="int"), ("e", "f")],
        crossing_dim=6,
    )
    numbers, codes, words = DATA["number"], DATA["code"], DATA["word"]
    columns = [*[numbers] * 4, codes, words, codes, words, words]
    data = dict(zip("abcdefghi", columns, strict=True))
    made.adapt(data)
    shapes = {name: tuple(y.shape) for name, y in made(data).items()}
    assert shapes == {
        **dict.fromkeys("abcfgi", (4, 1)),
        "d": (4, 2),
        "e": (4, 5),
        "h": (4, 5),
        "f_X_g": (4, 1),
        "e_X_f": (4, 6),
    }
    assert made(data)["b"].flatten().tolist() == [2.0, -1.0, 5.0, 1.5]


@pytest.mark.parametrize(
    "data",
    [
        Samples(),
        DataLoader(Samples(), batch_size=3),
    ],
)
def test_datasets_are_taken(data):
    made = FeatureSpace({"word": "string_categorical", "code": "integer_categorical"})
    made.adapt(data)
    wanted = FeatureSpace({"word": "string_categorical", "code": "integer_categorical"})
    wanted.adapt(DATA)
    assert torch.equal(made(DATA), wanted(DATA))


def test_models_begin_with_its_inputs(tmp_path):
    made = space(crosses=[("word", "code")])
    model = Model(made.get_inputs(), layers.Dense(1)(made.get_encoded_features()))
    data = {name: np.array(column) for name, column in DATA.items()}
    model.compile("sgd", "mse")
    model.fit(data, np.ones(4), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        loaded.predict(data, verbose=0), model.predict(data, verbose=0), rtol=1e-6
    )


def test_it_is_saved_and_comes_back(tmp_path):
    made = space(crosses=[("word", "code")])
    made.save(tmp_path / "space.keras")
    loaded = models.load_model(tmp_path / "space.keras")
    assert torch.equal(loaded(DATA), made(DATA))
    twin = FeatureSpace.from_config(made.get_config())
    twin.adapt(DATA)
    assert torch.equal(twin(DATA), made(DATA))


def test_what_needs_no_data_needs_no_adapting():
    made = FeatureSpace({"a": "float", "b": "string_hashed"}, hashing_dim=3)
    assert made({"a": [1.0], "b": ["x"]}).shape == (1, 4)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="cannot be None or empty"):
        FeatureSpace({})
    with pytest.raises(ValueError, match='Did you mean "float_normalized"'):
        FeatureSpace({"a": "float_normalised"})
    with pytest.raises(ValueError, match="expected 'concat' or 'dict'"):
        FeatureSpace({"a": "float"}, output_mode="list")
    with pytest.raises(ValueError, match="All features referenced in the `crosses`"):
        FeatureSpace({"a": "float"}, crosses=[("a", "b")])
    with pytest.raises(ValueError, match="crossing_dim is 0"):
        FeatureSpace({"a": "string_hashed"}, crosses=[("a", "a")], crossing_dim=0)
    made = FeatureSpace({"a": "string_categorical"})
    with pytest.raises(RuntimeError, match=r"You need to call `.adapt\(dataset\)`"):
        made({"a": ["x"]})
    with pytest.raises(TypeError, match="can only be called on"):
        made.adapt(["x"])
    with pytest.raises(ValueError, match="expected a column 'a'"):
        made.adapt({"b": ["x"]})
    made.adapt({"a": ["x"]})
    with pytest.raises(ValueError, match="can only be called with a dict"):
        made(["x"])
    joined = FeatureSpace({"a": FeatureSpace.string_hashed(3, output_mode="int")})
    with pytest.raises(ValueError, match="Cannot concatenate features"):
        joined({"a": ["x"]})
    floats = FeatureSpace({"a": FeatureSpace.feature("float32", layers.Rescaling(2.0), "one_hot")})
    with pytest.raises(ValueError, match="dimensionality of its output space is not known"):
        floats({"a": [1.0]})
