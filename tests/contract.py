"""What every layer keeps, tried on the rows of every family.

Adding a class adds a row to a file of ``rows/``; adding a family adds a file.
"""

import copy
import importlib
import io
import json
import pickle
from pathlib import Path
from typing import Any

import torch
from parity import as_leaves, projected
from row import Row

import torchkeras

FAMILIES = [
    importlib.import_module(f"rows.{file.stem}")
    for file in sorted((Path(__file__).parent / "rows").glob("[a-z]*.py"))
]
TABLE = [row for family in FAMILIES for row in family.TABLE]


def check_shapes(row: Row) -> None:
    """Building by shape and by call give the same weights; symbolic output is the eager one's."""
    by_shape, by_call = row.layer(), row.layer()
    by_shape.build(row.shape)
    y = by_call(row.tensors())
    assert by_shape.built
    assert [w.shape for w in by_shape.weights] == [w.shape for w in by_call.weights]
    assert [w.name for w in by_shape.weights] == [w.name for w in by_call.weights]
    symbols = row.layer()(row.symbols())
    for mine, symbol in zip(as_leaves(y), as_leaves(symbols), strict=True):
        assert (None, *mine.shape[1:]) == tuple(symbol.shape)
        assert str(mine.dtype) == f"torch.{symbol.dtype}"


def check_config(row: Row) -> None:
    """A layer made from a configuration has the same one, and it is plain data."""
    layer = row.layer(name="it")
    config = layer.get_config()
    json.dumps(config)
    twin = type(layer).from_config(config)
    assert twin.get_config() == config
    serialized = torchkeras.saving.serialize_keras_object(layer)
    assert serialized["module"] == "keras.layers"
    again = torchkeras.saving.deserialize_keras_object(json.loads(json.dumps(serialized)))
    assert json.dumps(again.get_config()) == json.dumps(config)


def same(layer: Any, twin: Any, row: Row) -> None:
    """Assert that two layers compute the same."""
    for mine, other in zip(
        as_leaves(layer(row.tensors())), as_leaves(twin(row.tensors())), strict=True
    ):
        torch.testing.assert_close(mine, other, equal_nan=True)


def check_state(row: Row) -> None:
    """``state_dict`` carries one layer to another, and has what the weights have."""
    layer, twin = row.layer(), row.layer()
    layer(row.tensors())
    twin(row.tensors())
    state = layer.state_dict()
    assert len(state) == len(layer.weights)
    twin.load_state_dict(state)
    same(layer, twin, row)


def check_copies(row: Row) -> None:
    """A copied and a pickled layer compute the same, and their weights are their own."""
    layer = row.layer()
    layer(row.tensors())
    file = io.BytesIO(pickle.dumps(layer))
    for twin in (copy.deepcopy(layer), pickle.load(file)):
        same(layer, twin, row)
        for mine, other in zip(layer.weights, twin.weights, strict=True):
            assert mine.parameter is not other.parameter
            assert other.module is not mine.module


def check_gradients(row: Row) -> None:
    """In training, every trainable weight gets a gradient."""
    layer = row.layer()
    y = layer(row.tensors(), training=True)
    if not layer.trainable_weights:
        return
    projected(y).backward()
    for weight in layer.trainable_weights:
        assert weight.parameter.grad is not None, weight.path


def check_policy(row: Row) -> None:
    """Under mixed_bfloat16, weights are float32 and results bfloat16, as their symbols say."""
    torchkeras.config.set_dtype_policy("mixed_bfloat16")  # for the layers inside, too
    layer = row.layer()
    x = row.tensors()
    symbols = row.layer()(row.symbols())
    y = layer(x, training=True)
    for leaf, symbol in zip(as_leaves(y), as_leaves(symbols), strict=True):
        assert str(leaf.dtype) == f"torch.{symbol.dtype}"
        if leaf.is_floating_point():
            assert leaf.dtype == torch.bfloat16
            assert torch.isfinite(leaf).all()
    for weight in layer.weights:
        assert weight.parameter.dtype in (torch.float32, torch.int32)
    if layer.trainable_weights:
        projected(y).backward()
        assert all(w.parameter.grad is not None for w in layer.trainable_weights)


def check_compiled(row: Row) -> None:
    """``torch.compile(fullgraph=True)`` takes it, in inference and in training."""
    layer = row.layer()
    x = row.tensors()
    layer(x)
    torch.compiler.reset()
    compiled = torch.compile(lambda *a, **k: layer(*a, **k), fullgraph=True, backend="eager")
    for mine, other in zip(as_leaves(layer(x)), as_leaves(compiled(x)), strict=True):
        torch.testing.assert_close(mine, other)
    compiled(x, training=True)


def pick(structure: Any, part: Any) -> Any:
    """A part of the batch of each tensor."""
    if isinstance(structure, list):
        return [pick(item, part) for item in structure]
    part = structure[part]
    return part.detach() if torch.is_tensor(part) else part


def check_batches(row: Row) -> None:
    """No sample is a batch, and a sample alone is what it is among others."""
    layer = row.layer()
    x = row.tensors()
    y = as_leaves(layer(x, **row.options))
    for leaf, whole in zip(as_leaves(layer(pick(x, slice(0, 0)))), y, strict=True):
        assert leaf.shape == (0, *whole.shape[1:])
    for leaf, whole in zip(as_leaves(layer(pick(x, slice(0, 1)))), y, strict=True):
        torch.testing.assert_close(leaf, whole[:1])


def check_double(row: Row) -> None:
    """After ``.to(torch.float64)`` a layer computes in float64, to the same numbers."""
    layer = row.layer()
    y = as_leaves(layer(row.tensors()))
    layer.to(torch.float64)
    for leaf, before in zip(as_leaves(layer(row.tensors(torch.float64))), y, strict=True):
        if before.is_floating_point():
            assert leaf.dtype == torch.float64
        torch.testing.assert_close(leaf, before, check_dtype=False)


def check_saving(row: Row, folder: Path) -> None:
    """A functional model of it predicts the same after a file, and as a clone."""
    inputs = row.symbols()
    model = torchkeras.Model(inputs, row.layer()(inputs))
    x = row.inputs()
    y = as_leaves(model.predict(x, verbose=0))
    model.save(folder / "model.keras")
    loaded = torchkeras.models.load_model(folder / "model.keras")
    clone = torchkeras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for twin in (loaded, clone):
        for mine, other in zip(as_leaves(twin.predict(x, verbose=0)), y, strict=True):
            torch.testing.assert_close(torch.as_tensor(mine), torch.as_tensor(other))


def check_export(row: Row) -> None:
    """``torch.export`` takes it with a batch of any size."""
    layer = row.layer()
    x = row.tensors()
    layer(x)
    batch = torch.export.Dim("batch", min=1, max=64)
    shapes = [{0: batch} for _ in x] if isinstance(x, list) else {0: batch}
    program = torch.export.export(layer, (x,), dynamic_shapes=(shapes,))
    more = [torch.cat([part, part]) for part in x] if isinstance(x, list) else torch.cat([x, x])
    for mine, other in zip(as_leaves(layer(more)), as_leaves(program.module()(more)), strict=True):
        torch.testing.assert_close(mine, other)


def check_lowered(row: Row) -> None:
    """``to_torch`` gives torch modules and functions that compute the same, for any batch."""
    layer = row.layer()
    x = row.tensors()
    layer(x)
    lowered = layer.to_torch(x)
    assert not any(isinstance(module, torchkeras.layers.Layer) for module in lowered.modules())
    assert set(lowered.state_dict()) <= set(layer.state_dict())
    more = [torch.cat([part, part]) for part in x] if isinstance(x, list) else torch.cat([x, x])
    for training in (False, True):
        lowered.train(training)
        found = as_leaves(lowered(more))
        if row.random and training:
            continue
        wanted = as_leaves(layer(more, training=training))
        for mine, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(mine, other, equal_nan=True)
    if layer.trainable_weights:
        projected(found).backward()
        assert all(weight.parameter.grad is not None for weight in layer.trainable_weights)
