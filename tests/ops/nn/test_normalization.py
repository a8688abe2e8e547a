"""Normalization and attention: what the table of parity leaves out."""

import keras
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from torchkeras import config, layers, ops


def test_weights_stand_along_inner_axes_too():
    x, weight = torch.randn(2, 3, 4), torch.rand(3)
    turned = ops.layer_normalization(x.mT, weight, weight).mT
    torch.testing.assert_close(ops.layer_normalization(x, weight, weight, axis=1), turned)
    expected = x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-7) * weight[:, None]
    torch.testing.assert_close(ops.rms_normalization(x, weight, axis=1), expected)


def test_half_precision_is_normalized_in_full():
    x = torch.full((2, 4), 300.0, dtype=torch.float16)
    assert ops.rms_normalization(x).tolist() == [[1.0] * 4] * 2
    mean, variance = ops.moments(torch.tensor([300.0, -300.0], dtype=torch.float16), [0])
    assert (mean.item(), variance.item()) == (0.0, 65504.0)


def test_the_deprecated_scaling_warns():
    with pytest.warns(UserWarning, match="Use rms_normalization"):
        ops.layer_normalization(torch.randn(2, 3), rms_scaling=True)
    with pytest.raises(TypeError, match="expected none"):
        ops.layer_normalization(torch.randn(2, 3), center=True)


def test_a_zero_vector_stays_zero():
    assert ops.normalize(torch.zeros(2, 3)).tolist() == [[0.0] * 3] * 2
    with pytest.raises(ValueError, match="must be an int >= 1"):
        ops.normalize(torch.ones(2), order=0)


@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("kind", ["mask", "bias", "neither"])
def test_attention_is_that_of_keras(is_causal, kind):
    q, k, v = [torch.randn(2, 5, 3, 4) for _ in range(3)]
    options = {"is_causal": is_causal}
    if kind == "mask":
        options["mask"] = torch.rand(2, 1, 5, 5) > 0.3
        options["mask"][1, :, 0] = False  # a query without any key
    if kind == "bias" and not is_causal:  # Keras's torch backend can't do both
        options["bias"] = torch.randn(2, 3, 5, 5)
    torch.testing.assert_close(
        ops.dot_product_attention(q, k, v, **options),
        keras.ops.dot_product_attention(q, k, v, **options),
        rtol=1e-4, atol=1e-5,
    )  # fmt: skip


def test_queries_may_share_keys():
    q, k = torch.randn(2, 5, 4, 8), torch.randn(2, 6, 2, 8)
    shared = ops.dot_product_attention(q, k, k)
    apart = ops.dot_product_attention(*[q, *[x.repeat_interleave(2, 2) for x in (k, k)]])
    torch.testing.assert_close(shared, apart)


def test_scores_may_be_capped():
    q, k, v = [torch.randn(1, 3, 2, 4) * 9 for _ in range(3)]
    wide = ops.dot_product_attention(q, k, v, attn_logits_soft_cap=1e6, is_causal=True)
    plain = ops.dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(wide, plain, rtol=1e-3, atol=1e-3)
    tight = ops.dot_product_attention(q, k, v, attn_logits_soft_cap=1e-4)
    torch.testing.assert_close(tight, v.mean(1, keepdim=True).expand_as(v), rtol=1e-3, atol=1e-3)


def test_attention_names_what_does_not_fit():
    x = torch.ones(1, 2, 1, 2)
    with pytest.raises(ValueError, match="only supports 4D inputs"):
        ops.dot_product_attention(x[0], x, x)
    with pytest.raises(ValueError, match="Only one of `bias` and `mask`"):
        ops.dot_product_attention(x, x, x, bias=x, mask=x)


class Kernels(TorchDispatchMode):
    """Names of the attention kernels that run inside."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.append(str(function))
        return function(*args, **(kwargs or {}))

    @property
    def flash(self):
        return any("flash_attention" in name for name in self.names)


@pytest.mark.parametrize("of_layer", [False, True])
def test_flash_kernels_run_as_asked(of_layer):
    q = torch.randn(2, 5, 3, 4)

    def runs_flash(asked):
        layer = layers.MultiHeadAttention(3, 4, flash_attention=asked)
        with torch.no_grad(), Kernels() as kernels:
            if of_layer:
                layer(q[:, :, 0], q[:, :, 0])
            else:
                ops.dot_product_attention(q, q, q, flash_attention=asked)
        return kernels.flash

    assert [runs_flash(asked) for asked in (None, True, False)] == [True, True, False]
    config.disable_flash_attention()
    try:
        assert [runs_flash(asked) for asked in (None, True, False)] == [False, True, False]
    finally:
        config.enable_flash_attention()
    assert runs_flash(None)


@pytest.mark.filterwarnings("ignore:Flash attention")
def test_demanded_flash_kernels_must_fit():
    q = torch.randn(2, 5, 3, 4)
    with (
        pytest.warns(UserWarning, match="same last dim"),
        pytest.raises(RuntimeError, match="No available kernel"),
    ):
        ops.dot_product_attention(q, q, q[..., :2], flash_attention=True)
