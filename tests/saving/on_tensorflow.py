"""A program that opens models in Keras on TensorFlow, and writes what they give.

It is run by a Python that has TensorFlow and needn't have torchkeras.
"""

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

TRAINING = {"epochs": 2, "batch_size": 4, "shuffle": False, "verbose": 0}


def main(folder: Path) -> None:
    """Open each ``NUMBER.keras`` and ``NUMBER.h5`` of ``folder``.

    ``NUMBER.npz`` has its inputs (``x0``, ...), and targets (``y``) if it is to be trained on.
    ``NUMBER.answers.npz`` gets the outputs (``0``, ...); ``answers.json`` gets the errors, and the
    history of those that are trained.
    """
    import tensorflow  # here alone, since tests are collected where it isn't

    answers = {}
    for path in sorted([*folder.glob("*.keras"), *folder.glob("*.h5")]):
        try:
            model = keras.models.load_model(path)
            with np.load(folder / f"{path.stem}.npz") as file:
                given = {name: file[name] for name in file.files}
            inputs = [given[f"x{n}"] for n in range(len(model.inputs))]
            inputs = [a.astype(object) if a.dtype.kind == "U" else a for a in inputs]
            tensors = [tensorflow.constant(array) for array in inputs]
            single = len(tensors) == 1 and not isinstance(model._inputs_struct, list)
            outputs = leaves(model(tensors[0] if single else tensors, training=False))
            history = model.fit(inputs[0], given["y"], **TRAINING).history if "y" in given else {}
        except Exception as error:  # noqa: BLE001, whatever it is: the model's test tells
            answers[path.stem] = {"error": f"{type(error).__name__}: {error}"}
            continue
        answers[path.stem] = {"history": history}
        np.savez(folder / f"{path.stem}.answers.npz", *outputs)
    (folder / "answers.json").write_text(json.dumps(answers))


def leaves(outputs: Any) -> list[np.ndarray]:
    """The tensors of a structure, in order."""
    if isinstance(outputs, (list, tuple)):
        return [leaf for item in outputs for leaf in leaves(item)]
    array = np.asarray(outputs)
    return [array.astype(str) if array.dtype == object else array]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
