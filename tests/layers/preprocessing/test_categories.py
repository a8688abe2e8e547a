"""Bins and codes of categories."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import layers


@given(
    st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=60),
    st.integers(2, 9),
    st.sampled_from([0.01, 0.1, 0.5]),
)
def test_adapted_boundaries_are_keras_ones(values, bins, epsilon):
    data = np.array(values, dtype="float32")
    ours = layers.Discretization(num_bins=bins, epsilon=epsilon)
    ours.adapt(data)
    theirs = keras.layers.Discretization(num_bins=bins, epsilon=epsilon)
    theirs.update_state(data)  # its adapt needs TensorFlow
    theirs.finalize_state()
    np.testing.assert_allclose(ours.bin_boundaries, theirs.bin_boundaries, rtol=1e-6)


def test_batches_are_summed_up_as_in_keras():
    batches = np.array_split(np.sin(np.arange(999.0)).astype("float32"), 7)
    ours, theirs = layers.Discretization(num_bins=6), keras.layers.Discretization(num_bins=6)
    ours.adapt(batches)
    for batch in batches:
        theirs.update_state(batch)
    theirs.finalize_state()
    np.testing.assert_allclose(ours.bin_boundaries, theirs.bin_boundaries, rtol=1e-6)
    first = ours.bin_boundaries
    ours.adapt(iter(batches), steps=1)
    assert ours.bin_boundaries != first
    ours.adapt(torch.utils.data.DataLoader(batches, batch_size=None))
    assert ours.bin_boundaries == first


@given(
    st.sampled_from(["one_hot", "multi_hot", "count"]),
    st.sampled_from([(3,), (3, 1), (2, 4), (2, 3, 2)]),
)
def test_codes_are_keras_ones(mode, shape):
    codes = np.random.default_rng(0).integers(0, 5, shape)
    ours = layers.CategoryEncoding(5, mode)
    y = keras.layers.CategoryEncoding(5, mode)(torch.tensor(codes))
    torch.testing.assert_close(ours(codes), y)
    assert ours.compute_output_shape(shape) == tuple(y.shape)


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("shape", [(3,), (3, 1), (2, 4), (2, 3, 2)])
def test_sparse_outputs_hold_the_dense_ones(mode, shape):
    codes = torch.randint(-1, 6, shape)
    dense = layers.CategoryEncoding(5, mode)(codes)
    sparse = layers.CategoryEncoding(5, mode, sparse=True)(codes)
    assert sparse.is_sparse
    assert torch.equal(sparse.to_dense(), dense)


def test_numbers_out_of_range_count_nowhere():
    y = layers.CategoryEncoding(3, "count")(torch.tensor([[0, 3, -1, 2]]))
    assert y.tolist() == [[1, 0, 1]]


def test_values_keep_their_type_under_a_mixed_policy():
    layer = layers.Discretization([0.1], dtype="mixed_float16", output_mode="one_hot")
    y = layer(torch.tensor([0.09999, 0.10001]))
    assert y.dtype == torch.float16
    assert y.tolist() == [[1, 0], [0, 1]]


def test_an_adapted_layer_has_its_boundaries_in_its_configuration():
    layer = layers.Discretization(num_bins=3)
    layer.adapt(np.arange(9.0))
    twin = layers.Discretization.from_config(layer.get_config())
    assert twin.bin_boundaries == layer.bin_boundaries
    assert twin.num_bins == 3
    assert "trainable" not in layer.get_config()  # which Keras doesn't take


def test_boundaries_follow_the_attribute():
    layer = layers.Discretization([0.0])
    layer.bin_boundaries = [0.0, 1.0]
    assert layer(torch.tensor([2.0])).tolist() == [2]
    layer.load_own_variables({})
    assert layer.input_dtype == "float32"
    assert layer.output_dtype == "int32"


def test_signatures_are_of_the_kind_given():
    class Spec:
        def __init__(self, shape, dtype):
            self.shape, self.dtype = shape, dtype

    spec = layers.CategoryEncoding(4, "one_hot").compute_output_signature(Spec((None, 1), "int64"))
    assert isinstance(spec, Spec)
    assert (spec.shape, spec.dtype) == ((None, 4), "float32")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="either `num_bins` or `bin_boundaries`"):
        layers.Discretization()
    with pytest.raises(ValueError, match="either `num_bins` or `bin_boundaries`"):
        layers.Discretization([0.0], num_bins=2)
    with pytest.raises(ValueError, match="num_bins is -1; expected an integer, 0 or more"):
        layers.Discretization(num_bins=-1)
    with pytest.raises(ValueError, match="epsilon is 0; expected a number above 0"):
        layers.Discretization(num_bins=2, epsilon=0)
    with pytest.raises(ValueError, match="ascending numbers"):
        layers.Discretization([1.0, 0.0])
    with pytest.raises(ValueError, match='Did you mean "count"'):
        layers.Discretization([1.0], output_mode="counts")
    with pytest.raises(ValueError, match="sparse is True; expected False"):
        layers.Discretization([1.0], sparse=True)
    with pytest.raises(RuntimeError, match="Pass `bin_boundaries`, or call `adapt` first"):
        layers.Discretization(num_bins=2)(torch.zeros(2))
    with pytest.raises(RuntimeError, match="Give `num_bins` instead"):
        layers.Discretization([0.0]).adapt(np.zeros(3))
    with pytest.raises(ValueError, match="at least one value"):
        layers.Discretization(num_bins=2).adapt(iter(()))
    with pytest.raises(TypeError, match="expected numbers"):
        layers.Discretization([0.0])(np.array(["a"]))
    with pytest.raises(ValueError, match="`num_tokens` must be set"):
        layers.CategoryEncoding()
    with pytest.raises(ValueError, match="num_tokens is 0"):
        layers.CategoryEncoding(0)
    with pytest.raises(ValueError, match="output_mode is 'int'; expected one of"):
        layers.CategoryEncoding(3, "int")
    with pytest.raises(ValueError, match="`count_weights` is not used"):
        layers.CategoryEncoding(3)(torch.tensor([1]), count_weights=torch.tensor([1.0]))
