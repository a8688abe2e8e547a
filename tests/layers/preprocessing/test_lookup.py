"""Strings and integers by their place in a vocabulary; ``test_recorded`` has Keras's numbers."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import Input, Model, Sequential, layers

TOKENS = st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=8, unique=True)


@given(TOKENS, st.integers(1, 3), st.booleans())
def test_strings_come_back_from_their_indices(tokens, count, masks):
    tokens = [token for token in tokens if token != "[UNK]"] or ["a"]
    options = {"vocabulary": tokens, "num_oov_indices": count}
    if masks:
        options["mask_token"] = ""
    there, back = layers.StringLookup(**options), layers.StringLookup(**options, invert=True)
    words = np.array(tokens, dtype=object)
    indices = there(words)
    assert indices.tolist() == list(range(count + masks, count + masks + len(tokens)))
    assert back(indices).tolist() == tokens
    octets = np.array([word.encode("utf-8", "surrogatepass") for word in tokens], dtype=object)
    if all(word.isprintable() for word in tokens):
        assert there(octets).tolist() == indices.tolist()


@given(st.lists(st.integers(-99, 99), min_size=1, max_size=9, unique=True))
def test_integers_come_back_from_their_indices(tokens):
    tokens = [token for token in tokens if token != -1] or [4]
    there = layers.IntegerLookup(vocabulary=tokens)
    back = layers.IntegerLookup(vocabulary=tokens, invert=True)
    x = torch.tensor(tokens)
    assert torch.equal(back(there(x)), x)
    assert there(torch.tensor([1000])).tolist() == [0]
    assert back(torch.tensor([-5, 0, 1000])).tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    "tokens", [[-(2**63), 2**63 - 1, 5], [2**63 - 1, 2**63 - 3], [7, 10**9, -4], [3, 1, 2]]
)
def test_integers_may_lie_anywhere(tokens):
    layer = layers.IntegerLookup(vocabulary=tokens)
    x = torch.tensor([*tokens, 0, 6, 2**62, tokens[0] ^ 8])
    assert layer(x).tolist() == [*range(1, len(tokens) + 1), 0, 0, 0, 0]


def test_any_array_of_strings_is_taken():
    layer = layers.StringLookup(vocabulary=["a", "b"])
    for words in (
        ["a", "z"],
        np.array(["a", "z"]),
        np.array([b"a", b"z"]),
        np.array(["a", b"z"], dtype=object),
    ):
        assert layer(words).tolist() == [1, 0]
    assert layer("b").item() == 2
    assert layer(np.zeros((0, 2), dtype=object)).shape == (0, 2)


def test_copies_have_vocabularies_of_their_own():
    layer = layers.StringLookup()
    layer.adapt(["a"])
    twin = copy.deepcopy(layer)
    twin.adapt(["b"])
    assert layer(["a", "b"]).tolist() == twin(["b", "a"]).tolist() == [1, 0]


def test_lookups_work_in_models():
    words, numbers = Input((1,), dtype="string", name="w"), Input((1,), dtype="int64", name="n")
    first = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(words)
    second = layers.IntegerLookup(vocabulary=[5], output_mode="one_hot")(numbers)
    outputs = layers.Dense(1)(layers.Concatenate()([first, second]))
    model = Model({"w": words, "n": numbers}, outputs)
    data = {"w": np.array(["a", "b", "z"]), "n": np.array([5, 6, 5])}
    model.compile("sgd", "mse")
    history = model.fit(data, np.array([1.0, 2.0, 3.0]), epochs=2, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]
    assert model.predict(data, verbose=0).shape == (3, 1)


def test_strings_can_be_predicted():
    layer = layers.StringLookup(vocabulary=["a", "b"], invert=True)
    model = Sequential([Input((1,), dtype="int64"), layer])
    assert model.predict(np.array([[2], [0]]), verbose=0).tolist() == [["b"], ["[UNK]"]]


def test_unknown_integers_stop_a_compiled_call():
    layer = layers.IntegerLookup(vocabulary=[5, 6], num_oov_indices=0)
    compiled = torch.compile(lambda x: layer(x), fullgraph=True, backend="eager")
    assert compiled(torch.tensor([6, 5])).tolist() == [1, 0]
    with pytest.raises(RuntimeError, match="isn't in the vocabulary"):
        compiled(torch.tensor([6, 7]))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="vocabulary_dtype"):
        layers.IntegerLookup(vocabulary_dtype="float32")
    with pytest.raises(ValueError, match="None unless oov_method is 'farmhash'"):
        layers.IntegerLookup(salt=3)
    with pytest.raises(ValueError, match="expected 'floormod' or 'farmhash'"):
        layers.IntegerLookup(oov_method="sha")
    with pytest.raises(TypeError, match="expected integers"):
        layers.IntegerLookup(vocabulary=["a"])
    with pytest.raises(TypeError, match="expected integers"):
        layers.IntegerLookup().adapt(np.array(["a"]))
    with pytest.raises(TypeError, match="expected strings"):
        layers.StringLookup(vocabulary=[1])
    with pytest.raises(TypeError, match="IntegerLookup takes integers"):
        layers.StringLookup(vocabulary=["a"])(torch.tensor([1]))


@pytest.mark.parametrize("cls", [layers.StringLookup, layers.IntegerLookup])
def test_many_indices_for_unknown_tokens_need_no_memory(cls):
    token, unknown = ("a", "b") if cls is layers.StringLookup else (5, 6)
    layer = cls(vocabulary=[token], num_oov_indices=2**40)
    known, other = layer([[token, unknown]])[0].tolist()
    assert known == layer.vocabulary_size() - 1 == 2**40
    assert 0 <= other < 2**40
