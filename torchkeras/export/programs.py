"""Models as programs for inference: ``torch.export``, ONNX, AOTInductor."""

import inspect
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from torchkeras.core import nested, scopes
from torchkeras.core.checks import argument_error, nearest
from torchkeras.export import onnx
from torchkeras.export.lengths import left_open
from torchkeras.export.noise import quiet
from torchkeras.export.signatures import Sizes, arguments_of, joined
from torchkeras.export.traces import copy_package, untraced
from torchkeras.layers.base import Layer
from torchkeras.saving import files
from torchkeras.saving.deferred import DeferredFile

_SUFFIXES = {".pt2": "torch", ".onnx": "onnx"}
_ELSEWHERE = {
    "tf_saved_model": "TensorFlow's programs can't be written without TensorFlow. Use "
    'format="torch" (a .pt2 file) or "onnx" to serve the model, or save it as .keras and export '
    "that with Keras on TensorFlow.",
    "openvino": 'Use format="onnx": OpenVINO reads such files (openvino.convert_model).',
    "litert": 'Use format="torch" and convert the .pt2 file with litert_torch, or "onnx".',
    "torchscript": 'torch replaces it by torch.export: use format="torch", or "aoti" for a '
    "program that runs without Python.",
}


def export(
    model: Layer,
    filepath: str | os.PathLike,
    format: str = "tf_saved_model",
    verbose: Any = None,
    input_signature: Any = None,
    **options: Any,
) -> None:
    """Write what a model computes in inference, as a program that needs no torchkeras.

    The batch, and other sizes that the model leaves open, stay open; what a computation settles
    anyway is named in a warning.

    Args:
        model: A built model.
        filepath: The file.
        format: "torch" (a ``.pt2`` file for ``torch.export.load``), "onnx" (needs the extra
            ``onnx``) or "aoti" (a ``.pt2`` package of machine code for this kind of machine, for
            ``torch._inductor.aoti_load_package`` and for C++). The suffixes ``.pt2`` and ``.onnx``
            stand for the first two where no format is given.
        verbose: False leaves the message out.
        input_signature: Shapes and types of the inputs: ``InputSpec``, symbolic tensors or tensors,
            structured as the inputs, or a list with one for each argument; None takes the model's
            own.
        **options: For "torch" and "aoti" arguments of ``torch.export.export``; for "aoti" also
            ``inductor_configs``; for "onnx" ``opset_version``.

    Raises:
        ValueError: another format (the message says what to use), suffix or option; the model
            takes texts, or can't be written as a program.
        RuntimeError: the model isn't built, or doesn't remember what it is called on.
        ImportError: a package of the extra ``onnx`` isn't there.

    Source: Keras 3 ``Model.export``.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> folder = TemporaryDirectory()
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.export(Path(folder.name) / "model.pt2", verbose=False)
        >>> program = torch.export.load(Path(folder.name) / "model.pt2").module()
        >>> program(torch.zeros(3, 4)).shape
        torch.Size([3, 2])
        >>> folder.cleanup()
    """
    target = Path(filepath)
    format = _format(format, target)
    _WRITERS[format](model, target, input_signature, options)
    if verbose is None or verbose:
        print(f"Saved artifact at '{target}'.")


def _format(format: str, target: Path) -> str:
    if format == "tf_saved_model":  # the default
        format = _SUFFIXES.get(target.suffix, format)
    if format in _ELSEWHERE:
        raise argument_error(
            "export", "format", format, '"torch", "onnx" or "aoti"', _ELSEWHERE[format]
        )
    if format not in _WRITERS:
        raise argument_error(
            "export", "format", format, f"one of {', '.join(_WRITERS)}",
            nearest(str(format), list(_WRITERS)).strip(),
        )  # fmt: skip
    wanted = ".onnx" if format == "onnx" else ".pt2"
    if target.suffix != wanted:
        raise argument_error(
            "export", "filepath", str(target), f"a path that ends in {wanted!r}",
            f"Try {str(target.with_suffix(wanted))!r}.",
        )  # fmt: skip
    return format


# Programs


def program_of(
    module: nn.Module, example: tuple[Any, ...], shapes: tuple[Any, ...], **options: Any
) -> "torch.export.ExportedProgram":
    """``module`` as a ``torch.export`` program.

    Args:
        module: What is called.
        example: The arguments.
        shapes: Their sizes, None where open; structured as ``example``.
        **options: Of ``torch.export.export``.

    Raises:
        ValueError: an option isn't known, or the module can't be written down.
    """
    known = set(inspect.signature(torch.export.export).parameters) - {"mod", "args", "kwargs"}
    for name in options:
        if name not in known:
            raise argument_error(
                "export", name, options[name], f"one of {', '.join(sorted(known))}",
                nearest(name, sorted(known)).strip(),
            )  # fmt: skip
    given = options.pop("dynamic_shapes", None)
    if isinstance(given, dict) and all(isinstance(axis, int) for axis in given):
        given = (given,)  # of the only argument
    kinds = [given] if given is not None else [_open(shapes, "DYNAMIC"), _open(shapes, "AUTO")]
    for kind in kinds:
        try:
            with _in_inference(module), left_open(), quiet():
                program = torch.export.export(
                    module, example, dynamic_shapes=kind, **{"strict": False, **options}
                )
        except (torch._dynamo.exc.UserError, ValueError, RuntimeError) as failure:
            error = failure
            continue
        except (AttributeError, TypeError) as failure:
            raise ValueError(
                f"{_shown(module)} can't be called on its example: {_first_words(failure)} "
                "If it takes several arguments, give input_signature a list with one for each."
            ) from failure
        if kind is not kinds[0]:
            warnings.warn(
                "export: the model settles sizes that it declares open: "
                f"{_settled(program, shapes) or _first_words(error)}. The program takes no others.",
                stacklevel=2,
            )
        return untraced(program)
    hint = (
        " What depends on the values of tensors can't be written as a program: choose with "
        "torch.where or keras.ops.where."
        if "data-dependent" in str(error)
        else ""
    )
    raise ValueError(f"{_shown(module)} can't be exported: {_first_words(error)}{hint}") from error


def _settled(program: "torch.export.ExportedProgram", shapes: tuple[Any, ...]) -> str:
    """Which axes that were to be open have one size in a program."""
    names = program.graph_signature.user_inputs
    fixed = torch.fx.experimental.symbolic_shapes.is_concrete_int
    made = {node.name: node.meta["val"].shape for node in program.graph.nodes if node.name in names}
    return ", ".join(
        f'axis {axis} of "{name}" is {made[name][axis]}'
        for name, shape in zip(names, nested.flatten(shapes), strict=True)
        for axis, size in enumerate(shape.sizes)
        if size is None and fixed(made[name][axis])
    )


def _first_words(error: Exception) -> str:
    """What ``torch.export`` says, in short."""
    return " ".join(str(error).split())[:300]


def _shown(module: nn.Module) -> str:
    named = getattr(module, "model", module)
    return f'{type(named).__name__} "{getattr(named, "name", "")}"'


def _open(shapes: Any, kind: str) -> Any:
    """Which axes are open, as ``torch.export`` is told."""
    dynamic = getattr(torch.export.Dim, kind)

    def axes(shape: Sizes) -> dict[int, Any]:
        return {axis: dynamic for axis, size in enumerate(shape.sizes) if size is None}

    return nested.map_leaves(axes, shapes)


@contextmanager
def _in_inference(module: nn.Module) -> Iterator[None]:
    """A context in which a module is in inference mode, and gradients aren't recorded.

    Losses of earlier calls stay: to clear them would be a side effect of the call that is written.
    """
    modes = {part: part.training for part in module.modules()}
    recorded, scopes.local.losses_recorded = scopes.local.losses_recorded, False
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        scopes.local.losses_recorded |= recorded
        for part, mode in modes.items():
            part.training = mode


# Formats


def _write_torch(model: Layer, target: Path, signature: Any, options: dict[str, Any]) -> None:
    arguments = arguments_of(model, signature)
    save_program(program_of(model, arguments.tensors, arguments.sizes, **options), target)


def save_program(program: "torch.export.ExportedProgram", target: Path) -> None:
    """Write a ``.pt2`` file, whole or not at all."""
    with warnings.catch_warnings(), files.replacing(target) as temporary:
        # Of weights whose channels come last in memory; they are written as they are.
        warnings.filterwarnings("ignore", "No complete tensor found in the group")
        with DeferredFile(temporary) as file:
            torch.export.save(program, file)


def _write_aoti(model: Layer, target: Path, signature: Any, options: dict[str, Any]) -> None:
    configs = options.pop("inductor_configs", None)
    arguments = arguments_of(model, signature)
    program = program_of(model, arguments.tensors, arguments.sizes, **options)
    with tempfile.TemporaryDirectory() as folder:
        package = str(Path(folder) / "model.pt2")
        try:
            with quiet(), torch.no_grad():
                torch._inductor.aoti_compile_and_package(
                    program, package_path=package, inductor_configs=_without_lines(configs)
                )
        except torch._inductor.exc.InductorError as error:
            loop = torch.ops.higher_order.scan
            hint = (
                " Cells without a kernel of torch's need sequences of one length: give "
                "input_signature a fixed one."
                if any(node.target is loop for node in program.graph.nodes)
                else ""
            )
            raise ValueError(
                f"{_shown(model)} can't be compiled: {_first_words(error)}.{hint}"
            ) from error
        with files.replacing(target) as temporary:
            copy_package(Path(package), temporary)


def _without_lines(configs: dict[str, Any] | None) -> dict[str, Any]:
    """Inductor's options; machine code doesn't say which lines of whose files it comes from."""
    name = "aot_inductor.enable_line_tables"
    known = hasattr(torch._inductor.config.aot_inductor, "enable_line_tables")
    return {**({name: False} if known else {}), **(configs or {})}


class _Flat(nn.Module):
    """A model whose inputs and outputs are tensors in a row.

    Args:
        model: What is called.
        structure: Its arguments.
        note: Called with the paths of the outputs in their structure.
    """

    def __init__(
        self, model: nn.Module, structure: Any, note: Callable[[list[tuple]], None]
    ) -> None:
        super().__init__()
        self.model, self.structure, self.note = model, structure, note

    def forward(self, *inputs: Tensor) -> Any:
        made = self.model(*nested.pack_sequence_as(self.structure, list(inputs)))
        pairs = [pair for pair in nested.flatten_with_path(made) if isinstance(pair[1], Tensor)]
        self.note([path for path, _ in pairs])
        return tuple(tensor for _, tensor in pairs)


def _write_onnx(model: Layer, target: Path, signature: Any, options: dict[str, Any]) -> None:
    opset = options.pop("opset_version", None)
    if options:
        name = next(iter(options))
        raise argument_error("export", name, options[name], "opset_version alone for ONNX")
    onnx.require()
    stateful = [part.name for part in model.modules() if getattr(part, "stateful", False) is True]
    if stateful:
        warnings.warn(
            "export: ONNX keeps no state from call to call: each begins with the present one of "
            f'{", ".join(stateful)}. Use format="torch" to keep it.',
            stacklevel=4,
        )
    arguments = arguments_of(model, signature)
    flat, paths = tuple(nested.flatten(arguments.tensors)), []
    module = _Flat(model, arguments.tensors, paths.append)
    program = program_of(module, flat, (tuple(nested.flatten(arguments.sizes)),))
    try:
        made = onnx.written(program, flat, arguments.names, _output_names(model, paths[-1]), opset)
    except torch.onnx.errors.OnnxExporterError as error:
        raise ValueError(f"{_shown(model)} can't be written as ONNX: {_cause(error)}") from error
    onnx.save(made, target)


def _output_names(model: Layer, paths: list[tuple[Any, ...]]) -> list[str]:
    """Names of the outputs: keys, else of the layers that make them, or numbers."""
    own = getattr(model, "output_names", None) or ()
    own = own if len(own) == len(paths) else (None,) * len(paths)
    return [
        str(joined(path) or name or f"output_{number}")
        for number, (path, name) in enumerate(zip(paths, own, strict=True))
    ]


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:500]


_WRITERS: dict[str, Callable[[Layer, Path, Any, dict[str, Any]], None]] = {
    "torch": _write_torch,
    "onnx": _write_onnx,
    "aoti": _write_aoti,
}
