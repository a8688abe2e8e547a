import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import fft

from torchkeras.saving.tensorflow_special import FUNCTIONS


@given(
    number=st.integers(1, 9), norm=st.sampled_from([None, "ortho"]), kind=st.sampled_from([2, 3])
)
def test_cosine_transforms_are_those_of_scipy(number, norm, kind):
    x = np.random.default_rng(number).normal(size=(2, number)).astype("float32")
    found = FUNCTIONS["signal.dct"](torch.tensor(x), type=kind, norm=norm)
    np.testing.assert_allclose(found, fft.dct(x, kind, norm=norm or "backward"), atol=1e-4)


def test_a_cosine_transform_is_undone():
    x = torch.randn(2, 5, generator=torch.Generator().manual_seed(0))
    found = FUNCTIONS["signal.idct"](FUNCTIONS["signal.dct"](x, norm="ortho"), norm="ortho")
    np.testing.assert_allclose(found, x, atol=1e-5)


def test_the_last_frame_may_be_filled_up():
    found = FUNCTIONS["signal.frame"](torch.arange(1.0, 6.0), 3, 2, pad_end=True)
    assert found.tolist() == [[1, 2, 3], [3, 4, 5], [5, 0, 0]]


def test_a_constant_takes_the_type_of_the_other_argument():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert FUNCTIONS["math.igamma"](2.0, x).dtype == torch.float64


@pytest.mark.parametrize(
    ("function", "args", "options", "told"),
    [
        ("math.polygamma", [0.5, torch.ones(1)], {}, "order of tf.math.polygamma is 0.5"),
        ("signal.dct", [torch.ones(2)], {"type": 1}, "type of tf.signal.dct is 1"),
        ("signal.idct", [torch.ones(2)], {"n": 3}, "options of tf.signal.idct is {'n': 3}"),
        ("signal.stft", [torch.ones(4), 2, 1], {"window_fn": {}, "fft_length": 2}, None),
    ],
)
def test_what_cannot_be_said_is_refused(function, args, options, told):
    if told is None:
        assert FUNCTIONS[function](*args, **options | {"window_fn": None}).shape == (3, 2)
        return
    with pytest.raises(ValueError, match=told.replace("{", r"\{")):
        FUNCTIONS[function](*args, **options)
