"""Texts, which lie in NumPy arrays of objects."""

import os
from typing import Any

import numpy as np


def as_text_array(value: str | bytes) -> np.ndarray:
    """One text as an array without axes."""
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def as_path(value: Any) -> str:
    """A path given as text, bytes, path object or array of one text."""
    if isinstance(value, np.ndarray):
        value = value.item()
    return os.fsdecode(value)
