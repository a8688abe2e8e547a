"""What checkpoints walk along."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.train import objects


def test_parts_have_the_names_of_attributes_indices_and_keys():
    layer = tf.keras.layers.Dense(2)
    assert list(objects.below([layer, 3])) == ["0"]
    assert list(objects.below({"a": layer})) == ["a"]
    model = tf.keras.Sequential([layer])
    assert objects.below(model)["layers"] == [layer]
    model.helper = tf.Module()
    assert objects.below(model)["helper"] is model.helper


def test_modules_in_lists_of_a_layer_are_parts():
    layer = tf.keras.layers.Dense(2)
    layer.helpers, layer.sizes = [tf.Module()], [1, 2]
    below = objects.describe(layer).below
    assert list(below) == ["helpers"]
    assert objects.describe(below["helpers"]).below == {"0": layer.helpers[0]}


def test_only_what_has_values_is_kept():
    assert objects.is_kept(tf.Variable(1.0))
    assert not objects.is_kept("text")
    assert not objects.is_kept(dict.get)


def test_values_go_from_one_layer_to_another():
    first, second = tf.keras.layers.Dense(2), tf.keras.layers.Dense(2)
    first.build((None, 3))
    second.build((None, 3))
    objects.give_values(second, objects.values_of(first))
    assert np.array_equal(first.kernel.numpy(), second.kernel.numpy())


def test_an_action_waits_for_variables():
    layer, seen = tf.keras.layers.Dense(2), []
    objects.when_built(layer, lambda: seen.append(layer.kernel.shape))
    assert objects.is_unbuilt(layer)
    layer(np.zeros((1, 3), "float32"))
    assert seen == [(3, 2)]
    assert not objects.is_unbuilt(layer)


@pytest.mark.parametrize("state", ["text", b"\x00\xff"])
def test_states_of_ones_own_come_back_as_bytes(state):
    class Counter(tf.train.experimental.PythonState):
        def serialize(self):
            return state

        def deserialize(self, string_value):
            self.found = string_value

    counter = Counter()
    ((name, data),) = objects.state_of(counter).items()
    assert name == "py_state"  # as in TensorFlow
    objects.give_state(counter, name, data)
    assert counter.found == (state.encode() if isinstance(state, str) else state)


def test_other_states_are_kept_as_json():
    class Dice:
        def get_state(self):
            return {"throws": [1, 6]}

        def set_state(self, state):
            self.found = state

    dice = Dice()
    objects.give_state(dice, *objects.state_of(dice).popitem())
    assert dice.found == {"throws": [1, 6]}
