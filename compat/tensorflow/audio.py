"""``tf.audio``: sound in WAV files of 16 bits."""

import io
import struct
import wave
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.names import missing
from torchkeras_shim.text import Texts, as_octets, as_texts

from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error

__getattr__ = missing(__name__)


class DecodeWav(NamedTuple):
    """Sound and the number of samples in a second."""

    audio: Tensor
    sample_rate: Tensor


def decode_wav(
    contents: Any,
    desired_channels: int = -1,
    desired_samples: int = -1,
    name: str | None = None,
) -> DecodeWav:
    """The sound in a WAV file, ``(samples, channels)`` from -1 to 1, and its rate.

    Args:
        contents: The file's bytes.
        desired_channels: Number of channels, the last of which is repeated; -1 takes the file's.
        desired_samples: Number of samples, to which sound is cut or filled up with zeros; -1
            takes the file's.
        name: Accepted.

    Raises:
        ValueError: the bytes are no WAV file of 16 bits.
    """
    try:
        with wave.open(io.BytesIO(as_octets(contents))) as file:
            channels, width, rate, count = file.getparams()[:4]
            data = file.readframes(count)
    except (wave.Error, EOFError, struct.error) as error:
        raise argument_error(
            "tf.audio.decode_wav", "contents", as_octets(contents)[:12], "a WAV file", str(error)
        ) from error
    if width != 2:
        raise argument_error("tf.audio.decode_wav", "bits of a sample", 8 * width, "16")
    samples = np.frombuffer(data, "<i2").reshape(-1, channels)
    audio = torch.from_numpy(samples.astype(np.float32) / 32768)
    if desired_channels > 0:
        last = audio[:, -1:].expand(-1, max(0, desired_channels - channels))
        audio = torch.cat([audio[:, :desired_channels], last], dim=1)
    if desired_samples >= 0:
        missing_samples = max(0, desired_samples - len(audio))
        audio = torch.nn.functional.pad(audio[:desired_samples], (0, 0, 0, missing_samples))
    return DecodeWav(audio, torch.tensor(rate, dtype=torch.int32))


def encode_wav(audio: Any, sample_rate: Any, name: str | None = None) -> Texts:
    """Sound as a WAV file's bytes.

    Args:
        audio: ``(samples, channels)`` from -1 to 1; what lies outside is cut off.
        sample_rate: Samples in a second.
        name: Accepted.

    Raises:
        ValueError: ``audio`` has another number of axes.
    """
    values = convert_to_tensor(audio)
    if values.ndim != 2:
        raise argument_error(
            "tf.audio.encode_wav", "audio shape", tuple(values.shape), "(samples, channels)"
        )
    scaled = (values.float() * 32768).round().clamp(-32768, 32767)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(values.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(int(sample_rate))
        writer.writeframes(np.asarray(scaled.to(torch.int16)).astype("<i2").tobytes())
    return as_texts(file.getvalue())
