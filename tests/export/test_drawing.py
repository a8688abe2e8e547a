"""Inputs drawn at random."""

import numpy as np
import pytest

from torchkeras import Input, Model, Sequential, layers, ops
from torchkeras.export.drawing import draw_inputs


def test_numbers_have_the_shapes_and_types_of_the_inputs():
    a, b = Input((3,), name="a"), Input((2, 4), dtype="int32", name="b")
    model = Model({"a": a, "b": b}, [layers.Dense(1)(a), layers.Embedding(5, 2)(b)])
    drawn = draw_inputs(model, batch=4)
    assert drawn["a"].shape == (4, 3)
    assert drawn["a"].dtype == "float32"
    assert drawn["b"].shape == (4, 2, 4)
    assert 0 <= drawn["b"].min() <= drawn["b"].max() < 5


def test_floats_that_are_indices_are_rows_of_an_embedding():
    """As scripts of tf.keras have them: inputs are floats unless they say something else."""
    words, numbers = Input((4,)), Input((4,))
    embedding = layers.Embedding(5, 2)
    inner = Sequential([Input((4,)), layers.Embedding(7, 2)])
    for called in (embedding, inner, layers.CategoryEncoding(5)):
        model = Model([words, numbers], [called(words), layers.Dense(1)(numbers)])
        drawn = draw_inputs(model, batch=9)
        assert drawn[0].dtype == "float32"
        assert set(np.unique(drawn[0])) <= set(range(7))
        assert drawn[1].min() < 0


def test_floats_of_a_subclass_are_indices_if_it_takes_no_others():
    class Words(Model):
        def __init__(self):
            super().__init__()
            self.embedding, self.dense = layers.Embedding(5, 2), layers.Dense(1)

        def call(self, inputs):
            return self.dense(self.embedding(inputs))

    model = Words()
    model.build((None, 4))
    assert set(np.unique(draw_inputs(model))) <= set(range(5))


def test_the_same_seed_draws_the_same():
    model = Sequential([Input((3,)), layers.Dense(2)])
    np.testing.assert_array_equal(draw_inputs(model, seed=1), draw_inputs(model, seed=1))


def test_open_lengths_are_tried_until_one_fits():
    inputs = Input((None, 3))
    model = Model(inputs, ops.reshape(layers.Conv1D(2, 17)(inputs), (-1, 4)))
    assert draw_inputs(model).shape[1] > 17


def test_texts_are_words():
    model = Sequential([Input((1,), dtype="string"), layers.StringLookup(vocabulary=["a"])])
    assert draw_inputs(model).dtype == object


def test_a_subclass_draws_what_it_was_built_for():
    layer = layers.Dense(2)
    layer.build((None, 4))
    assert draw_inputs(layer).shape == (3, 4)


def test_a_layer_without_memory_asks_for_inputs():
    layer = layers.Identity()
    layer.built = True
    with pytest.raises(RuntimeError, match="Give inputs of your own"):
        draw_inputs(layer)
