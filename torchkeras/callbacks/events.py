"""Writes to TensorBoard's event files what torch's writer has no form for.

Each function writes to a ``torch.utils.tensorboard.SummaryWriter``, under a tag, at a step, in the
form that ``tf.summary`` gives to it.
"""

import io
import wave
from typing import Any

import numpy as np
import torch

LIKENESS_OF_BYTES = 255.5  # what floats in [0, 1] are multiplied by to fill 0 to 255 evenly


def as_array(data: Any) -> np.ndarray:
    """``data`` on the host, in a type that NumPy has."""
    if not isinstance(data, torch.Tensor):
        return np.asarray(data)
    data = data.detach().cpu()
    return (data.float() if data.dtype == torch.bfloat16 else data).numpy()


def add_scalar(writer: Any, tag: str, data: Any, step: int, description: str | None = None) -> None:
    """Write a number."""
    from tensorboard.compat.proto import summary_pb2

    metadata = summary_pb2.SummaryMetadata(summary_description=description or "")
    summary = summary_pb2.Summary()
    summary.value.add(tag=tag, metadata=metadata, simple_value=float(data))
    writer._get_file_writer().add_summary(summary, step)


def add_tensor(
    writer: Any,
    tag: str,
    values: np.ndarray,
    step: int,
    plugin: str,
    description: str | None = None,
    content: bytes = b"",
) -> None:
    """Write numbers, or an array of ``bytes``, for one of TensorBoard's plugins.

    Args:
        writer: torch's writer.
        tag: The name under which they are shown.
        values: What is written.
        step: Its number.
        plugin: Name of the plugin.
        description: Text shown beside it.
        content: What else the plugin wants to know.
    """
    from tensorboard.compat.proto import summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

    sizes = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in values.shape]
    tensor = tensor_pb2.TensorProto(tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=sizes))
    if values.dtype == object:
        tensor.dtype = types_pb2.DT_STRING
        tensor.string_val.extend(values.ravel().tolist())
    else:
        tensor.dtype = types_pb2.DT_DOUBLE
        tensor.tensor_content = values.astype("<f8").tobytes()
    metadata = summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=plugin, content=content),
        summary_description=description or "",
    )
    summary = summary_pb2.Summary()
    summary.value.add(tag=tag, metadata=metadata, tensor=tensor)
    writer._get_file_writer().add_summary(summary, step)


def add_text(writer: Any, tag: str, data: Any, step: int, description: str | None = None) -> None:
    """Write a text, or an array of them, which is shown as a table."""
    encode = np.vectorize(lambda one: one if isinstance(one, bytes) else str(one).encode(), "O")
    texts = as_array(data) if not isinstance(data, (str, bytes)) else np.array(data, dtype=object)
    add_tensor(writer, tag, encode(texts), step, "text", description)


def add_histogram(
    writer: Any, tag: str, data: Any, step: int, buckets: int = 30, description: str | None = None
) -> None:
    """Write how many of the numbers lie in each of ``buckets`` equal parts of their range.

    Numbers that aren't finite are left out.
    """
    add_tensor(writer, tag, binned(as_array(data), buckets), step, "histograms", description)


def binned(values: np.ndarray, buckets: int) -> np.ndarray:
    """Left end, right end and count of each part of the range of ``values``: ``(buckets, 3)``.

    Equal numbers are all counted in the last part.

    Example:
        >>> binned(np.array([0.0, 1.0, 4.0]), 2).tolist()
        [[0.0, 2.0, 2.0], [2.0, 4.0, 1.0]]
    """
    values = values.astype(np.float64).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        return np.zeros((buckets, 3))
    low, high = values.min(), values.max()
    if low == high:
        counts = np.zeros(buckets)
        counts[-1:] = values.size
        ends = np.full(buckets + 1, low)
    else:
        counts, ends = np.histogram(values, buckets, (low, high))
    return np.stack([ends[:-1], ends[1:], counts], axis=1)


def add_images(
    writer: Any,
    tag: str,
    data: Any,
    step: int,
    max_outputs: int = 3,
    description: str | None = None,
) -> None:
    """Write images ``(n, h, w, c)`` of 1 to 4 channels, ``max_outputs`` at most.

    Numbers of type float are in [0, 1], those beyond are clipped.
    """
    images = as_array(data)[:max_outputs]
    if images.dtype.kind == "f":
        images = np.clip(np.nan_to_num(images) * LIKENESS_OF_BYTES, 0, 255)
    _, height, width, _ = images.shape
    sizes = [str(width).encode(), str(height).encode()]
    pictures = [_png(image) for image in images.astype(np.uint8)]
    add_tensor(writer, tag, np.array(sizes + pictures, dtype=object), step, "images", description)


def _png(image: np.ndarray) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, "PNG")
    return file.getvalue()


def add_audio(
    writer: Any,
    tag: str,
    data: Any,
    step: int,
    sample_rate: int,
    max_outputs: int = 3,
    description: str | None = None,
) -> None:
    """Write sounds ``(n, t, c)`` in [-1, 1] at ``sample_rate`` Hz, ``max_outputs`` at most."""
    from tensorboard.plugins.audio.plugin_data_pb2 import AudioPluginData

    sounds = [[_wav(sound, sample_rate), b""] for sound in as_array(data)[:max_outputs]]
    content = AudioPluginData(encoding=AudioPluginData.WAV).SerializeToString()
    values = np.array(sounds, dtype=object).reshape(-1, 2)
    add_tensor(writer, tag, values, step, "audio", description, content)


def _wav(sound: np.ndarray, sample_rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(sound.shape[-1])
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
