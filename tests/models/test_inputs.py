import numpy as np
import pytest
import torch

import torchkeras as keras


@pytest.mark.filterwarnings("ignore:.* did not match any model input")
@pytest.mark.parametrize(
    ("inputs", "given"),
    [
        ("list", "list"), ("list", "tuple"), ("list", "dict"), ("tuple", "list"), ("dict", "dict"),
        ("dict", "more"),
    ],
)  # fmt: skip
def test_inputs_are_matched_by_structure_or_name(inputs, given):
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    structure = {"list": [a, b], "tuple": (a, b), "dict": {"a": a, "b": b}}[inputs]
    model = keras.Model(structure, keras.layers.Concatenate()([a, b]))
    one, two = torch.ones(1, 2), torch.zeros(1, 3)
    data = {
        "list": [one, two],
        "tuple": (one, two),
        "dict": {"b": two, "a": one},
        "more": {"b": two, "a": one, "c": one},
    }[given]
    assert model(data).tolist() == [[1.0, 1.0, 0.0, 0.0, 0.0]]


def test_a_missing_input_is_named():
    a, b = keras.Input((2,), name="alpha"), keras.Input((3,), name="beta")
    model = keras.Model([a, b], keras.layers.Concatenate()([a, b]))
    with pytest.raises(ValueError, match=r'Missing data for input "beta"\..*Did you mean "betta"'):
        model({"alpha": torch.ones(1, 2), "betta": torch.ones(1, 3)})
    with pytest.raises(ValueError, match="1 input tensors were given; expected 2"):
        model([torch.ones(1, 2)])


@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 4), (3,)])
def test_a_wrong_input_shape_is_shown_whole(shape):
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Dense(2)(x))
    with pytest.raises(ValueError, match="Expected shape \\(None, 4\\), but input has"):
        model(torch.ones(shape))


def test_integers_and_ranks_that_differ_by_one_are_adapted():
    x = keras.Input((1,))
    model = keras.Model(x, x * 0.5)
    assert model(torch.tensor([1, 2])).tolist() == [[0.5], [1.0]]
    assert model(np.array([[1], [2]])).tolist() == [[0.5], [1.0]]


def test_inputs_without_numbers_are_refused():
    model = keras.Sequential([keras.Input((1,), name="a"), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match=r'input "a" is None; expected a tensor'):
        model(None)
    with pytest.raises(TypeError, match=r'input "a" is .*; expected numbers \(float32\)'):
        model.predict(np.array(["one", "two"]), verbose=0)


def test_a_nested_model_is_called_on_symbols_before_its_vocabulary_is_known(tmp_path):
    lookup = keras.layers.IntegerLookup(output_mode="one_hot")
    lookup.adapt([[3], [5], [5]])
    inner_input, outer_input = (keras.Input((1,), dtype="int64") for _ in range(2))
    model = keras.Model(outer_input, keras.Model(inner_input, lookup(inner_input))(outer_input))
    model.save(tmp_path / "m.keras")
    copied = keras.models.load_model(tmp_path / "m.keras")
    assert copied.output_shape == model.output_shape
    np.testing.assert_array_equal(copied.predict([[3], [7]]), model.predict([[3], [7]]))


@pytest.mark.parametrize("shape", [(6, 4), (None, 4)])
def test_a_nested_model_knows_its_shapes_for_other_inputs_too(shape):
    inputs = keras.Input((None, 4))
    flat = keras.layers.GlobalMaxPooling1D()(inputs)
    inner = keras.Model(inputs, {"a": keras.layers.Dense(3)(inputs), "b": flat})
    outputs = inner(keras.Input(shape, batch_size=2))
    assert (outputs["a"].shape, outputs["b"].shape) == ((2, *shape[:1], 3), (2, 4))
    outputs = inner(keras.Input(shape))
    assert (outputs["a"].shape, outputs["b"].shape) == ((None, *shape[:1], 3), (None, 4))


@keras.saving.register_keras_serializable("texts")
class Towers(keras.Model):
    """A model of one's own that takes a dict of texts, or of texts and numbers."""

    def __init__(self, **options):
        super().__init__(**options)
        words = keras.layers.StringLookup(vocabulary=["a", "b"], mask_token=None)
        self.first = keras.Sequential([words, keras.layers.Embedding(3, 2)])
        self.texts = keras.layers.TextVectorization(vocabulary=["cat"], output_mode="count")
        self.last = keras.layers.Dense(1)

    def call(self, inputs):
        return self.last(self.first(inputs["word"]) + self.texts(inputs["text"]) * inputs["factor"])


def test_dicts_of_texts_go_into_models_of_ones_own_also_of_those_that_were_read(tmp_path):
    data = {
        "word": np.array(["a", "z"]),
        "text": np.array(["cat cat", "dog"]),
        "factor": torch.ones(2, 1),
    }
    model = Towers()
    expected = model(data)
    model.save(tmp_path / "model.keras")
    assert torch.equal(keras.models.load_model(tmp_path / "model.keras")(data), expected)


def test_sequential_models_that_begin_with_texts_take_texts():
    words = keras.layers.StringLookup(vocabulary=["a", "b"])
    model = keras.Sequential([words, keras.layers.Embedding(4, 2)])
    model.build((None, 1))
    assert model.inputs[0].dtype == "string"
    assert model(np.array([["a"]])).shape == (1, 1, 2)
    with pytest.raises(TypeError, match="expected strings"):
        model(torch.ones(1, 1))
