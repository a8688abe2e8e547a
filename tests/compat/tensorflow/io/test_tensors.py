import numpy as np
import pytest
import tensorflow as tf
import torch
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.io.tensors import tensor_of_bytes

KINDS = ["float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
         "uint16", "bool", "complex64"]  # fmt: skip


@given(st.sampled_from(KINDS), st.lists(st.integers(0, 3), max_size=3))
def test_tensors_come_back(kind, shape):
    tensor = (torch.arange(int(np.prod(shape))) % 5).reshape(shape).to(getattr(torch, kind))
    found = tf.io.parse_tensor(tf.io.serialize_tensor(tensor), getattr(tf, kind))
    assert found.dtype == tensor.dtype
    assert torch.equal(found, tensor)


def test_texts_and_sparse_tensors_come_back():
    texts = tf.constant([["a", "ü"], [b"\xff", ""]])
    found = tf.io.parse_tensor(tf.io.serialize_tensor(texts), tf.string)
    assert found.numpy().tolist() == texts.numpy().tolist()
    sparse = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 2])
    rows = tf.io.deserialize_many_sparse(tf.io.serialize_many_sparse(sparse), tf.float32)
    assert tf.sparse.to_dense(rows).tolist() == [[0, 1], [0, 0], [2, 0]]


def test_values_may_be_listed_one_by_one():
    # dtype float32, shape (2, 2), float_val [1, 2]: the last value stands for the rest.
    data = (
        b"\x08\x01\x12\x08\x12\x02\x08\x02\x12\x02\x08\x02\x2a\x08\x00\x00\x80\x3f\x00\x00\x00\x40"
    )
    assert tensor_of_bytes(data).tolist() == [[1, 2], [2, 2]]
    # dtype int64, shape (2,), int64_val -1.
    data = b"\x08\x09\x12\x04\x12\x02\x08\x02\x50" + b"\xff" * 9 + b"\x01"
    assert tensor_of_bytes(data).tolist() == [-1, -1]
    # dtype bfloat16, no axes, half_val 16256.
    assert tensor_of_bytes(b"\x08\x0e\x12\x00\x6a\x02\x80\x7f").tolist() == 1.0


def test_other_types_and_other_bytes_are_errors():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Type mismatch"):
        tf.io.parse_tensor(tf.io.serialize_tensor([1]), tf.float32)
    with pytest.raises(ValueError, match="a serialized tensor"):
        tf.io.parse_tensor(b"", tf.float32)


def test_raw_bytes_must_come_out_even():
    assert tf.io.decode_raw(["ab", "cd"], tf.uint8).tolist() == [[97, 98], [99, 100]]
    assert tf.io.decode_raw([b"\x00\x00\x80?"], tf.float32).tolist() == [[1.0]]
    with pytest.raises(ValueError, match="one length"):
        tf.io.decode_raw(["a", "bc"], tf.uint8)
    with pytest.raises(ValueError, match="multiple of 4"):
        tf.io.decode_raw("abc", tf.int32)


def test_compressed_texts():
    import gzip

    packed = gzip.compress(b"abc")
    assert tf.io.decode_compressed([packed], "GZIP").numpy().tolist() == [b"abc"]
    assert tf.io.decode_compressed("abc").numpy() == b"abc"
    assert tf.io.encode_base64("abc", pad=True).numpy() == b"YWJj"
    assert tf.io.encode_base64("a", pad=True).numpy() == b"YQ=="
    with pytest.raises(ValueError, match="compression_type"):
        tf.io.decode_compressed("abc", "LZ4")


def test_sparse_tensors_are_written_and_read_as_they_are_said_to_be():
    sparse = tf.SparseTensor([[0, 1]], [2.0], [1, 3])
    for write in (tf.io.serialize_sparse, tf.io.serialize_many_sparse):
        with pytest.raises(ValueError, match="out_type"):
            write(sparse, out_type=tf.int32)
    rows = tf.io.serialize_many_sparse(sparse)
    with pytest.raises(ValueError, match="dtype is torch.int32"):
        tf.io.deserialize_many_sparse(rows, tf.int32)
    with pytest.raises(ValueError, match="rank is 3"):
        tf.io.deserialize_many_sparse(rows, tf.float32, rank=3)
