"""Several functions of models in one folder of programs."""

import functools
import os
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.variable import Variable
from torchkeras.export.drawing import ROOMY
from torchkeras.export.programs import program_of, save_program
from torchkeras.export.signatures import Sizes, as_symbol, remembered
from torchkeras.layers.base import Layer
from torchkeras.saving import files, safetensors


class ExportArchive:
    """Programs for inference, one for each endpoint, with the weights they use.

    ``write_out`` makes a folder with ``NAME.pt2`` for each endpoint, to be opened with
    ``torch.export.load``, and ``variables.safetensors`` for collections of variables. Keras on
    TensorFlow writes a SavedModel here; these programs need torch alone.

    Args:
        format: "saved_model", the only one there is in Keras.
        **kwargs: There are no others.

    Raises:
        ValueError: another format, or an argument that isn't known.

    Source: Keras 3 and tf.keras 2 ``ExportArchive``.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> folder = TemporaryDirectory()
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> archive = keras.export.ExportArchive()
        >>> archive.track(model)
        >>> signature = [keras.InputSpec(shape=(None, 4), dtype="float32")]
        >>> serve = archive.add_endpoint("serve", model.call, signature)
        >>> archive.write_out(Path(folder.name) / "served", verbose=False)
        >>> program = torch.export.load(Path(folder.name) / "served" / "serve.pt2").module()
        >>> program(torch.zeros(3, 4)).shape
        torch.Size([3, 2])
        >>> folder.cleanup()
    """

    def __init__(self, format: str = "saved_model", **kwargs: Any) -> None:
        if format != "saved_model":
            raise argument_error(type(self), "format", format, '"saved_model"')
        for name, value in kwargs.items():
            raise argument_error(type(self), name, value, "no such argument")
        self._tracked: list[nn.Module] = []
        self._endpoints: dict[str, tuple[Callable[..., Any], Any]] = {}
        self._collections: dict[str, list[Variable]] = {}

    @property
    def variables(self) -> list[Variable]:
        """The variables of what is tracked."""
        return [v for layer in self._tracked if isinstance(layer, Layer) for v in layer.variables]

    @property
    def trainable_variables(self) -> list[Variable]:
        """Those that are trained."""
        return [variable for variable in self.variables if variable.trainable]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """Those that aren't."""
        return [variable for variable in self.variables if not variable.trainable]

    def track(self, resource: Any) -> None:
        """Take in the weights of a layer, model or torch module.

        Raises:
            ValueError: it is something else, or isn't built.
        """
        if not isinstance(resource, nn.Module):
            raise argument_error(
                type(self), "resource", resource, "a layer, a model or a torch module"
            )
        if isinstance(resource, Layer) and not resource.built:
            raise argument_error(
                type(self), "resource", resource, "a built layer", "Call it on data first."
            )
        if all(resource is not known for known in self._tracked):
            self._tracked.append(resource)

    def add_endpoint(
        self,
        name: str,
        fn: Callable[..., Any],
        input_signature: Any = None,
        **kwargs: Any,
    ) -> Callable[..., Any]:
        """Add a function under a name.

        Args:
            name: Name of the endpoint, and of its file.
            fn: Takes tensors; layers that it refers to are tracked.
            input_signature: List of the arguments' shapes and types (``InputSpec``, symbolic
                tensors or tensors, or structures of these); None takes those of a model.
            **kwargs: None of those for JAX applies here.

        Returns:
            ``fn``.

        Raises:
            ValueError: the name is taken or no name of a file, or there is no signature.
        """
        for key, value in kwargs.items():
            hint = "It belongs to Keras on JAX." if key in ("is_static", "jax2tf_kwargs") else ""
            raise argument_error("add_endpoint", key, value, "no such argument on torch", hint)
        if name in self._endpoints:
            raise argument_error("add_endpoint", "name", name, "a name that isn't taken yet")
        files.check_member_name(name)
        if "/" in name:
            raise argument_error("add_endpoint", "name", name, "a name without slashes")
        if input_signature is None:
            input_signature = [remembered(self._model_of(fn))]
        elif not isinstance(input_signature, (list, tuple)):
            input_signature = [input_signature]
        for module in modules_of(fn):
            self.track(module)
        self._endpoints[name] = (fn, list(input_signature))
        return fn

    def track_and_add_endpoint(
        self, name: str, resource: Any, input_signature: Any, **kwargs: Any
    ) -> Callable[..., Any]:
        """Track a layer or model, add its call as an endpoint, and give that back."""
        self.track(resource)
        return self.add_endpoint(name, resource.__call__, input_signature, **kwargs)

    def add_variable_collection(self, name: str, variables: Sequence[Variable]) -> None:
        """Note variables under a name of their own: ``variables.safetensors`` has ``NAME/0``, ...

        Those of a set go by their paths.

        Raises:
            ValueError: ``variables`` holds something else.
        """
        if not isinstance(variables, (list, tuple, set)):
            raise argument_error("add_variable_collection", "variables", variables, "a list")
        for variable in variables:
            if not isinstance(variable, Variable):
                raise argument_error(
                    "add_variable_collection", "variables", variable, "variables alone"
                )
        is_ordered = not isinstance(variables, set)
        self._collections[name] = (
            list(variables) if is_ordered else sorted(variables, key=lambda v: v.path)
        )

    def write_out(
        self, filepath: str | os.PathLike, options: Any = None, verbose: bool = True
    ) -> None:
        """Write the folder. Its files are all new or as they were, and other files stay.

        Args:
            filepath: The folder.
            options: TensorFlow's options for SavedModels; there are none here.
            verbose: Whether a message is printed.

        Raises:
            RuntimeError: there is no endpoint.
            ValueError: ``options``, or an endpoint that can't be written as a program.
        """
        if options is not None:
            raise argument_error("write_out", "options", options, "None: no SavedModel is written")
        if not self._endpoints:
            raise moment_error(type(self), "has no endpoint", "Call add_endpoint first.")
        programs = {name: self._program(*endpoint) for name, endpoint in self._endpoints.items()}
        folder = Path(filepath)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing_within(folder) as written:
            for name, program in programs.items():
                save_program(program, written / f"{name}.pt2")
            if self._collections:
                self._write_collections(written / "variables.safetensors")
        if verbose:
            names = ", ".join(f"{name}.pt2" for name in self._endpoints)
            print(f"Saved artifact at '{folder}'. It has the torch.export programs {names}.")

    def _program(self, function: Callable[..., Any], signature: list[Any]) -> Any:
        endpoint = _Endpoint(function, self._tracked)
        sizes = nested.map_leaves(lambda spec: Sizes(as_symbol(spec).shape), tuple(signature))
        return program_of(endpoint, endpoint.example(tuple(signature)), (sizes,))

    def _write_collections(self, path: Path) -> None:
        tensors = {
            f"{name}/{number}": variable.value
            for name, variables in self._collections.items()
            for number, variable in enumerate(variables)
        }
        safetensors.write(tensors, path, {"format": "pt"})

    def _model_of(self, function: Callable[..., Any]) -> Layer:
        owner = function if isinstance(function, Layer) else getattr(function, "__self__", None)
        if not isinstance(owner, Layer):
            raise argument_error(
                "add_endpoint", "input_signature", None,
                "a list of the arguments' shapes and types",
                "Try [keras.InputSpec(shape=(None, 4))].",
            )  # fmt: skip
        return owner


class _Endpoint(nn.Module):
    """A function, with the modules that it uses."""

    def __init__(self, function: Callable[..., Any], modules: list[nn.Module]) -> None:
        super().__init__()
        self.function = function if not isinstance(function, nn.Module) else function.__call__
        self.modules_used = nn.ModuleList(modules)

    def forward(self, *args: Any) -> Any:
        return self.function(*args)

    def example(self, signature: tuple[Any, ...]) -> tuple[Any, ...]:
        """Zeros that the function takes; the first length that it does for sizes left open."""
        symbols = nested.map_leaves(as_symbol, signature)
        is_open = any(None in symbol.shape[1:] for symbol in nested.flatten(symbols))
        for length in ROOMY if is_open else ():
            example = nested.map_leaves(lambda symbol: _zeros(symbol, length), symbols)  # noqa: B023
            try:
                with torch.no_grad():
                    self(*example)
            except (RuntimeError, ValueError):
                continue
            return example
        return nested.map_leaves(lambda symbol: _zeros(symbol, ROOMY[0]), symbols)


def _zeros(symbol: Any, length: int) -> Tensor:
    first, *rest = (*symbol.shape, None)[: max(symbol.ndim, 1)]
    sizes = [3 if first is None else first, *(length if size is None else size for size in rest)]
    return torch.zeros(sizes[: symbol.ndim], dtype=getattr(torch, symbol.dtype))


def modules_of(function: Callable[..., Any]) -> list[nn.Module]:
    """Built modules that a function refers to.

    They are its owner, in its closure, under global names that it uses, or what a function of the
    same file among these refers to.
    """
    found: dict[int, nn.Module] = {}
    seen: set[int] = set()
    waiting: list[Any] = [function]
    while waiting:
        value = waiting.pop(0)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, nn.Module):
            if getattr(value, "built", True):
                found[id(value)] = value
        elif isinstance(value, (list, tuple)):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, functools.partial):
            waiting += [value.func, *value.args, *value.keywords.values()]
        elif callable(value):
            waiting += _referred(value)
    return list(found.values())


def _referred(function: Callable[..., Any]) -> list[Any]:
    if (owner := getattr(function, "__self__", None)) is not None:
        return [owner] if isinstance(owner, nn.Module) else []
    if not isinstance(function, types.FunctionType):
        return []
    cells = [cell.cell_contents for cell in function.__closure__ or () if not _is_empty(cell)]
    known = function.__globals__
    named = [known[name] for name in function.__code__.co_names if name in known]
    kinds = (nn.Module, functools.partial, list, tuple, dict)
    return [
        value
        for value in (*cells, *named)
        if isinstance(value, kinds) or getattr(value, "__globals__", None) is known
    ]


def _is_empty(cell: Any) -> bool:
    """Whether a name of a closure has no value yet."""
    try:
        return cell.cell_contents is None
    except ValueError:
        return True
