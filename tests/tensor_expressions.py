"""Expressions on tensors whose values TensorFlow recorded, and how values are written down.

Run with a Python that has TensorFlow, ``python tests/tensor_expressions.py``, to record anew.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

RECORD = Path(__file__).parent / "compat" / "tensorflow" / "recorded.json"
FOLDER = Path(__file__).parent / "compat" / "tensorflow" / "expressions"


def expressions() -> dict[str, list[str]]:
    """The expressions of each subject, one on a line."""
    return {
        path.stem: [line for line in path.read_text().splitlines() if line and line[0] != "#"]
        for path in sorted(FOLDER.glob("*.txt"))
    }


def names(tf: Any) -> dict[str, Any]:
    """What expressions may name besides Python's own."""
    random = np.random.default_rng(0)
    return {
        "tf": tf,
        "np": np,
        "A": random.normal(size=(3, 4)).astype("float32"),
        "B": random.normal(size=(4, 5)).astype("float32"),
        "M": random.normal(size=(2, 3, 3)).astype("float32"),
        "I": random.integers(-5, 9, size=(3, 4)).astype("int32"),
        "P": random.uniform(0.1, 0.9, size=(3, 4)).astype("float32"),
        "IMG": random.uniform(size=(2, 6, 8, 3)).astype("float32"),
        "PIX": random.integers(0, 256, size=(6, 8, 3)).astype("uint8"),
        "WAVE": random.normal(size=(2, 64)).astype("float32"),
        "R": tf.ragged.constant([[3, 1, 4], [], [5, 9]]),
        "RF": tf.ragged.constant([[1.0, 2.5], [], [3.0, -4.0, 5.0]]),
        "RR": tf.ragged.constant([[[1, 2], [3]], [], [[4], [], [5, 6]]]),
        "RT": tf.ragged.constant([["a", "bc"], [], ["def"]]),
        "S": tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1.0, -2.0, 3.0], [2, 3]),
        "T": tf.SparseTensor([[0, 0], [1, 2]], [5.0, 7.0], [2, 3]),
    }


def value_of(expression: str, scope: dict[str, Any], tf: Any) -> Any:
    """The value of an expression written down, or that it fails."""
    try:
        found = eval(expression, scope)
    except (ValueError, TypeError, IndexError, AttributeError, tf.errors.OpError) as error:
        return {"error": type(error).__name__}
    return plain(found, tf)


def plain(value: Any, tf: Any) -> Any:
    """A value as lists, numbers and texts."""
    if isinstance(value, tf.RaggedTensor):
        return {"ragged": _listed(value.to_list()), "dtype": dtype_name(value.dtype)}
    if isinstance(value, tf.SparseTensor):
        parts = (value.indices, value.values, value.dense_shape)
        return {"sparse": [plain(part, tf) for part in parts]}
    if isinstance(value, (list, tuple)):
        return [plain(part, tf) for part in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    array = np.asarray(value)
    if array.dtype.kind == "c":
        array_values = _listed([array.real.tolist(), array.imag.tolist()])
    else:
        array_values = _listed(array.tolist())
    return {"shape": list(array.shape), "dtype": dtype_name(value.dtype), "values": array_values}


def dtype_name(dtype: Any) -> str:
    """``float32`` of every kind of dtype; texts are "string"."""
    if isinstance(dtype, np.dtype):
        return "string" if dtype.kind in "OSU" else dtype.name
    return getattr(dtype, "name", None) or str(dtype).removeprefix("torch.")


def _listed(values: Any) -> Any:
    if isinstance(values, list):
        return [_listed(value) for value in values]
    if isinstance(values, bytes):
        return values.decode("utf-8", "surrogateescape")
    if isinstance(values, float):
        return float(f"{values:.7g}")
    return values


def record(path: Path) -> None:
    """Write what TensorFlow gives for every expression."""
    import tensorflow as tf

    scope = names(tf)
    found = {
        subject: {line: value_of(line, scope, tf) for line in lines}
        for subject, lines in expressions().items()
    }
    lines = [
        f"{json.dumps([subject, line, value], separators=(',', ':'))}"
        for subject, values in found.items()
        for line, value in values.items()
    ]
    path.write_text("[" + ",\n".join(lines) + "]\n")
    for subject, values in found.items():
        for line, value in values.items():
            if isinstance(value, dict) and "error" in value:
                sys.stdout.write(f"{subject}: {line}: {value['error']}\n")


if __name__ == "__main__":
    record(Path(sys.argv[1]) if len(sys.argv) > 1 else RECORD)
