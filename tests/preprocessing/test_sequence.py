import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.src.legacy.preprocessing import sequence as keras_sequence

from torchkeras.preprocessing import sequence
from torchkeras.preprocessing.sequence import TimeseriesGenerator


@given(
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from([None, 15]),
    st.booleans(),
    st.integers(1, 5),
)
def test_windows_equal_those_of_keras(length, rate, stride, start, end, reverse, batch_size):
    data = np.arange(40).reshape(20, 2)
    arguments = {
        "length": length,
        "sampling_rate": rate,
        "stride": stride,
        "start_index": start,
        "end_index": end,
        "reverse": reverse,
        "batch_size": batch_size,
    }
    ours = TimeseriesGenerator(data, data[:, 0], **arguments)
    theirs = keras_sequence.TimeseriesGenerator(data, data[:, 0], **arguments)
    assert len(ours) == len(theirs)
    for index in range(len(ours)):
        for mine, real in zip(ours[index], theirs[index], strict=True):
            assert np.array_equal(mine, real)


def test_windows_can_be_drawn_at_random():
    drawn = []
    for kind in (TimeseriesGenerator, keras_sequence.TimeseriesGenerator):
        np.random.seed(3)
        drawn.append(kind(np.arange(30), np.arange(30), 2, shuffle=True, batch_size=5)[0][1])
    assert np.array_equal(*drawn)


def test_configuration_is_json():
    generator = TimeseriesGenerator([1, 2, 3], np.arange(3), 1)
    config = json.loads(generator.to_json())["config"]
    assert json.loads(config["data"]) == [1, 2, 3]
    assert config["batch_size"] == 128
    with pytest.raises(TypeError, match="Data not JSON Serializable"):
        TimeseriesGenerator([{1}, {2}, {3}], [1, 2, 3], 1).get_config()


def test_bad_lengths_are_explained():
    with pytest.raises(ValueError, match="Data and targets have to be of same length"):
        TimeseriesGenerator([1, 2], [1], 1)
    with pytest.raises(ValueError, match="no part of the sequence would be left"):
        TimeseriesGenerator([1, 2], [1, 2], 5)


def test_chances_equal_those_of_keras():
    expected = keras_sequence.make_sampling_table(50, 1e-3)
    assert np.allclose(sequence.make_sampling_table(50, 1e-3), expected)


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=8).filter(lambda s: sum(map(bool, s)) > 1),
    st.integers(1, 3),
    st.sampled_from([0, 1.0, 0.5]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, [0.5] * 7]),
    st.integers(0, 9),
)
def test_pairs_equal_those_of_keras(
    words, window_size, negative_samples, shuffle, categorical, table, seed
):
    drawn = []
    for skipgrams in (sequence.skipgrams, keras_sequence.skipgrams):
        random.seed(1)
        drawn.append(
            skipgrams(words, 7, window_size, negative_samples, shuffle, categorical, table, seed)
        )
    assert drawn[0] == drawn[1]


def test_pairs_are_shuffled_without_a_seed_too():
    couples, labels = sequence.skipgrams([1, 2, 3], 4, negative_samples=0)
    assert len(couples) == len(labels) == 6
