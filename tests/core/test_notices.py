import warnings

import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers
from torchkeras.core import notices


class Plain(keras.Layer):
    def call(self, x):
        return x * 1


class Masked(keras.Model):
    def __init__(self):
        super().__init__()
        self.embedding = layers.Embedding(4, 2, mask_zero=True)
        self.plain = Plain()

    def call(self, tokens):
        x = self.embedding(tokens)
        return self.plain(x)  # the line


def warned_lines(act):
    """Numbers of the lines of this file that warnings point at, and how many point elsewhere."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        act()
    lines = [warning.lineno for warning in caught if warning.filename == __file__]
    return lines, len(caught) - len(lines)


def line_of(function, shown="# the line"):
    source = function.__code__
    with open(source.co_filename, encoding="utf-8") as file:
        found = file.read().splitlines()
    return next(n for n in range(source.co_firstlineno, len(found) + 1) if shown in found[n - 1])


def test_a_warning_points_at_the_line_that_called():
    def act():
        notices.warn("Look here.")  # the line

    assert warned_lines(act) == ([line_of(act)], 0)


def test_a_lost_mask_is_told_at_the_call_of_the_layer_symbolic_or_not():
    symbol = layers.Embedding(4, 2, mask_zero=True)(keras.Input((3,), dtype="int32"))

    def act():
        Plain()(symbol)  # the line

    assert warned_lines(act) == ([line_of(act)], 0)
    model = Masked()
    assert warned_lines(lambda: model(torch.ones(1, 3))) == ([line_of(Masked.call)], 0)


def test_training_tells_of_a_lost_mask_once():
    model = Masked()
    model.compile("sgd", "mse")

    def act():
        model.fit(np.ones((8, 3)), np.ones((8, 3, 2)), epochs=2, batch_size=2, verbose=0)

    assert warned_lines(act) == ([line_of(Masked.call)], 0)


def test_saving_tells_of_lambdas_once(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x * 2)])
    model.add(layers.Dense(2, activation=lambda x: x + 1))

    def act():
        model.save(tmp_path / "m.keras")  # the line

    assert warned_lines(act) == ([line_of(act)], 0)


def test_a_layer_that_loses_a_mask_compiles_as_one_graph():
    model = Masked()
    with pytest.warns(UserWarning, match="does not support masking"):
        expected = model(torch.ones(1, 3))
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(torch.ones(1, 3)), expected)
