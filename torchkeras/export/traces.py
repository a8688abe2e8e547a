"""What programs tell of the machine that wrote them, taken out."""

import shutil
import sysconfig
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import fx

# Where torch's exporters note which lines of whose files an operation comes from.
_NOTE, _ONNX_NOTE = "stack_trace", "pkg.torch.onnx.stack_trace"
# As many bytes don't stand by chance among the weights in machine code.
_UNLIKELY = 12


def untraced(program: "torch.export.ExportedProgram") -> "torch.export.ExportedProgram":
    """A program that doesn't say which lines of whose files it comes from; changed in place."""
    for part in program.graph_module.modules():
        for node in part.graph.nodes if isinstance(part, fx.GraphModule) else ():
            node.meta.pop(_NOTE, None)
    return program


def untraced_onnx(model: Any) -> Any:
    """The same of a model of ``onnx_ir``; changed in place."""
    for graph in (model.graph, *model.functions.values()):
        for node in graph.all_nodes():
            node.metadata_props.pop(_ONNX_NOTE, None)
    return model


def copy_package(source: Path, target: Path) -> None:
    """Copy a package of machine code without the names of folders.

    The compiler's command stands in it, and assertions name the headers that they are in.
    """
    folders = _folders()
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(target, "w") as copied:
        for name in package.namelist():
            entry = zipfile.ZipInfo(name)  # of no time
            with package.open(name) as old, copied.open(entry, "w", force_zip64=True) as new:
                if name.endswith(".cpp"):
                    new.write(_blanked(old.read(), folders))
                elif name.endswith(".so"):
                    new.write(_blanked(old.read(), [f for f in folders if len(f) >= _UNLIKELY]))
                else:
                    shutil.copyfileobj(old, new)


def _blanked(data: bytes, folders: list[bytes]) -> bytes:
    """``data`` with slashes in the place of folders: compiled texts keep their length."""
    for folder in folders:
        data = data.replace(folder, b"/" * len(folder))
    return data


def _folders() -> list[bytes]:
    """Folders of this machine's Python, torch, user and temporary files; the longest first."""
    paths = [
        *sysconfig.get_paths().values(), *torch.__path__, Path.home(), Path.cwd(),
        tempfile.gettempdir(), torch._inductor.runtime.cache_dir_utils.cache_dir(),
    ]  # fmt: skip
    found = {f"{form}/" for path in map(Path, paths) for form in (path, path.resolve())}
    return sorted((path.encode() for path in found if path != "//"), key=len, reverse=True)
