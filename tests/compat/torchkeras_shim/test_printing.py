import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn

M = torch.ones(2, 2)
LONG = torch.arange(2000, dtype=torch.int32)


def in_script(code, **names):
    """``code`` as a script has it, which doesn't import torch."""
    return eval(code, {"__name__": "__main__", **names})


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (torch.tensor(1.5), "<tf.Tensor: shape=(), dtype=float32, numpy=1.5>"),
        (torch.tensor(True), "<tf.Tensor: shape=(), dtype=bool, numpy=True>"),
        (
            torch.tensor([1.0, 2.0]),
            "<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>",
        ),
        (
            M.double(),
            "<tf.Tensor: shape=(2, 2), dtype=float64, numpy=\narray([[1., 1.],\n       [1., 1.]])>",
        ),
        (
            torch.ones(1, dtype=torch.bfloat16),
            "<tf.Tensor: shape=(1,), dtype=bfloat16, numpy=array([1.], dtype=bfloat16)>",
        ),
    ],
)
def test_a_tensor_reads_as_in_tensorflow(tensor, text):
    assert in_script("repr(x)", x=tensor) == text
    assert in_script("str([x])", x=tensor) == f"[{text}]"


def test_a_printed_tensor_reads_as_in_tensorflow():
    assert in_script("str(x)", x=torch.tensor(1.5)) == "tf.Tensor(1.5, shape=(), dtype=float32)"
    assert in_script("'%s' % x", x=M) == (
        "tf.Tensor(\n[[1. 1.]\n [1. 1.]], shape=(2, 2), dtype=float32)"
    )
    assert in_script("str(x)", x=LONG) == (
        "tf.Tensor([   0    1    2 ... 1997 1998 1999], shape=(2000,), dtype=int32)"
    )


def test_a_formatted_tensor_reads_as_its_values():
    x = torch.tensor(0.1)
    assert in_script("f'{x} {x:.3f}'", x=x) == "0.10000000149011612 0.100"
    assert in_script("'{}'.format(x)", x=M) == "[[1. 1.]\n [1. 1.]]"


def test_sizes_read_as_a_tensor():
    assert str(tf.shape(M)) == "tf.Tensor([2 2], shape=(2,), dtype=int32)"
    assert repr(tf.shape(M)[:1]) == (
        "<tf.Tensor: shape=(1,), dtype=int32, numpy=array([2], dtype=int32)>"
    )


def test_tensors_that_carry_gradients_print():
    with torch.enable_grad():
        x = torch.ones((), requires_grad=True) * 2
    assert in_script("str(x)", x=x) == "tf.Tensor(2.0, shape=(), dtype=float32)"


def test_torchs_text_stays_where_torch_is_imported_and_for_what_has_no_values():
    assert (
        repr(M) == in_script("repr(x)", x=M, torch=torch) == "tensor([[1., 1.],\n        [1., 1.]])"
    )
    assert "device='meta'" in in_script("repr(x)", x=torch.ones(1, device="meta"))
    assert in_script("repr(x)", x=nn.Parameter(torch.ones(1))).startswith("Parameter containing")
    shown = []
    torch.vmap(lambda x: shown.append(in_script("repr(x)", x=x)) or x)(M)
    assert "BatchedTensor" in shown[0]


def test_variables_read_as_in_tensorflow():
    assert in_script("str(x)", x=tf.Variable(2.5)) == (
        "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=2.5>"
    )
    with tf.name_scope("outer"):
        variable = tf.Variable(np.ones(1, "int32"), name="weight")
    assert repr(variable) == (
        "<tf.Variable 'outer/weight:0' shape=(1,) dtype=int32, numpy=array([1], dtype=int32)>"
    )
