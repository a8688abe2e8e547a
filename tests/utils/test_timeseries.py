import numpy as np
import pytest
import torch

from torchkeras.utils import timeseries_dataset_from_array


def test_windows_and_targets_match():
    data = np.arange(20)
    loader = timeseries_dataset_from_array(
        data, data * 10, 3, sequence_stride=2, sampling_rate=2, batch_size=4
    )
    x, y = next(iter(loader))
    assert x.tolist() == [[0, 2, 4], [2, 4, 6], [4, 6, 8], [6, 8, 10]]
    assert y.tolist() == [0, 20, 40, 60]
    assert sum(len(y) for _, y in loader) == len(loader.dataset) == 8


def test_a_part_of_the_series_can_be_taken():
    data = np.arange(20)
    loader = timeseries_dataset_from_array(data, data, 2, start_index=5, end_index=9)
    x, y = next(iter(loader))
    assert x.tolist() == [[5, 6], [6, 7], [7, 8]]
    assert y.tolist() == [5, 6, 7]


def test_targets_end_the_windows():
    data = np.arange(10)
    assert len(timeseries_dataset_from_array(data[:-3], data[3:], 3).dataset) == 5


def test_single_windows_and_several_features():
    loader = timeseries_dataset_from_array(np.zeros((10, 2)), None, 3, batch_size=None)
    assert next(iter(loader)).shape == (3, 2)


def test_shuffling_is_by_seed_and_new_in_each_epoch():
    def epochs(seed):
        loader = timeseries_dataset_from_array(np.arange(50), None, 1, shuffle=True, seed=seed)
        return [torch.cat([batch[:, 0] for batch in loader]).tolist() for _ in range(2)]

    first, second = epochs(1)
    assert first != second
    assert sorted(first) == list(range(50))
    assert epochs(1) == [first, second]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start_index": -1}, "start_index is -1; expected 0 or greater"),
        ({"start_index": 10}, "lower than the length of the data"),
        ({"start_index": 4, "end_index": 4}, "higher than `start_index`"),
        ({"sampling_rate": 0}, "sampling_rate is 0; expected above 0"),
        ({"sequence_stride": 10}, "lower than the length 10"),
        ({"format": "csv"}, "format is 'csv'"),
    ],
)
def test_bad_arguments_are_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        timeseries_dataset_from_array(np.arange(10), None, 2, **arguments)
