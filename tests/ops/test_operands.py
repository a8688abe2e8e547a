"""What ops make of their arguments."""

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import ops
from torchkeras.ops import operands


@pytest.mark.parametrize(
    "value, dtype",
    [
        (1, torch.int32),
        (2**40, torch.int64),
        (1.5, torch.float32),
        (True, torch.bool),
        (1 + 2j, torch.complex64),
        ([1, 2.0], torch.float32),
        ([1, 2], torch.int32),
        ([[True, False]], torch.bool),
        ([], torch.float32),
        (np.zeros(2), torch.float64),
        (np.zeros(2, "uint16"), torch.int32),
        (np.float32(1.0), torch.float32),
        (range(3), torch.int32),
        ([torch.zeros(2), torch.ones(2)], torch.float32),
    ],
)
def test_values_become_tensors_of_the_type_keras_gives_them(value, dtype):
    assert operands.tensor(value).dtype == dtype


def test_tensors_and_variables_are_not_copied():
    x = torch.zeros(2)
    assert operands.tensor(x) is x
    variable = torchkeras.Variable([1.0, 2.0])
    assert operands.tensor(variable).data_ptr() == variable.value.data_ptr()


def test_arrays_that_torch_cannot_share_are_copied():
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    assert operands.tensor(frozen).shape == (3,)
    assert operands.tensor(np.arange(3)[::-1]).tolist() == [2, 1, 0]


def test_strings_are_refused():
    with pytest.raises(TypeError, match="Strings stay in NumPy"):
        ops.convert_to_tensor(np.array(["a"]))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int8", "uint8", "int64", "float64"])
def test_numbers_give_way_to_a_tensors_type(dtype):
    x = torch.ones(2, dtype=getattr(torch, dtype))
    assert ops.add(x, 1).dtype == x.dtype
    assert ops.multiply(2, x).dtype == x.dtype
    assert ops.maximum(x, 1).dtype == x.dtype
    if x.is_floating_point():
        assert ops.add(x, np.float64(1.5)).dtype == x.dtype


def test_truth_values_and_numbers_join_to_numbers():
    x = torch.tensor([True, False])
    assert ops.add(x, 1).dtype == torch.int32
    assert ops.add(x, 1.5).dtype == torch.float32


def test_arrays_join_a_tensor():
    assert ops.add(torch.ones(2), np.ones(2, "float32")).tolist() == [2.0, 2.0]
    assert ops.add([1, 2], [3, 4]).tolist() == [4, 6]


def test_integers_become_floatx_where_floats_are_needed():
    torchkeras.config.set_floatx("float64")
    try:
        assert ops.exp(torch.ones(2, dtype=torch.int32)).dtype == torch.float64
    finally:
        torchkeras.config.set_floatx("float32")


def test_variables_are_operands():
    variable = torchkeras.Variable([1.0, 2.0])
    assert ops.add(variable, 1).tolist() == [2.0, 3.0]
    assert ops.sum(variable).item() == 3.0
    ops.sum(ops.square(variable)).backward()
    assert variable.parameter.grad.tolist() == [2.0, 4.0]


def test_an_axis_out_of_range_is_named():
    with pytest.raises(ValueError, match=r"axis is 3; expected one in \[-2, 2\)"):
        operands.canonical_axis(3, 2)


def test_lengths_that_are_put_together_in_a_tensor_stay_open():
    class Causal(torchkeras.layers.Layer):
        def call(self, x):
            batch, steps = ops.shape(x)
            number = ops.arange(steps)
            mask = ops.reshape(ops.cast(number[:, None] >= number, "int32"), (1, steps, steps))
            times = [ops.expand_dims(batch, -1), ops.convert_to_tensor([1, 1])]
            pair = ops.convert_to_tensor([batch, steps])
            return ops.tile(mask, ops.concatenate(times, axis=0)) + ops.sum(ops.ones(pair))

    sequence = torchkeras.Input((None,))
    module = torchkeras.Model(sequence, Causal()(sequence)).to_torch()
    for shape in ((3, 2), (2, 4)):
        wanted = torch.ones(shape[1], shape[1]).tril() + shape[0] * shape[1]
        assert torch.equal(module(torch.zeros(shape)), wanted.expand(shape[0], -1, -1))
