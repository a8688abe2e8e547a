"""Rearranging beside Keras over its arguments, and messages."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import compare, numbers

from torchkeras import Input, layers

formats = st.sampled_from(["channels_last", "channels_first"])
amounts = st.integers(0, 2)


@pytest.mark.parametrize("rank", [1, 2, 3])
@given(data=st.data())
def test_borders_change_as_in_keras(rank, data):
    pairs = tuple(data.draw(st.tuples(amounts, amounts)) for _ in range(rank))
    amount = pairs if rank > 1 else pairs[0]
    shape = (2, 5, 6, 7, 5)[: rank + 2]
    compare(
        f"ZeroPadding{rank}D",
        {"padding": amount, "data_format": data.draw(formats)},
        numbers(shape),
    )
    options = {"data_format": data.draw(formats)} if rank > 1 else {}
    compare(f"Cropping{rank}D", {"cropping": amount, **options}, numbers(shape))


@pytest.mark.parametrize("rank", [1, 2, 3])
@given(data=st.data())
def test_upsampling_repeats_as_in_keras(rank, data):
    size = data.draw(st.integers(1, 3))
    size = size if rank == 1 else data.draw(st.tuples(*[st.integers(1, 3)] * rank))
    options = {"data_format": data.draw(formats)} if rank > 1 else {}
    compare(f"UpSampling{rank}D", {"size": size, **options}, numbers((2, 3, 4, 3, 2)[: rank + 2]))


@given(
    target=st.sampled_from([(12,), (3, 4), (-1,), (2, -1), (2, 3, 2), (-1, 4, 1)]),
)
def test_reshape_and_flatten_keep_the_elements(target):
    compare("Reshape", {"target_shape": target}, numbers((2, 3, 4)))
    compare("Flatten", {}, numbers((2, *(3, 4))))


def test_integers_stay_integers():
    ids = Input((2, 3), dtype="int32")
    for layer in (layers.Flatten(), layers.Reshape((6,)), layers.Permute((2, 1))):
        assert layer(ids).dtype == "int32"
        assert layer(torch.zeros(1, 2, 3, dtype=torch.int32)).dtype is torch.int32


def test_flatten_of_a_batch_of_numbers_adds_an_axis():
    assert layers.Flatten()(torch.zeros(3)).shape == (3, 1)
    assert layers.Flatten()(Input((None, 3))).shape == (None, None)


def test_unknown_lengths_are_worked_out_if_possible():
    assert layers.Reshape((-1, 3))(Input((None, 6))).shape == (None, None, 3)
    assert layers.Reshape((-1, 3))(Input((2, 6))).shape == (None, 4, 3)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="total size of the tensor must be unchanged"):
        layers.Reshape((5,))(torch.zeros(2, 6))
    with pytest.raises(ValueError, match="at most one of them -1"):
        layers.Reshape((-1, -1))
    with pytest.raises(ValueError, match="consecutive and start from 1"):
        layers.Permute((0, 1))
    with pytest.raises(TypeError, match="n is 1.5"):
        layers.RepeatVector(1.5)
    with pytest.raises(ValueError, match="must be smaller than the input"):
        layers.Cropping2D(3)(torch.zeros(1, 4, 8, 1))
    with pytest.raises(ValueError, match="padding is"):
        layers.ZeroPadding2D((1, 2, 3))
    with pytest.raises(ValueError, match="cropping is"):
        layers.Cropping1D(-1)
    with pytest.raises(ValueError, match='Did you mean "bilinear"'):
        layers.UpSampling2D(2, interpolation="linear")


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_images_are_blended(method):
    last = layers.UpSampling2D((2, 3), interpolation=method)
    x = torch.randn(2, 4, 5, 3)
    y = last(x)
    assert y.shape == (2, 8, 15, 3)
    first = layers.UpSampling2D((2, 3), interpolation=method, data_format="channels_first")
    torch.testing.assert_close(first(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1), y)
