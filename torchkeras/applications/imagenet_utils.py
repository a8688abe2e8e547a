"""Images as the networks take them, and the names of what they see."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import is_floating, standardize_dtype
from torchkeras.core.settings import floatx, standardize_data_format
from torchkeras.tracer import any_symbolic
from torchkeras.utils import get_file

ADDRESS = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
HASH = "c2c37ea517e94d9795004a39431a14cb"
CLASSES = 1000

# Means and deviations of ImageNet's channels, in the order the mode has them.
STATISTICS = {
    "caffe": ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0)),
    "torch": ((0.485 * 255, 0.456 * 255, 0.406 * 255), (0.229 * 255, 0.224 * 255, 0.225 * 255)),
}


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images as a network was trained on them. ``x`` itself stays as it is.

    Args:
        x: One image or a batch of them, RGB, values in [0, 255]: array, tensor or symbol.
        data_format: ``"channels_last"`` or ``"channels_first"``; None is the default layout.
        mode: ``"caffe"`` makes them BGR and subtracts ImageNet's mean; ``"tf"`` scales to [-1, 1];
            ``"torch"`` scales to [0, 1], subtracts the mean and divides by the deviation.

    Shape:
        x: Three or four axes.
        output: As ``x``, in a floating type.

    Raises:
        ValueError: ``mode`` or ``data_format`` is another.

    Source: Keras 3 ``imagenet_utils.preprocess_input``.
    """
    if mode != "tf" and mode not in STATISTICS:
        raise argument_error("preprocess_input", "mode", mode, '"caffe", "tf" or "torch"')
    axis = -1 if standardize_data_format(data_format) == "channels_last" else -3
    if not isinstance(x, np.ndarray):
        return _normalized(x, axis, mode)
    x = x if np.issubdtype(x.dtype, np.floating) else x.astype(floatx())
    return _normalized(torch.from_numpy(np.ascontiguousarray(x)), axis, mode).numpy()


def preprocessing(mode: str | None) -> Callable[..., Any]:
    """``preprocess_input`` of networks that were trained on images of this ``mode``.

    None is for networks that scale images themselves: they take them as they are.
    """

    def prepare(x: Any, data_format: str | None = None) -> Any:
        if mode is None:
            standardize_data_format(data_format)
            return x
        return preprocess_input(x, data_format=data_format, mode=mode)

    prepare.__name__ = prepare.__qualname__ = "preprocess_input"
    prepare.__doc__ = (
        "Images as they are: the network itself scales values in [0, 255]."
        if mode is None
        else f"Images as the network was trained on them: ``imagenet_utils.preprocess_input(x, "
        f'data_format, "{mode}")``.'
    )
    return prepare


def _normalized(x: Any, axis: int, mode: str) -> Any:
    x = x if any_symbolic(x) else torch.as_tensor(x)
    if not is_floating(standardize_dtype(x.dtype)):
        x = ops.cast(x, floatx())
    if mode == "tf":
        return x / 127.5 - 1.0
    mean, deviation = (
        torch.tensor(values).reshape((3,) + (1,) * (-1 - axis)) for values in STATISTICS[mode]
    )
    x = torch.flip(x, [axis]) if mode == "caffe" else x
    shifted = x - _like(mean, x)
    return shifted if mode == "caffe" else shifted / _like(deviation, x)


def _like(values: torch.Tensor, x: Any) -> torch.Tensor:
    return values if any_symbolic(x) else values.to(x.device, x.dtype)


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """What the likeliest classes are called.

    Args:
        preds: Probabilities of ImageNet's classes.
        top: How many of them for each image.

    Shape:
        preds: ``(images, 1000)``.

    Returns:
        For each image ``(identifier, name, probability)``, the likeliest first.

    Raises:
        ValueError: another shape.

    Source: Keras 3 ``imagenet_utils.decode_predictions``.
    """
    if len(preds.shape) != 2 or preds.shape[1] != CLASSES:
        raise argument_error(
            "decode_predictions",
            "preds",
            f"of shape {tuple(preds.shape)}",
            f"a batch of predictions (samples, {CLASSES})",
        )
    preds = ops.convert_to_numpy(preds)
    best = np.argsort(-preds, axis=1, kind="stable")[:, :top]
    names = _names()
    return [
        [(*names[number], row[number]) for number in numbers]
        for row, numbers in zip(preds, best, strict=True)
    ]


@functools.cache
def _names() -> list[tuple[str, str]]:
    path = get_file("imagenet_class_index.json", ADDRESS, cache_subdir="models", file_hash=HASH)
    index = json.loads(Path(path).read_text())
    return [tuple(index[str(number)]) for number in range(len(index))]
