"""A program that runs a model in Keras itself and writes what each of its layers gave.

It is run by a Python that has Keras, which needn't have torchkeras: hence no import of it here.
"""

import importlib
import json
import sys
from typing import Any

import numpy as np


def main(arguments: list[str]) -> None:
    """Run a model.

    Args:
        arguments: The model file, the ``.npz`` file of its inputs in order, and the ``.npz`` file
            to write: an array ``order`` of JSON, and the outputs under their numbers in it.
    """
    path, given, target = arguments
    keras = importlib.import_module("keras")
    model = keras.models.load_model(path, compile=False)
    with np.load(given, allow_pickle=False) as file:
        arrays = [file[f"input_{number}"] for number in range(len(file.files))]
    recorder = Recorder(keras)
    outputs = recorder.run(model, arrays)
    recorder.note("", type(model).__name__, outputs)
    version = f"Keras {keras.__version__} on {keras.backend.backend()}"
    order = json.dumps({"oracle": version, "layers": recorder.calls})
    np.savez(target, order=np.array(order), **recorder.arrays)


class Recorder:
    """What each call of a layer gives."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.calls: list[dict[str, Any]] = []
        self.arrays: dict[str, np.ndarray] = {}

    def run(self, model: Any, arrays: list[np.ndarray]) -> Any:
        """Call ``model`` in inference and note the calls within it."""
        layer_class, depth = self.keras.layers.Layer, []
        original = layer_class.__call__

        def noted(layer: Any, *args: Any, **kwargs: Any) -> Any:
            depth.append(layer)
            try:
                outputs = original(layer, *args, **kwargs)
            finally:
                depth.pop()
            if depth:
                self.note(layer.name, type(layer).__name__, outputs)
            return outputs

        layer_class.__call__ = noted
        try:
            return model(structured(self.keras, model, arrays), training=False)
        finally:
            layer_class.__call__ = original

    def note(self, name: str, kind: str, outputs: Any) -> None:
        """Keep the tensors of one call."""
        numbers = []
        for leaf in self.keras.tree.flatten(outputs):
            array = self.keras.ops.convert_to_numpy(leaf) if leaf is not None else None
            if array is not None and array.dtype.kind in "fiub":
                numbers.append(len(self.arrays))
                self.arrays[str(len(self.arrays))] = np.asarray(array)
        self.calls.append({"name": name, "class": kind, "outputs": numbers})


def structured(keras: Any, model: Any, arrays: list[np.ndarray]) -> Any:
    """The arrays as the model wants them."""
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        return arrays[0] if len(arrays) == 1 else arrays
    return keras.tree.pack_sequence_as(structure, arrays)


if __name__ == "__main__":
    main(sys.argv[1:])
