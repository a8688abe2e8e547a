"""Normalizations, against their formulas."""

import pytest
import torch
from torch import distributed, nn

from torchkeras.nn import norm


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3)) * 2 + 1


@pytest.mark.parametrize(
    "shape, axis", [((6, 4), -1), ((3, 5, 4), -1), ((3, 4, 5), 1), ((2, 3, 4, 5), 2)]
)
def test_training_normalizes_by_the_batch_and_moves_the_biased_variance(shape, axis):
    x = batch(*shape)
    features = shape[axis]
    module = norm.MaskedBatchNorm(features, axis=axis, momentum=0.8)
    y = module(x, training=True)
    flat = x.movedim(axis, -1).reshape(-1, features)
    mean, variance = flat.mean(0), flat.var(0, correction=0)
    wanted = (flat - mean) / (variance + 1e-3).sqrt()
    torch.testing.assert_close(y.movedim(axis, -1).reshape(-1, features), wanted)
    torch.testing.assert_close(module.running_mean, 0.2 * mean)
    torch.testing.assert_close(module.running_var, 0.8 + 0.2 * variance)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("shape, axis", [((6, 4), -1), ((3, 4, 5), 1), ((2, 3, 4), -1)])
def test_without_masks_the_plain_one_is_the_same(shape, axis, training):
    x = batch(*shape)
    plain = norm.BatchNorm(4, axis=axis, momentum=0.8).train(training)
    masked = norm.MaskedBatchNorm(4, axis=axis, momentum=0.8).train(training)
    assert torch.equal(plain(x), masked(x))
    for name, value in masked.state_dict().items():
        assert torch.equal(plain.state_dict()[name], value)


def test_a_single_value_has_no_variance():
    module = norm.MaskedBatchNorm(3, momentum=0.5)
    y = module(torch.tensor([[1.0, 2.0, 3.0]]), training=True)
    assert y.abs().max() < 1e-5
    assert module.running_var.tolist() == [0.5, 0.5, 0.5]


def test_inference_leaves_the_running_moments_alone():
    module = norm.MaskedBatchNorm(4)
    before = {k: v.clone() for k, v in module.state_dict().items()}
    module(batch(6, 4), training=False)
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())


def test_a_full_mask_changes_nothing_and_masked_elements_have_no_part():
    x = batch(3, 4, 2)
    plain, masked = norm.MaskedBatchNorm(2), norm.MaskedBatchNorm(2)
    mask = torch.ones(3, 4, dtype=torch.bool)
    torch.testing.assert_close(masked(x, mask, True), plain(x, training=True))
    mask[:, 2:] = False
    changed = x.clone()
    changed[:, 2:] = 1e6
    first, second = norm.MaskedBatchNorm(2), norm.MaskedBatchNorm(2)
    first(x, mask, True)
    second(changed, mask, True)
    torch.testing.assert_close(first.running_mean, second.running_mean)
    torch.testing.assert_close(first.running_var, second.running_var)


def test_half_precision_is_normalized_in_full():
    x = batch(64, 4).to(torch.bfloat16)
    y = norm.MaskedBatchNorm(4)(x, training=True)
    assert y.dtype is torch.bfloat16
    assert y.float().mean(0).abs().max() < 1e-2


def test_synchronized_alone_equals_the_plain_one():
    x = batch(6, 4).requires_grad_()
    plain, together = norm.MaskedBatchNorm(4), norm.MaskedBatchNorm(4, synchronized=True)
    a, b = plain(x, training=True), together(x, training=True)
    torch.testing.assert_close(a, b)
    ga, gb = (torch.autograd.grad((y**3).sum(), x)[0] for y in (a, b))
    torch.testing.assert_close(ga, gb, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(plain.running_var, together.running_var)


def _share(rank, file, results):
    distributed.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    x = batch(6, 4)
    part = (x[:6] if rank == 0 else x[6:]).clone().requires_grad_()  # the second share is empty
    module = norm.MaskedBatchNorm(4, synchronized=True)
    y = module(part, training=True)
    (y**3).sum().backward()
    results[rank] = (y.detach(), part.grad, module.running_var)
    distributed.destroy_process_group()


@pytest.mark.slow
def test_an_empty_share_of_two_processes_changes_nothing(tmp_path):
    with torch.multiprocessing.Manager() as manager:
        results = manager.dict()
        torch.multiprocessing.start_processes(
            _share, (str(tmp_path / "store"), results), nprocs=2, start_method="fork"
        )
        y, gradient, variance = results[0]
        assert torch.equal(results[1][2], variance)
    x = batch(6, 4).requires_grad_()
    plain = norm.MaskedBatchNorm(4)
    wanted = plain(x, training=True)
    torch.testing.assert_close(y, wanted)
    torch.testing.assert_close(
        gradient, torch.autograd.grad((wanted**3).sum(), x)[0], rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(variance, plain.running_var)


def test_layer_norm_takes_axes_anywhere():
    x = batch(2, 3, 4, 5)
    found = norm.LayerNorm((3, 4), (1, 2))(x)
    mean = x.mean((1, 2), keepdim=True)
    variance = x.var((1, 2), correction=0, keepdim=True)
    torch.testing.assert_close(found, (x - mean) / (variance + 1e-3).sqrt())


def test_rms_norm_and_variance_norm_follow_their_formulas():
    x = batch(3, 5)
    wanted = x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(norm.RMSNorm((5,))(x), wanted)
    wanted = x / (x.var(-1, correction=0, keepdim=True) + 1e-3).sqrt()
    torch.testing.assert_close(norm.VarianceNorm((5,), center=False)(x), wanted)


def test_group_norm_equals_torchs_with_channels_last():
    x = batch(2, 4, 4, 6)
    wanted = nn.GroupNorm(3, 6, eps=1e-3)(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    torch.testing.assert_close(norm.GroupNorm(3, 6)(x), wanted)


def test_renorm_in_inference_is_batch_norm():
    x = batch(6, 4)
    module = norm.BatchRenorm(4)
    torch.testing.assert_close(
        module(x, training=False), norm.MaskedBatchNorm(4)(x, training=False)
    )
    module(x, training=True)
    assert not torch.equal(module.correction_mean, torch.ones(4))


def test_sum_over_processes_alone_is_the_identity():
    x = torch.ones(2)
    assert norm.sum_over_processes(x) is x
    assert norm.wider(x) is x
