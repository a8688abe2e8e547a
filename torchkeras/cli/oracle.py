"""A program that runs a model in Keras itself and writes what each of its layers gave.

It is run by a Python that has Keras, which needn't have torchkeras: hence no import of it here.
"""

import importlib
import json
import os
import runpy
import sys
from typing import Any

import numpy as np

STARTED, OPENED = "torchkeras verify: Keras is there", "torchkeras verify: the model is open"


def main(arguments: list[str]) -> None:
    """Run a model.

    Args:
        arguments: A JSON object: ``oracle`` (the package, ``"keras"`` or ``"tf_keras"``), ``model``
            (the file), ``given`` (the ``.npz`` file of its inputs by number), ``structure`` (of the
            inputs, with numbers for leaves), ``custom`` (a Python file to run before, or None),
            ``gradients`` (whether they are wanted) and ``target``: the ``.npz`` file to write, an
            array ``order`` of JSON, and the outputs under their numbers in it.
    """
    task = json.loads(arguments[0])
    keras = importlib.import_module(task["oracle"])
    print(STARTED, file=sys.stderr, flush=True)
    if task["custom"]:
        sys.path.insert(0, os.path.dirname(task["custom"]))
        known = keras.utils.get_custom_objects()
        known.update(unregistered(runpy.run_path(task["custom"]), known))
    model = keras.models.load_model(task["model"], compile=False)
    print(OPENED, file=sys.stderr, flush=True)
    engine = engine_of(keras)
    with np.load(task["given"], allow_pickle=False) as file:
        arrays = [engine.tensor(file[f"input_{n}"]) for n in range(len(file.files))]
    recorder, states = Recorder(keras), states_of(model)
    outputs = recorder.run(model, placed(task["structure"], arrays))
    recorder.note("", type(model).__name__, outputs)
    if task["gradients"]:
        for state, value in states:
            state.assign(value)
        found = engine.gradients(model, task["structure"], arrays)
        for name, gradient in found:
            recorder.keep(name, "gradient", [] if gradient is None else [gradient])
    order = json.dumps({"oracle": engine.title, "layers": recorder.calls})
    np.savez(task["target"], order=np.array(order), **recorder.arrays)


def unregistered(names: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Classes and functions that the file with these global names defines, but for those known."""
    own = {n: t for n, t in names.items() if getattr(t, "__module__", None) == names["__name__"]}
    registered = {id(thing) for thing in known.values()}
    return {n: t for n, t in own.items() if callable(t) and id(t) not in registered}


def states_of(model: Any) -> list[tuple[Any, np.ndarray]]:
    """The variables in which stateful layers keep what they go on from, and their values."""
    held = [getattr(layer, "states", None) for layer in model._flatten_layers()]
    states = [state for state in leaves(held) if hasattr(state, "assign")]
    return [(state, in_numpy(tensor_of(state)).copy()) for state in states]


def tensor_of(variable: Any) -> Any:
    """The backend's tensor in a variable; TensorFlow's is one itself."""
    value = getattr(variable, "value", variable)
    return variable if callable(value) else value


class Recorder:
    """What each call of a layer gives."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.calls: list[dict[str, Any]] = []
        self.arrays: dict[str, np.ndarray] = {}

    def run(self, model: Any, inputs: Any) -> Any:
        """Call ``model`` in inference and note the calls within it, but for those of single steps.

        A call is named after the layers that it is within, the outermost first.
        """
        layer_class, callers = self.keras.layers.Layer, []
        stepping = (self.keras.layers.RNN, self.keras.layers.TimeDistributed)
        original = layer_class.__call__

        def noted(layer: Any, *args: Any, **kwargs: Any) -> Any:
            callers.append(layer)
            try:
                outputs = original(layer, *args, **kwargs)
            finally:
                callers.pop()
            if callers and not any(isinstance(caller, stepping) for caller in callers):
                name = "/".join([*(caller.name for caller in callers[1:]), layer.name])
                self.note(name, type(layer).__name__, outputs)
            return outputs

        layer_class.__call__ = noted
        try:
            return model(inputs, training=False)
        finally:
            layer_class.__call__ = original

    def note(self, name: str, kind: str, outputs: Any) -> None:
        """Keep the tensors of one call."""
        self.keep(name, kind, [in_numpy(leaf) for leaf in leaves(outputs) if leaf is not None])

    def keep(self, name: str, kind: str, arrays: list[np.ndarray]) -> None:
        """Keep the numbers among ``arrays``."""
        numbers = []
        for array in arrays:
            if array.dtype.kind in "fiub":
                numbers.append(len(self.arrays))
                self.arrays[str(len(self.arrays))] = array
        self.calls.append({"name": name, "class": kind, "outputs": numbers})


# --- Structures


def placed(structure: Any, arrays: list[Any]) -> Any:
    """``structure`` with the arrays of its numbers."""
    if isinstance(structure, dict):
        return {key: placed(value, arrays) for key, value in structure.items()}
    if isinstance(structure, list):
        return [placed(value, arrays) for value in structure]
    return arrays[structure]


def leaves(structure: Any) -> list[Any]:
    """The leaves of a structure, those of a dict by its sorted keys."""
    if isinstance(structure, dict):
        structure = [structure[key] for key in sorted(structure)]
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in leaves(item)]
    return [structure]


def in_numpy(tensor: Any) -> np.ndarray:
    """The numbers of a tensor of any backend; those of few bits as float32."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        tensor = tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor
    array = np.asarray(tensor)
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def weights_like(outputs: np.ndarray) -> np.ndarray:
    """A number for each output, so that their weighted sum depends on all in different ways."""
    return np.cos(np.arange(outputs.size) * 0.7).reshape(outputs.shape).astype("float32")


# --- Backends


class Engine:
    """What a backend has to do; this one gives no gradients."""

    def __init__(self, keras: Any, name: str) -> None:
        package = "Keras" if keras.__name__ == "keras" else keras.__name__
        self.title = f"{package} {keras.__version__} on {name}"

    def tensor(self, array: np.ndarray) -> Any:
        """What the model is called on for an array."""
        return array

    def gradients(
        self, model: Any, structure: Any, arrays: list[Any]
    ) -> list[tuple[str, np.ndarray | None]]:
        """Names and gradients of the weights and inputs; see ``weights_like`` for what of."""
        raise RuntimeError(f"verify has no way to ask {self.title} for gradients")


class TorchEngine(Engine):
    """Keras on torch."""

    def tensor(self, array: np.ndarray) -> Any:
        torch = importlib.import_module("torch")
        return torch.as_tensor(array) if array.dtype.kind in "fiub" else array

    def gradients(
        self, model: Any, structure: Any, arrays: list[Any]
    ) -> list[tuple[str, np.ndarray | None]]:
        torch = importlib.import_module("torch")
        arrays = [
            array.detach().clone().requires_grad_() if is_floating(array) else array
            for array in arrays
        ]
        with torch.enable_grad():
            outputs = leaves(model(placed(structure, arrays), training=False))
            outputs = [y for y in outputs if is_floating(y)]
            total = sum(
                (y.float() * torch.as_tensor(weights_like(in_numpy(y)))).sum() for y in outputs
            )
        names, sources = _sources(model, arrays)
        if not sources or not outputs:
            return []
        found = torch.autograd.grad(total, sources, allow_unused=True)
        return [(n, None if g is None else in_numpy(g)) for n, g in zip(names, found, strict=True)]


class TensorFlowEngine(Engine):
    """Keras on TensorFlow, and ``tf_keras``."""

    def tensor(self, array: np.ndarray) -> Any:
        tensorflow = importlib.import_module("tensorflow")
        return tensorflow.constant(array.astype(object) if array.dtype.kind == "U" else array)

    def gradients(
        self, model: Any, structure: Any, arrays: list[Any]
    ) -> list[tuple[str, np.ndarray | None]]:
        tensorflow = importlib.import_module("tensorflow")
        with tensorflow.GradientTape() as tape:
            tape.watch([array for array in arrays if is_floating(array)])
            outputs = leaves(model(placed(structure, arrays), training=False))
            outputs = [y for y in outputs if is_floating(y)]
            total = sum(
                tensorflow.reduce_sum(tensorflow.cast(y, "float32") * weights_like(in_numpy(y)))
                for y in outputs
            )
        names, sources = _sources(model, arrays)
        if not sources or not outputs:
            return []
        found = tape.gradient(total, sources)
        arrays = [None if g is None else in_numpy(tensorflow.convert_to_tensor(g)) for g in found]
        return list(zip(names, arrays, strict=True))


def _sources(model: Any, arrays: list[Any]) -> tuple[list[str], list[Any]]:
    """Names of what gradients are taken by, and the variables and tensors themselves."""
    weights = list(model.trainable_weights)
    inputs = {f"input {n}": array for n, array in enumerate(arrays) if is_floating(array)}
    names = [getattr(weight, "path", weight.name).removesuffix(":0") for weight in weights]
    return [*names, *inputs], [*map(tensor_of, weights), *inputs.values()]


def is_floating(tensor: Any) -> bool:
    """Whether the numbers of a tensor have fractions."""
    return "float" in str(getattr(tensor, "dtype", ""))


def engine_of(keras: Any) -> Engine:
    """What speaks to the backend of ``keras``."""
    backend = getattr(keras.backend, "backend", lambda: "tensorflow")()
    engines = {"torch": TorchEngine, "tensorflow": TensorFlowEngine}
    return engines.get(backend, Engine)(keras, backend)


if __name__ == "__main__":
    main(sys.argv[1:])
