"""Programs as ONNX."""

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from torchkeras.export import decompositions
from torchkeras.export.lengths import left_open
from torchkeras.export.noise import quiet
from torchkeras.export.traces import untraced_onnx
from torchkeras.saving import files
from torchkeras.saving.temporary import alone_in

# Above this many bytes weights go to a file beside the model's; ONNX's own format ends at 2 GiB.
MOST_WITHIN = 1_800_000_000
aten = torch.ops.aten


def require() -> None:
    """Check that the packages are there.

    Raises:
        ImportError: one isn't.
    """
    for package in ("onnx", "onnxscript"):
        try:
            __import__(package)
        except ImportError:
            raise ImportError(
                f"Writing ONNX needs the package {package}: pip install torchkeras-compat[onnx]."
            ) from None


def written(
    program: "torch.export.ExportedProgram",
    example: tuple[Any, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    opset: int | None,
) -> Any:
    """A program as ONNX's model.

    Args:
        program: Of ``torch.export``, whose arguments are tensors.
        example: Its arguments.
        inputs: Their names.
        outputs: Names of the results.
        opset: Version of ONNX's operations; None takes torch's.

    Raises:
        torch.onnx.errors.OnnxExporterError: ONNX has no such operation.
    """
    with left_open(), quiet(), torch.no_grad():
        program = _reshaped(_reshaped(program).run_decompositions(decompositions.TABLE))
        made = torch.onnx.export(
            program,
            example,
            dynamo=True,
            opset_version=opset,
            custom_translation_table=_translations(),
            verbose=False,
        )
    _name(made.model.graph, inputs, outputs)
    return untraced_onnx(made.model)


def _reshaped(program: "torch.export.ExportedProgram") -> "torch.export.ExportedProgram":
    """A program without views, which fail where an operation is taken apart into others that lay
    out their results differently; changed in place."""
    for node in program.graph.nodes:
        if node.target is aten.view.default:
            node.target = aten.reshape.default
    return program


def _name(graph: Any, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Give inputs and outputs their names; other values make room."""
    wanted = [*zip(graph.inputs, inputs, strict=True), *zip(graph.outputs, outputs, strict=True)]
    taken: set[str] = set()
    chosen: dict[int, tuple[Any, str]] = {}
    for value, name in wanted:
        if id(value) in chosen:  # put out twice, or as it came in
            continue
        unique, number = name, 1
        while unique in taken:
            unique, number = f"{name}_{number}", number + 1
        taken.add(unique)
        chosen[id(value)] = value, unique
    for value in _values(graph):
        if value.name in taken and id(value) not in chosen:
            value.name = f"{value.name}.inner"
    for value, name in chosen.values():
        value.name = name


def _values(graph: Any) -> list[Any]:
    made = [value for node in graph.all_nodes() for value in node.outputs]
    return [*graph.inputs, *graph.initializers.values(), *made]


def save(model: Any, target: Path) -> None:
    """Write a model, whole or not at all.

    Large ones keep their weights in a file beside it, which gets a name of its own, so that an
    older model keeps its weights until it is replaced.
    """
    import onnx_ir

    size = sum(
        value.const_value.nbytes
        for value in model.graph.initializers.values()
        if value.const_value is not None
    )
    beside = f"{target.name}.{secrets.token_hex(4)}.data" if size > MOST_WITHIN else None
    with contextlib.ExitStack() as stack:
        with files.undone_if_it_fails() as undoing, files.replacing(target) as temporary:
            onnx_ir.save(model, temporary, external_data=beside)
            stack.enter_context(alone_in(target.parent))
            if beside is not None:
                files.synchronize(temporary.with_name(beside))
                os.replace(temporary.with_name(beside), target.with_name(beside))
                undoing.append(target.with_name(beside).unlink)
        for older in target.parent.glob(f"{target.name}.*.data"):
            if older.name != beside:
                older.unlink()


# Operations that have one of their own in ONNX


def _translations() -> dict[Any, Any]:
    from onnxscript import opset18 as op

    return {
        aten.rnn_tanh.input: _recurrent("Tanh"),
        aten.rnn_relu.input: _recurrent("Relu"),
        aten._int_mm.default: lambda x, y: op.MatMulInteger(x, y),
    }


def _recurrent(activation: str) -> Any:
    from onnxscript import opset18 as op

    def translated(
        x: Any, state: Any, weights: Sequence[Any], has_biases: bool, num_layers: int,
        dropout: float, train: bool, bidirectional: bool, batch_first: bool,
    ) -> tuple[Any, Any]:  # fmt: skip
        """ONNX's ``RNN``, a layer at a time."""
        ways, parts = 2 if bidirectional else 1, 4 if has_biases else 2
        y = op.Transpose(x, perm=[1, 0, 2]) if batch_first else x
        finals = []
        for layer in range(num_layers):
            own = [weights[(layer * ways + way) * parts :][:parts] for way in range(ways)]
            stacked = [
                op.Concat(*(op.Unsqueeze(part, [0]) for part in column), axis=0)
                for column in zip(*own, strict=True)
            ]
            bias = op.Concat(*stacked[2:], axis=1) if has_biases else None
            first = op.Slice(state, [layer * ways], [(layer + 1) * ways], [0])
            y, final = op.RNN(
                y, stacked[0], stacked[1], bias, None, first,
                activations=[activation] * ways,
                direction="bidirectional" if bidirectional else "forward",
                hidden_size=state.shape[2],
            )  # fmt: skip
            y = op.Reshape(op.Transpose(y, perm=[0, 2, 1, 3]), [0, 0, -1])  # (t, b, ways * u)
            finals.append(final)
        y = op.Transpose(y, perm=[1, 0, 2]) if batch_first else y
        return y, op.Concat(*finals, axis=0) if len(finals) > 1 else finals[0]

    return translated
