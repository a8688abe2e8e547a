"""K.* of networks: convolutions, losses, recurrent loops, functions of graphs."""

import pytest
import torch

import torchkeras
from torchkeras import backend as K


def test_a_causal_convolution_sees_nothing_after():
    x, kernel = torch.randn(1, 6, 2), torch.randn(3, 2, 4)
    y = K.conv1d(x, kernel, padding="causal")
    later = x.clone()
    later[:, 4:] += 1
    torch.testing.assert_close(K.conv1d(later, kernel, padding="causal")[:, :4], y[:, :4])


@pytest.mark.parametrize("padding, lengths", [("same", (8, 8)), ("valid", (9, 9))])
def test_a_transposed_convolution_takes_its_output_shape(padding, lengths):
    x, kernel = torch.randn(2, 4, 4, 3), torch.randn(3, 3, 5, 3)
    y = K.conv2d_transpose(x, kernel, (2, *lengths, 5), (2, 2), padding)
    assert y.shape == (2, *lengths, 5)
    torch.testing.assert_close(
        y, torchkeras.ops.conv_transpose(x, kernel, 2, padding), rtol=1e-4, atol=1e-5
    )


def test_an_output_shape_that_gives_other_lengths_is_refused():
    x, kernel = torch.randn(2, 4, 4, 3), torch.randn(3, 3, 5, 3)
    with pytest.raises(ValueError, match=r"output_shape is \(2, 6, 8, 5\)"):
        K.conv2d_transpose(x, kernel, (2, 6, 8, 5), (2, 2), "same")


def test_a_kernel_for_other_places_is_refused():
    with pytest.raises(ValueError, match=r"kernel has shape \(4, 6, 5\); expected \(5, 6, 'fi"):
        K.local_conv1d(torch.randn(2, 6, 3), torch.randn(4, 6, 5), (2,), (1,))


def test_local_convolutions_equal_shared_ones_with_equal_kernels():
    x, kernel = torch.randn(2, 6, 5, 3), torch.randn(2, 3, 3, 4)
    spread = kernel.reshape(1, -1, 4).expand(5 * 3, -1, -1)
    torch.testing.assert_close(
        K.local_conv2d(x, spread, (2, 3), (1, 1), (5, 3)), K.conv2d(x, kernel),
        rtol=1e-4, atol=1e-5,
    )  # fmt: skip
    flat, row = x[:, :, 0], torch.randn(2, 3, 4)
    torch.testing.assert_close(
        K.local_conv1d(flat, row.reshape(1, -1, 4).expand(5, -1, -1), (2,), (1,)),
        K.conv1d(flat, row), rtol=1e-4, atol=1e-5,
    )  # fmt: skip


def test_local_convolutions_take_channels_before_elements_where_these_come_first():
    x = torch.randn(2, 3, 6)
    kernel = torch.randn(5, 3 * 2, 4)  # (places, channels * size, filters)
    wanted = torch.stack(
        [x[:, :, place : place + 2].flatten(1) @ kernel[place] for place in range(5)], -1
    )
    torch.testing.assert_close(
        K.local_conv1d(x, kernel, (2,), (1,), "channels_first"), wanted, rtol=1e-4, atol=1e-5
    )


def test_pools_are_of_two_kinds():
    x = torch.arange(16.0).reshape(1, 4, 4, 1)
    assert K.pool2d(x, (2, 2), (2, 2)).flatten().tolist() == [5.0, 7.0, 13.0, 15.0]
    assert K.pool2d(x, (2, 2), (2, 2), pool_mode="avg").flatten()[0].item() == 2.5
    with pytest.raises(ValueError, match="expected 'max' or 'avg'"):
        K.pool2d(x, 2, pool_mode="sum")


def test_images_and_volumes_are_enlarged():
    x = torch.rand(1, 2, 3, 4)
    assert K.resize_images(x, 2, 3, "channels_last").shape == (1, 4, 9, 4)
    assert K.resize_images(x, 2, 2, "channels_first", "bilinear").shape == (1, 2, 6, 8)
    assert K.resize_volumes(x[None], 2, 2, 2, "channels_last").shape == (1, 2, 4, 6, 4)


def test_zeros_are_put_around():
    x = torch.ones(1, 2, 2, 3)
    assert K.spatial_2d_padding(x).shape == (1, 4, 4, 3)
    assert K.spatial_2d_padding(x, data_format="channels_first").shape == (1, 2, 4, 5)
    assert K.temporal_padding(x[0]).shape == (2, 4, 3)


def test_a_bias_is_added_along_the_channels():
    x = torch.zeros(1, 3, 4, 4)
    y = K.bias_add(x, torch.tensor([1.0, 2.0, 3.0]), "channels_first")
    assert y[0, :, 0, 0].tolist() == [1.0, 2.0, 3.0]


def test_batches_are_normalized_by_their_own_moments():
    x = torch.randn(50, 3) * 4 + 2
    y, mean, variance = K.normalize_batch_in_training(x, torch.ones(3), torch.zeros(3), [0])
    torch.testing.assert_close(y.mean(0), torch.zeros(3), rtol=0, atol=1e-5)
    again = K.batch_normalization(x, mean, variance, torch.zeros(3), torch.ones(3))
    torch.testing.assert_close(again, y, rtol=1e-4, atol=1e-5)


def test_the_cost_of_ctc_is_that_of_torch():
    y_pred = torch.softmax(torch.randn(2, 7, 5), -1)
    labels = torch.tensor([[0, 1, 2], [3, 3, 0]])
    cost = K.ctc_batch_cost(labels, y_pred, torch.tensor([[7], [6]]), torch.tensor([[3], [2]]))
    expected = torch.nn.functional.ctc_loss(
        y_pred.log().transpose(0, 1), labels, torch.tensor([7, 6]), torch.tensor([3, 2]),
        blank=4, reduction="none",
    )  # fmt: skip
    torch.testing.assert_close(cost[:, 0], expected, rtol=1e-3, atol=1e-3)
    decoded, _ = K.ctc_decode(y_pred, torch.tensor([7, 6]))
    assert decoded[0].shape == (2, 7)


def test_dense_labels_become_sparse():
    sparse = K.ctc_label_dense_to_sparse(torch.tensor([[1, 2], [3, 0]]), torch.tensor([2, 1]))
    assert sparse.coalesce().values().tolist() == [1, 2, 3]


def test_a_recurrent_loop_holds_its_state_where_masked():
    x = torch.tensor([[[1.0], [2.0], [4.0]]])
    mask = torch.tensor([[True, False, True]])

    def step(x, states):
        total = states[0] + x
        return total, [total]

    last, every, states = K.rnn(step, x, [torch.zeros(1, 1)], mask=mask)
    assert (last.item(), every.flatten().tolist()) == (5.0, [1.0, 1.0, 5.0])
    assert states[0].item() == 5.0
    zeros = K.rnn(step, x, [torch.zeros(1, 1)], mask=mask, zero_output_for_mask=True)[1]
    assert zeros.flatten().tolist() == [1.0, 0.0, 5.0]
    backwards = K.rnn(step, x, [torch.zeros(1, 1)], go_backwards=True)[1]
    assert backwards.flatten().tolist() == [4.0, 6.0, 7.0]


def test_losses_of_elements_are_those_of_ops():
    y, p = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.2, 0.6]])
    plain = K.binary_focal_crossentropy(y, p, gamma=0.0)
    torch.testing.assert_close(plain, K.binary_crossentropy(y, p))
    assert K.in_top_k(torch.tensor([[0.1, 0.9]]), torch.tensor([1]), 1).tolist() == [True]
