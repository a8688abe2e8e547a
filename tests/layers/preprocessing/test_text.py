"""Texts as numbers; ``test_recorded`` has Keras's numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, Dataset

from torchkeras import Input, Model, Sequential, layers, models, saving
from torchkeras.layers.preprocessing.ragged import RaggedTexts

TEXTS = np.array(["good film", "bad film", "very good", "very bad"] * 4)
LABELS = np.array([1, 0, 1, 0] * 4)


class Reviews(Dataset):
    def __len__(self):
        return len(TEXTS)

    def __getitem__(self, index):
        return str(TEXTS[index]), float(LABELS[index])


def vectorizer(**options):
    layer = layers.TextVectorization(**options)
    layer.adapt(TEXTS)
    return layer


def classifier(first):
    model = Sequential(first)
    model.compile("sgd", "binary_crossentropy")
    return model


@given(st.lists(st.text(alphabet="aBc é,\t\u00a0", max_size=12), min_size=1, max_size=5))
def test_words_are_those_between_ascii_spaces(texts):
    layer = layers.TextVectorization(standardize="lower", vocabulary=["abc"])
    octets = [text.encode().lower().split() for text in texts]
    words = layer._tokens_of(np.array(texts, dtype=object)).rows()
    assert words == octets


def test_rows_are_padded_or_cut():
    layer = vectorizer(output_sequence_length=1)
    assert layer(["very good film"]).tolist() == [[layer.get_vocabulary().index("very")]]
    layer = vectorizer()
    assert layer(np.array([["good"], ["bad very film"]])).shape == (2, 3)
    assert layer("good film").shape == (2,)
    assert layer(np.zeros((0, 1), dtype=object)).shape == (0, 0)


def test_ragged_rows_are_a_nested_tensor():
    rows = vectorizer(ragged=True)(["good", "very bad film"])
    assert rows.is_nested
    assert [len(row) for row in rows.unbind()] == [1, 3]
    rows = vectorizer(ragged=True, output_sequence_length=2)(["good", "very bad film"])
    assert [len(row) for row in rows.unbind()] == [1, 2]


def test_functions_of_users_get_arrays_of_strings():
    def standardize(texts):
        assert texts.dtype.kind == "U"
        return np.char.replace(np.char.lower(texts), "<br>", " ")

    def split(texts):
        assert texts.ndim == 1
        return [text.split("-") for text in texts]

    layer = layers.TextVectorization(standardize=standardize, split=split)
    layer.adapt(np.array([["A-B<br>"], ["a"]]))
    assert layer.get_vocabulary() == ["", "[UNK]", "a", "b "]
    assert layer([b"A-b<br>", b"x"]).tolist() == [[2, 3], [1, 0]]
    for rows in (
        lambda texts: RaggedTexts.of_rows([text.split("-") for text in texts]),
        lambda texts: np.array([text.split("-") for text in texts]),
    ):
        layer = layers.TextVectorization(split=rows, vocabulary=["a", "b"], standardize=None)
        assert layer(["a-b", "b-x"]).tolist() == [[2, 3], [3, 1]]


def test_functions_of_users_are_saved_by_name(tmp_path):
    layer = layers.TextVectorization(standardize=np.char.upper, vocabulary=["A"])
    layer.standardize = shout
    model = Sequential([Input((1,), dtype="string"), layer])
    model.save(tmp_path / "model.keras")
    loaded = models.load_model(tmp_path / "model.keras", custom_objects={"shout": shout})
    assert loaded(["a"]).tolist() == [[2]]


def shout(texts):
    return np.char.upper(texts)


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[:, None], TEXTS.tolist(), np.char.encode(TEXTS)])
def test_models_learn_from_strings(texts):
    model = classifier(
        [
            Input((1,), dtype="string"),
            vectorizer(output_sequence_length=3),
            layers.Embedding(9, 2),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    history = model.fit(texts, LABELS, verbose=0, batch_size=5, validation_data=(texts, LABELS))
    assert {"loss", "val_loss"} <= set(history.history)
    assert model.predict(texts, verbose=0).shape == (16, 1)
    assert model(["good film", "x"]).shape == (2, 1)
    model.evaluate(texts, LABELS, verbose=0)


def test_models_without_an_input_layer_learn_from_strings():
    model = classifier([vectorizer(output_mode="multi_hot"), layers.Dense(1, "sigmoid")])
    model.fit(np.char.encode(TEXTS), LABELS, verbose=0)
    assert model.input_shape == (None,)

    class Own(Model):
        def __init__(self):
            super().__init__()
            self.words = vectorizer(output_mode="count")
            self.dense = layers.Dense(1, "sigmoid")

        def call(self, x):
            return self.dense(self.words(x))

    own = Own()
    own.compile("sgd", "binary_crossentropy")
    own.fit(TEXTS, LABELS, verbose=0)
    inner = Own()(Input((1,), dtype="string"))
    assert inner.shape == (None, 1)


def test_datasets_of_strings_are_taken():
    first = [vectorizer(output_mode="multi_hot"), layers.Dense(1, "sigmoid")]
    for data in (Reviews(), DataLoader(Reviews(), batch_size=4)):
        classifier(first).fit(data, verbose=0)
    for data in (
        Reviews(),
        DataLoader(Reviews(), batch_size=5),
        TEXTS.tolist(),
        [TEXTS[:3], TEXTS[3:]],
        (TEXTS[i : i + 4] for i in range(0, 16, 4)),
    ):
        layer = layers.TextVectorization()
        layer.adapt(data)
        assert layer.get_vocabulary() == vectorizer().get_vocabulary()


def test_adapting_takes_some_steps():
    layer = layers.TextVectorization()
    layer.adapt([np.array(["a"]), np.array(["b"])], steps=1)
    assert layer.get_vocabulary() == ["", "[UNK]", "a"]
    layer.reset_state()
    layer.update_state(np.array(["c d"]))
    layer.finalize_state()
    assert layer.get_vocabulary(include_special_tokens=False) == ["d", "c"]
    layer.set_vocabulary(["x"])
    assert layer.vocabulary_size() == 3


def test_symbols_have_the_shapes_of_results():
    words = Input((1,), dtype="string")
    assert vectorizer()(words).shape == (None, None)
    assert vectorizer(output_sequence_length=4)(words).shape == (None, 4)
    y = vectorizer(output_mode="tf_idf")(words)
    assert (y.shape, y.dtype) == ((None, 6 - 1), "float32")
    whole = layers.TextVectorization(split=None, vocabulary=["a"])
    assert whole(Input((3,), dtype="string")).shape == (None, 3)


def test_configurations_make_the_same_layer():
    layer = layers.TextVectorization(ngrams=(1, 3), vocabulary=["a"], encoding="latin-1")
    config = saving.serialize_keras_object(layer)
    twin = saving.deserialize_keras_object(config)
    assert twin.get_config() == layer.get_config()
    assert twin.ngrams == (1, 3)
    assert (twin.max_tokens, twin.pad_to_max_tokens, twin.sparse) == (None, False, False)


def test_what_does_not_fit_is_refused():
    new = layers.TextVectorization
    with pytest.raises(ValueError, match='Did you mean "lower"'):
        new(standardize="lowr")
    with pytest.raises(ValueError, match="split is 'words'"):
        new(split="words")
    with pytest.raises(ValueError, match="ngrams is 0; expected None, an integer of 1 or more"):
        new(ngrams=0)
    with pytest.raises(ValueError, match="None, since output_mode is 'count'"):
        new(output_mode="count", output_sequence_length=3)
    with pytest.raises(ValueError, match="ragged is True; expected False"):
        new(output_mode="count", ragged=True)
    with pytest.raises(ValueError, match="input rank must be 1 or the last shape dimension"):
        new(vocabulary=["a"])([["a", "b"]])
    with pytest.raises(TypeError, match="expected strings"):
        new(vocabulary=["a"])(torch.zeros(2))
    with pytest.raises(TypeError, match="Give them as a NumPy array or a list|expected strings"):
        Sequential([Input((1,), dtype="string"), new(vocabulary=["a"])])(torch.zeros(2, 1))
    with pytest.raises(RuntimeError, match="You must set the layer's vocabulary before calling"):
        new()(["a"])
