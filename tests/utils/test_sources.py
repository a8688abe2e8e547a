import keras as real
import numpy as np

import torchkeras as ours


def names(keras):
    a, b, c = (keras.Input((3,), name=name) for name in "abc")
    both = keras.layers.Concatenate()([keras.layers.Dense(2)(a), b])
    shared = keras.layers.Dense(3)
    several = keras.layers.Add()([shared(a), shared(c), a])
    find = keras.utils.get_source_inputs
    return [sorted(one.name for one in find(tensor)) for tensor in (both, several, a)]


def test_each_input_is_found_once_as_in_keras():
    assert names(ours) == names(real) == [["a", "b"], ["a", "c"], ["a"]]


def test_what_is_not_symbolic_is_given_back():
    array = np.ones(2)
    assert ours.utils.get_source_inputs(array) is array
