import numpy as np
import pytest
import torch

from torchkeras.saving.tensorflow_operations import FUNCTIONS
from torchkeras.saving.tensorflow_windows import grown_by, largest_with_places, overlapped

# What TensorFlow gives for functions of these names is tested in test_saved_model.py.


def image(*shape):
    return torch.tensor(np.random.default_rng(0).normal(size=shape), dtype=torch.float32)


def test_places_of_the_largest_point_at_them_in_each_sample():
    x = image(2, 5, 7, 3)
    for is_same in (False, True):
        found, places = largest_with_places(x, (3, 2), (2, 2), is_same)
        assert torch.equal(x.flatten(1).gather(1, places.flatten(1)), found.flatten(1))


def test_what_grew_by_nothing_is_the_largest_of_each_window():
    x = image(2, 6, 6, 2)
    grown = grown_by(x, torch.zeros(2, 2, 2), (2, 2), (1, 1), False, False)
    found, _ = largest_with_places(x, (2, 2), (2, 2), False)
    assert torch.equal(grown, found)


def test_gradients_of_windows_go_to_their_largest():
    x = image(1, 4, 4, 1).requires_grad_()
    grown_by(x, torch.zeros(2, 2, 1), (2, 2), (1, 1), False, False).sum().backward()
    assert x.grad.sum() == 4
    assert set(x.grad.unique().tolist()) == {0.0, 1.0}


def test_frames_of_a_signal_add_up_to_it_again():
    signal = image(2, 12)
    assert torch.allclose(overlapped(signal.unfold(-1, 4, 4), 4), signal)
    halves = signal.unfold(-1, 4, 2) * 0.5
    assert torch.allclose(overlapped(halves, 2)[:, 2:-2], signal[:, 2:-2])


def test_other_layouts_are_refused():
    with pytest.raises(ValueError, match="options of tf.nn.max_pool_with_argmax"):
        FUNCTIONS["nn.max_pool_with_argmax"](image(1, 4, 4, 1), 2, 2, "VALID", data_format="NCHW")
    kernel = torch.zeros(2, 2, 1)
    with pytest.raises(ValueError, match="options of tf.nn.dilation2d"):
        FUNCTIONS["nn.dilation2d"](image(1, 4, 4, 1), kernel, data_format="NCHW")
