"""Layers of categories and texts, arguments, data to adapt to and inputs to compare with Keras.

Keras needs TensorFlow for them, so what it gives is recorded in
``layers/preprocessing/recorded.json``. Run as a script where Keras has TensorFlow, this prints it.
"""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
DOCUMENTS = [
    "red green blue", "green blue blue", "red, red; yellow", "blue-sky day", "",
    "  Tab\tand\nnew   line ", "Ünïcode Élan straße", "a\u00a0b c\u3000d",
]  # fmt: skip
Case = tuple[str, dict[str, Any], Any, Any]


def cases() -> Iterator[Case]:
    """Class, arguments, data to adapt to (or None) and inputs; lists stand for arrays."""
    yield from _lookups()
    yield from _adapted_lookups()
    yield from _hashes()
    yield from _codes()
    yield from _texts()


def _weighed(arguments: dict[str, Any]) -> dict[str, Any]:
    if arguments["output_mode"] == "tf_idf":
        weights = [0.5 + 0.25 * i for i in range(len(arguments["vocabulary"]))]
        return {**arguments, "idf_weights": weights}
    return arguments


def _lookups() -> Iterator[Case]:
    for mode, count in itertools.product(MODES, (0, 1, 3)):
        for mask in (None, ""):
            words = ["a", "b", "c", "zz"] + ([""] if mask is None else [])
            arguments = {"vocabulary": words, "mask_token": mask}
            arguments |= {"num_oov_indices": count, "output_mode": mode}
            arguments = _weighed(arguments)
            known = [["a", "b"], ["c", "zz"], ["", "a"]]
            yield "StringLookup", arguments, None, known
            if count:
                yield "StringLookup", arguments, None, [["x1", "q"], ["a", ""]]
                padded = {**arguments, "max_tokens": 10, "pad_to_max_tokens": True}
                yield "StringLookup", padded, None, ["a", "other", "zz"]
        for mask in (None, 0):
            arguments = {"vocabulary": [1, 2, 3] + ([0] if mask is None else [])}
            arguments |= {"mask_token": mask, "num_oov_indices": count, "output_mode": mode}
            arguments = _weighed(arguments)
            yield "IntegerLookup", arguments, None, [[1, 2], [3, 1], [0, 1]]
            if count:
                yield "IntegerLookup", arguments, None, [[5, -6], [1, 0]]
                farm = {**arguments, "oov_method": "farmhash"}
                yield "IntegerLookup", farm, None, [[5, -6], [1, 0]]
                yield "IntegerLookup", {**farm, "salt": [3, 4]}, None, [[5, -6], [1, 0]]
        for inputs in ([["a"], ["b"], ["q"]], "a", [[["a", "b"]], [["c", "q"]]]):
            arguments = {"vocabulary": ["a", "b", "c"], "output_mode": mode}
            yield "StringLookup", _weighed(arguments), None, inputs
    salted = {"vocabulary": ["a", "b"], "num_oov_indices": 4, "salt": 7}
    yield "StringLookup", salted, None, [["q", "r"], ["s", "t"]]
    for name, words, mask in (("StringLookup", ["a", "b"], ""), ("IntegerLookup", [7, 9], 0)):
        indices = [[0, 1, 2], [3, 4, 50]]
        yield name, {"vocabulary": words, "invert": True}, None, indices
        masked = {"vocabulary": words, "invert": True, "mask_token": mask, "num_oov_indices": 2}
        yield name, masked, None, indices


def _adapted_lookups() -> Iterator[Case]:
    for mode, limit in itertools.product(MODES, (None, 4)):
        options = {"output_mode": mode, "max_tokens": limit}
        rows = [["a", "b", "b"], ["c", "a", "b"], ["d", "c", "e"]]
        inputs = [["a", "q", "b"], ["b", "d", "e"]]
        yield "StringLookup", options, rows, inputs
        masked = {**options, "mask_token": "a"}
        yield "StringLookup", masked, ["a", "b", "b", "c", "[UNK]"], inputs
        numbers = [5, 5, 1, 2, -1, 9, 9, 7, -8]
        yield "IntegerLookup", {**options, "mask_token": 2}, numbers, [[5, 1], [2, 77]]


def _hashes() -> Iterator[Case]:
    texts = (["a", "b", "c"], [["a", "b"], ["c", "d"]], [["a"], ["b"]])
    numbers = ([[1, -2], [3, 99999999999]], [[1.5, -2.75]], [[[1], [2]]], [1])
    for mode, inputs in itertools.product(MODES[:4], texts + numbers):
        mask = "a" if inputs in texts else 1
        for arguments in (
            {"num_bins": 5},
            {"num_bins": 5, "mask_value": mask},
            {"num_bins": 7, "salt": 133},
            {"num_bins": 7, "salt": [133, 137]},
            {"num_bins": 1, "mask_value": mask},
        ):
            yield "Hashing", {**arguments, "output_mode": mode}, None, inputs
    long = ["x" * n for n in (0, 3, 4, 7, 8, 16, 17, 32, 33, 64, 65, 128, 129, 300)] + ["ü" * 40]
    yield "Hashing", {"num_bins": 1000003}, None, long
    yield "Hashing", {"num_bins": 1000003, "salt": [-1, 2**62]}, None, long
    for mode in MODES[:2]:
        for parts in (
            [["a", "b"], [1, 2]],
            [[["a"], ["b"]], [["x"], ["y"]], [[5], [-6]]],
            [4, "a"],
        ):
            yield "HashedCrossing", {"num_bins": 6, "output_mode": mode}, None, parts


def _codes() -> Iterator[Case]:
    codes = ([0, 1, 3, 3], [[0], [3]], [[0, 3, 3], [1, 1, 1]], 2, [[[0, 1], [1, 2]]])
    for mode, inputs in itertools.product(MODES[1:4], codes):
        yield "CategoryEncoding", {"num_tokens": 5, "output_mode": mode}, None, inputs
    values = ([[-1.0, 0.0], [0.5, 9.0]], [[0.25], [0.75]], [0.25, 0.5], [[1, 2]])
    for mode, inputs in itertools.product(MODES[:4], values):
        arguments = {"bin_boundaries": [0.0, 0.25, 1.0], "output_mode": mode}
        yield "Discretization", arguments, None, inputs
    for size, bins, epsilon in itertools.product((3, 7, 50, 1234), (1, 2, 4, 37), (0.01, 0.3)):
        spread = np.sin(np.arange(size) * 12.9898) * 4
        arguments = {"num_bins": bins, "epsilon": epsilon}
        inputs = [[-1.0, 0.0, 0.3, 2.0]]
        yield "Discretization", arguments, spread.round(3).tolist(), inputs


def _texts() -> Iterator[Case]:
    standardizations = ("lower_and_strip_punctuation", "lower", "strip_punctuation", None)
    inputs = [["red BLUE, yellow!"], ["tab Élan"], [""]]
    for standardize, split, ngrams, mode in itertools.product(
        standardizations, ("whitespace", "character"), (None, 2, [3, 1]), ("int", "tf_idf")
    ):
        arguments = {"standardize": standardize, "split": split, "ngrams": ngrams}
        yield "TextVectorization", {**arguments, "output_mode": mode}, DOCUMENTS, inputs
    for arguments in (
        {"output_sequence_length": 2},
        {"output_sequence_length": 6},
        {"max_tokens": 5},
        {"output_mode": "multi_hot"},
        {"max_tokens": 30, "pad_to_max_tokens": True, "output_mode": "tf_idf"},
        {"max_tokens": 30, "pad_to_max_tokens": True, "output_mode": "count"},
    ):
        for texts in (DOCUMENTS, "red green what", [["red"], ["blue blue"]]):
            yield "TextVectorization", arguments, DOCUMENTS, texts
    for arguments in ({}, {"ngrams": 2}, {"output_sequence_length": 3}, {"output_mode": "count"}):
        words = [["a", "b"], ["c", "a"]]
        whole = {"split": None, **arguments}
        yield "TextVectorization", whole, words, [["a", "q"], ["c", "b"]]


def result(layers: Any, case: Case) -> dict[str, Any]:
    """What a layer gives: shape, type and values, and the vocabulary or boundaries it found."""
    name, arguments, data, inputs = case
    if isinstance(arguments.get("ngrams"), list):
        arguments = {**arguments, "ngrams": tuple(arguments["ngrams"])}
    layer = getattr(layers, name)(**arguments)
    if data is not None:
        layer.adapt(np.array(data))
    crossed = name == "HashedCrossing"
    outputs = layer([np.array(part) for part in inputs] if crossed else np.array(inputs))
    array = outputs.numpy() if hasattr(outputs, "numpy") else np.asarray(outputs)
    values = [v.decode() if isinstance(v, bytes) else v for v in array.ravel().tolist()]
    learned = None
    if hasattr(layer, "get_vocabulary"):
        learned = [token.item() if hasattr(token, "item") else token for token in vocabulary(layer)]
    elif hasattr(layer, "bin_boundaries"):
        learned = [float(boundary) for boundary in layer.bin_boundaries]
    return {
        "shape": list(array.shape),
        "dtype": "string" if array.dtype.kind in "OU" else array.dtype.name,
        "values": [round(v, 6) if isinstance(v, float) else v for v in values],
        "learned": learned,
    }


def vocabulary(layer: Any) -> list[Any]:
    """The tokens that a layer knows."""
    return list(layer.get_vocabulary())


if __name__ == "__main__":
    import keras

    rows = [json.dumps(result(keras.layers, case)) for case in cases()]
    print("[\n" + ",\n".join(rows) + "\n]")
