"""K.* on tensors, against NumPy and what tf.keras 2 documents."""

import numpy as np
import pytest
import torch

from torchkeras import backend as K


def test_truth_values_have_a_mean():
    assert K.mean(K.equal(torch.tensor([1, 2]), torch.tensor([1, 3]))).item() == 0.5
    assert K.std(torch.tensor([True, False])).item() == 0.5


@pytest.mark.parametrize(
    "shapes, axes, expected",
    [
        (((2, 3), (2, 3)), 1, (2, 1)),
        (((2, 3, 4), (2, 4, 5)), None, (2, 3, 5)),
        (((2, 3, 4), (2, 5, 4)), (2, 2), (2, 3, 5)),
        (((2, 3, 4), (2, 4)), (2, 1), (2, 3)),
    ],
)
def test_rows_of_a_batch_are_multiplied(shapes, axes, expected):
    x, y = [torch.randn(shape) for shape in shapes]
    assert K.batch_dot(x, y, axes).shape == expected


def test_a_batch_product_sums_over_its_axes():
    x, y = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    torch.testing.assert_close(K.batch_dot(x, y, (2, 2)), x @ y.mT)


def test_vectors_are_scaled_to_length_one():
    unit = K.l2_normalize(torch.tensor([[3.0, 4.0]]), axis=1)
    torch.testing.assert_close(unit, torch.tensor([[0.6, 0.8]]))


def test_the_older_hard_sigmoid_is_kept():
    assert K.hard_sigmoid(torch.tensor([1.0, 9.0])).tolist() == pytest.approx([0.7, 1.0])


def test_bounds_may_be_missing():
    assert K.clip(torch.tensor([1.0, 5.0]), None, 2.0).tolist() == [1.0, 2.0]


def test_variables_are_made_read_and_set():
    v = K.variable([1.0, 2.0], name="v")
    K.set_value(v, [3.0, 4.0])
    K.update_add(v, [1.0, 1.0])
    assert K.get_value(v).tolist() == [4.0, 5.0]
    K.moving_average_update(v, torch.zeros(2), 0.5)
    assert K.batch_get_value([v])[0].tolist() == [2.0, 2.5]
    assert K.zeros((2,)).shape == (2,)
    K.batch_set_value([(v, [0.0, 0.0])])
    K.update_sub(v, [1.0, 1.0])
    K.update(v, v)
    assert K.eval(v).tolist() == [-1.0, -1.0]


def test_axes_are_flattened_repeated_and_exchanged():
    x = torch.arange(12).reshape(2, 3, 2)
    assert K.batch_flatten(x).shape == (2, 6)
    assert K.flatten(x).shape == (12,)
    assert K.repeat(torch.ones(2, 3), 4).shape == (2, 4, 3)
    assert K.repeat_elements(x, 2, 1).shape == (2, 6, 2)
    assert K.permute_dimensions(x, (1, 0, 2)).shape == (3, 2, 2)
    assert K.reverse(x, 0)[0, 0].tolist() == [6, 7]
    assert K.gather(x, [1]).shape == (1, 3, 2)
    assert K.concatenate([x, x]).shape == (2, 3, 4)
    assert K.expand_dims(x).shape == (2, 3, 2, 1)


def test_symbols_keep_unknown_sizes():
    x = K.placeholder((None, 3, 4))
    assert K.int_shape(x) == (None, 3, 4)
    assert K.batch_flatten(x).shape == (None, 12)
    assert K.is_keras_tensor(x)
    assert K.placeholder(ndim=2).shape == (None, None)


def test_a_switch_chooses_values_or_functions():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert K.switch(torch.tensor([True, False]), x, -x).tolist() == [[1.0, 2.0], [-3.0, -4.0]]
    assert K.switch(torch.tensor(True), lambda: 1, lambda: 2) == 1


def test_the_learning_phase_is_handed_down():
    with K.learning_phase_scope(1):
        assert K.learning_phase() == 1
        assert K.in_train_phase(1, 2) == 1
    assert K.in_test_phase(lambda: 1, 2) == 1
    assert K.in_train_phase(1, 2, training=False) == 2


def test_folds_run_from_either_end():
    x = torch.tensor([1.0, 2.0, 3.0])
    assert K.foldl(lambda a, b: a * 10 + b, x).item() == 123
    assert K.foldr(lambda a, b: a * 10 + b, x).item() == 321
    assert K.map_fn(lambda n: n * 2, x).tolist() == [2.0, 4.0, 6.0]


def test_constants_fill_shapes():
    assert K.constant(2, shape=(2, 2)).tolist() == [[2.0, 2.0]] * 2
    assert K.constant([1, 2]).dtype == torch.float32
    assert K.eye((2, 3)).shape == (2, 3)
    assert K.arange(3).dtype == torch.int32


def test_random_numbers_come_as_tensors_and_variables():
    assert K.random_normal((2, 3), seed=1).shape == (2, 3)
    assert set(np.unique(K.random_bernoulli((50,), 0.5, seed=1))) == {0.0, 1.0}
    assert K.random_uniform_variable((2,), 0.0, 1.0).shape == (2,)
    assert K.dropout(torch.ones(4), 0.0).tolist() == [1.0] * 4


def test_types_are_told_apart():
    assert K.is_float_dtype("bfloat16")
    assert K.is_int_dtype("uint8")
    assert not K.is_int_dtype("float32")


def test_a_printed_tensor_is_handed_on(capsys):
    x = torch.ones(1)
    assert K.print_tensor(x, "x is") is x
    assert "x is" in capsys.readouterr().out


def test_gpus_are_named_as_tf_keras_names_them(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert K._get_available_gpus() == ["/device:GPU:0", "/device:GPU:1"]
