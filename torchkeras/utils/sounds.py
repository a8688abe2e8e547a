"""Datasets of sounds in folders, a folder for each class."""

import io
import os
import wave
from collections.abc import Sequence
from functools import partial
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import default_collate

from torchkeras.core.checks import argument_error
from torchkeras.utils.folders import Index

SUFFIXES = (".wav",)


def audio_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """A loader of the ``.wav`` files (16 bits) below ``directory`` and their classes.

    Args:
        sampling_rate: Samples of a second, Hz, to convert to; None leaves them.
        output_sequence_length: Samples that sounds are cut or filled with zeros to, before they
            are converted; None fills up to the longest of each batch.
        ragged: Whether batches are nested tensors of unequal sounds instead.
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
            subset, follow_links, verbose: As in ``image_dataset_from_directory``.

    Shape:
        sounds: ``(batch, time, channels)``, float32 in [-1, 1).
        labels: ``(batch,)`` int32, ``(batch, classes)`` or ``(batch, 1)`` float32.

    Returns:
        A ``DataLoader`` with ``class_names`` and ``file_paths``.

    Raises:
        ValueError: no sounds, a file of another kind, or an argument out of range.
        ImportError: ``sampling_rate`` asks for a conversion and ``scipy`` isn't installed.

    Source: Keras 3 ``audio_dataset_from_directory``.
    """
    owner = "audio_dataset_from_directory"
    if ragged and output_sequence_length is not None:
        raise argument_error(
            owner, "output_sequence_length", output_sequence_length, "None, with ragged=True",
            "Cannot set both `ragged` and `output_sequence_length`.",
        )  # fmt: skip
    if sampling_rate is not None and (not isinstance(sampling_rate, int) or sampling_rate < 1):
        raise argument_error(owner, "sampling_rate", sampling_rate, "an integer, 1 or more")
    read = partial(read_sound, sampling_rate=sampling_rate, length=output_sequence_length)
    folder = Index(owner, directory, SUFFIXES, labels, label_mode, class_names, follow_links)
    collate = _nested if ragged else _padded
    return folder.loaders(
        read, collate, batch_size, shuffle, seed, validation_split, subset, verbose
    )


def read_sound(path: str, sampling_rate: int | None, length: int | None) -> torch.Tensor:
    """One file: ``(time, channels)``."""
    try:
        # All of it is read here: wave itself asks for as much as the file declares.
        with wave.open(io.BytesIO(Path(path).read_bytes())) as file:
            width, rate = file.getsampwidth(), file.getframerate()
            channels, data = file.getnchannels(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise argument_error("read_sound", "path", path, "a WAV file", str(error)) from error
    if width != 2:
        raise argument_error("read_sound", "path", path, "a WAV file of 16 bits a sample")
    sound = np.frombuffer(data, "<i2").reshape(-1, channels).astype("float32") / 32768
    if length is not None:
        sound = np.pad(sound[:length], ((0, max(length - len(sound), 0)), (0, 0)))
    if sampling_rate is not None and sampling_rate != rate:
        sound = _resampled(sound, rate, sampling_rate)
    return torch.from_numpy(sound)


def _resampled(sound: np.ndarray, old: int, new: int) -> np.ndarray:
    try:
        from scipy.signal import resample_poly
    except ImportError as error:
        raise ImportError("sampling_rate needs the package `scipy`: pip install scipy") from error
    divisor = gcd(old, new)
    return resample_poly(sound, new // divisor, old // divisor, axis=0).astype("float32")


def _padded(items: list[Any]) -> Any:
    """Sounds (and labels) of a batch, filled with zeros at the end."""
    if isinstance(items[0], tuple):
        sounds, labels = zip(*items, strict=True)
        return _padded(list(sounds)), default_collate(labels)
    return pad_sequence(items, batch_first=True)


def _nested(items: list[Any]) -> Any:
    """Sounds (and labels) of a batch, each of its own length."""
    if isinstance(items[0], tuple):
        sounds, labels = zip(*items, strict=True)
        return _nested(list(sounds)), default_collate(labels)
    return torch.nested.nested_tensor(items, layout=torch.jagged)
