"""Finding a model's levels by looking at data, block by block (GPTQ and AWQ)."""

import contextlib
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.checks import argument_error, kind_error
from torchkeras.layers.dense import Product
from torchkeras.quantizers import pack_int4
from torchkeras.quantizers.awq import Magnitudes, awq
from torchkeras.quantizers.gptq import Hessian, gptq


def is_chosen(layer: Any, filters: Any) -> bool:
    """Whether ``filters`` let a layer be quantized.

    Args:
        layer: The layer.
        filters: A regular expression for names, several of them, a function of the layer, or None.

    Raises:
        ValueError: ``filters`` is of another kind.
    """
    if filters is None:
        return True
    if isinstance(filters, str):
        return re.search(filters, layer.name) is not None
    if isinstance(filters, (list, tuple)):
        return any(re.search(pattern, layer.name) for pattern in filters)
    if not callable(filters):
        raise argument_error(
            "quantize", "filters", filters,
            "The `filters` argument must be a regex string, a list of regex strings, or a callable",
        )  # fmt: skip
    return bool(filters(layer))


def calibrate(config: Any, structure: Any, filters: Any = None) -> None:
    """Quantize the layers in each block by what reaches them, one block after the other.

    Args:
        config: A ``GPTQConfig`` or ``AWQConfig``.
        structure: ``{"pre_block_layers": [...], "sequential_blocks": [...]}``: what the samples
            pass first, and the blocks.
        filters: Which layers take part; see ``is_chosen``.

    Raises:
        ValueError: there is no data, no tokenizer or no structure.
    """
    mode = config.mode
    if config.dataset is None or config.tokenizer is None:
        raise ValueError(
            f"quantize: {mode.upper()} quantization requires a dataset and a tokenizer. Please "
            f"provide them in the `{type(config).__name__}`."
        )
    blocks = (structure or {}).get("sequential_blocks", [])
    if not blocks:
        raise ValueError(
            f"quantize: For {mode!r} mode, a valid quantization structure must be provided either "
            "via `config.quantization_layer_structure` or by overriding "
            "`model.get_quantization_layer_structure(mode)`: a dictionary with keys "
            "'pre_block_layers' and 'sequential_blocks', with at least one block."
        )
    samples = token_windows(
        config.dataset, config.tokenizer, config.sequence_length, config.num_samples
    )
    device = next((p.device for block in blocks for p in block.parameters()), torch.device("cpu"))
    with torch.no_grad():
        inputs = []
        for sample in torch.as_tensor(samples, device=device):
            x: Any = sample[None]
            for layer in structure.get("pre_block_layers", []):
                x = layer(x)
            inputs.append(x)
        for block in blocks:
            layers = [layer for layer in _products(block, mode) if is_chosen(layer, filters)]
            with _watching(layers, mode) as statistics:
                for x in inputs:
                    block(x)
            for layer, seen in zip(layers, statistics, strict=True):
                _settle(layer, seen, config)
            inputs = [block(x) for x in inputs]


def _products(block: Any, mode: str) -> list[Product]:
    """The layers inside that wait for their levels."""
    return [
        layer
        for layer in block._flatten_layers()
        if isinstance(layer, Product)
        and layer.quantization_mode == mode
        and not getattr(layer, f"is_{mode}_calibrated")
    ]


@contextlib.contextmanager
def _watching(layers: list[Product], mode: str) -> Iterator[list[Any]]:
    """Statistics of what reaches each layer's product."""
    kind = {"gptq": Hessian, "awq": Magnitudes}[mode]
    statistics = [kind(layer.matrix_shape()[0], layer.kernel.device) for layer in layers]

    def hook(seen: Any) -> Callable:
        return lambda module, args: seen.add(args[0])

    handles = [
        layer.linear.register_forward_pre_hook(hook(seen))
        for layer, seen in zip(layers, statistics, strict=True)
    ]
    try:
        yield statistics
    finally:
        for handle in handles:
            handle.remove()


def _settle(layer: Product, seen: Any, config: Any) -> None:
    """Find the levels of a layer's weight and let it compute with them."""
    weight = layer.kernel.tensor.detach().reshape(layer.matrix_shape()).t()
    if config.mode == "gptq":
        levels, reading, groups = gptq(weight, seen, config)
    else:
        levels, reading, groups, factor = awq(weight, seen, config)
        layer.awq_scales.assign(factor)
    packed = pack_int4(levels, axis=0, dtype="uint8")[0] if config.weight_bits == 4 else levels
    layer.quantized_kernel.assign(packed)
    layer.kernel_scale.assign(reading.scale)
    layer.kernel_zero.assign(reading.zero)
    layer.g_idx.assign(groups)
    layer.finish_calibration()


def token_windows(dataset: Any, tokenizer: Any, length: int, count: int) -> np.ndarray:
    """``count`` windows of ``length`` tokens, spread evenly over the data, int32.

    Args:
        dataset: Texts, or arrays of tokens; repeated if they are too few.
        tokenizer: Has ``tokenize`` or can be called; from a text to tokens.
        length: Tokens of a window.
        count: Number of windows.

    Raises:
        TypeError: ``dataset`` can't be iterated.
        ValueError: it is empty.
    """
    if isinstance(dataset, (str, bytes)) or not hasattr(dataset, "__iter__"):
        raise kind_error(
            "quantize", "dataset", dataset,
            "an iterable, such as a list of strings, a generator, or a NumPy array",
        )  # fmt: skip
    split = getattr(tokenizer, "tokenize", tokenizer)
    pieces = [
        np.asarray(_plain(split(piece) if isinstance(piece, str) else piece)).reshape(-1)
        for piece in dataset
    ]
    tokens = np.concatenate(pieces).astype("int32") if pieces else np.zeros(0, "int32")
    if not tokens.size:
        raise ValueError("quantize: Provided dataset is empty. Give some texts or tokens.")
    tokens = np.tile(tokens, math.ceil(max(count * length, length) / tokens.size))
    last = tokens.size - length
    starts = np.arange(count) * max(1, (last + 1) // count) % (last + 1)
    return np.lib.stride_tricks.sliding_window_view(tokens, length)[starts]


def _plain(tokens: Any) -> Any:
    return tokens.detach().cpu().numpy() if isinstance(tokens, Tensor) else tokens
