"""Checkpoints that all processes write together: ``torch.distributed.checkpoint`` in safetensors.

A folder holds ``state`` (weights and optimizer, each process's shards) and, for whole models,
``config.json``. It is written under another name and renamed when it is complete.
"""

import contextlib
import os
import re
import shutil
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import argument_error
from torchkeras.distribution import is_chief
from torchkeras.saving import keras_archive
from torchkeras.saving.budget import MemoryBudget
from torchkeras.saving.files import check_folder, damaged, put_in_place, synchronize
from torchkeras.saving.temporary import telling_of

STATE, CONFIG = "state", keras_archive.CONFIG
# How reading tells that files aren't what ``save`` writes.
_SIGNS_OF_DAMAGE = (LookupError, TypeError, AttributeError)


def is_checkpoint(path: str | os.PathLike[str]) -> bool:
    """Whether ``path`` is such a folder, or one of several of them by number."""
    return _newest(path) is not None


def _newest(path: str | os.PathLike[str]) -> Path | None:
    path = Path(path)
    if (path / STATE).is_dir():
        return path
    numbers = [int(name) for name in os.listdir(path) if name.isdigit()] if path.is_dir() else []
    found = [path / str(number) for number in sorted(numbers)]
    found = [folder for folder in found if (folder / STATE).is_dir()]
    return found[-1] if found else None


def values(model: Any, weights_only: bool) -> dict[str, Tensor]:
    """Weights, and the optimizer's variables, by name."""
    found = {n: v for n, v in model.state_dict().items() if isinstance(v, Tensor)}
    if not weights_only:
        optimizer = getattr(model, "optimizer", None)
        for number, variable in enumerate(getattr(optimizer, "variables", ())):
            found[f"optimizer.{number}"] = variable.parameter.detach()
    return found


def config(model: Any) -> str:
    """The configuration of ``model`` as it stands in a file."""
    return keras_archive.to_json(model)


def save(
    folder: str | os.PathLike[str], tensors: dict[str, Tensor], config: str | None, group: Any
) -> None:
    """Write a checkpoint; every process has to.

    Args:
        folder: Where to.
        tensors: What ``values`` gave.
        config: What ``config`` gave; None for weights alone.
        group: The processes' group; None for one process.

    Raises:
        OSError: the disk is full or fails, for one of them.
    """
    folder = Path(folder)
    temporary = folder.with_name(f".{folder.name}.tmp")
    with telling_of(folder):
        try:
            _write(temporary, tensors, config, group)
            if is_chief():
                synchronize(temporary)
                put_in_place(temporary, folder)
        finally:
            if is_chief():
                shutil.rmtree(temporary, ignore_errors=True)


def _write(temporary: Path, tensors: dict[str, Tensor], config: str | None, group: Any) -> None:
    """Each process's part of a checkpoint."""
    from torch.distributed import checkpoint

    if is_chief():
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        if config is not None:
            (temporary / CONFIG).write_text(config, encoding="utf-8")
    if group is not None:
        torch.distributed.barrier(group)
    writer = checkpoint.HuggingFaceStorageWriter(
        str(temporary / STATE), save_distributed=group is not None
    )
    try:
        with _quiet():
            checkpoint.save(
                tensors, storage_writer=writer, process_group=group, no_dist=group is None
            )
    except checkpoint.CheckpointException as error:
        cause = next(failure for failure, _ in error.failures.values())
        raise _error_of_disk(cause, temporary) from error


def _error_of_disk(error: BaseException, path: str | os.PathLike) -> OSError:
    """An error that torch raised when it couldn't write ``path``, as the system's."""
    found = re.search(r"os error (\d+)|Errno (\d+)", str(error))
    if found is None:
        return OSError(f"{path}: {error}")
    code = int(found[1] or found[2])
    return OSError(code, os.strerror(code), str(path))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's warnings of how it is built, which a caller can't heed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def load_weights(model: Any, path: str | os.PathLike[str]) -> None:
    """Give ``model``, and its optimizer if it is built, what the newest checkpoint holds.

    Raises:
        ValueError: names or shapes differ, or it is damaged.
    """
    from safetensors import SafetensorError
    from torch.distributed import checkpoint

    folder = _newest(path)
    check_folder(folder)
    reader = checkpoint.HuggingFaceStorageReader(str(folder / STATE))
    try:
        stored = reader.read_metadata().state_dict_metadata
    except (SafetensorError, *_SIGNS_OF_DAMAGE) as error:
        raise damaged(f"checkpoint {folder}", str(error), "safetensors of each process") from error
    targets = values(model, weights_only=not any(name.startswith("optimizer.") for name in stored))
    differing = [
        name
        for name, tensor in targets.items()
        if name not in stored or tuple(stored[name].size) != tuple(tensor.shape)
    ]
    if differing:
        raise argument_error(
            "load_weights", "file", str(folder), "the names and shapes of this model",
            f"These differ: {', '.join(differing[:5])}.",
        )  # fmt: skip
    with _quiet(), torch.no_grad():
        checkpoint.load(
            targets,
            storage_reader=reader,
            no_dist=not torch.distributed.is_initialized(),
        )
        optimizer = getattr(model, "optimizer", None)
        for number, variable in enumerate(getattr(optimizer, "variables", ())):
            loaded = targets.get(f"optimizer.{number}")
            if loaded is not None and loaded.dim() == 0:  # kept on the host: no tensor was filled
                variable.assign(loaded)


def load_model(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None,
    compile: bool,
    safe_mode: bool,
) -> Any:
    """The model of the newest checkpoint; see ``saving.load_model``.

    Raises:
        ValueError: it holds weights alone.
    """
    folder = _newest(path)
    check_folder(folder)
    if not (folder / CONFIG).is_file():
        raise argument_error(
            "load_model", "filepath", str(folder), "a checkpoint of a whole model",
            "It holds weights alone: build the model and call load_weights.",
        )  # fmt: skip
    found = keras_archive.read_config(folder / CONFIG)
    if not compile:
        found["compile_config"] = None
    safe = serialization.SafeModeScope(safe_mode and serialization.in_safe_mode())
    stored = sum(file.stat().st_size for file in (folder / STATE).iterdir())
    with scopes.custom_objects_scope(custom_objects), safe, serialization.sharing_scope():
        with MemoryBudget(stored):
            model = serialization.deserialize_keras_object(found)
        load_weights(model, folder)
    return model
