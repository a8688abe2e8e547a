"""What every layer keeps, and the table of arguments and input shapes it is tried with.

Adding a class adds a row.
"""

import copy
import io
import json
import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from parity import as_leaves, is_recipe, numbers, projected, recipe

import torchkeras


@dataclass
class Row:
    """A layer class with arguments and the shapes of its inputs, batch included.

    Args:
        name: Name of the class in ``layers``.
        arguments: Arguments of its constructor; a ``recipe`` is called with the package.
        shape: Shape of the input, or a list of shapes.
        integers: The inputs are integers below this.
        random: What it computes in training can't be compared with Keras number by number.
        compiles: Whether ``torch.compile(fullgraph=True)`` is tried on it.
        options: Arguments of the call.
        only_ours: Keras 3 has no such layer, or fails on its torch backend.
    """

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    shape: Any = (2, 6, 4)
    integers: int = 0
    random: bool = False
    compiles: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    only_ours: bool = False

    def __str__(self) -> str:
        shown = {k: "..." if is_recipe(v) else v for k, v in self.arguments.items()}
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in shown.items())})"

    def layer(self, **more: Any) -> Any:
        """A layer of ours."""
        made = {k: v(torchkeras) if is_recipe(v) else v for k, v in self.arguments.items()}
        return getattr(torchkeras.layers, self.name)(**{**made, **more})

    def inputs(self) -> Any:
        """Arrays to call it on."""
        if isinstance(self.shape, list):
            return [self._array(shape, seed) for seed, shape in enumerate(self.shape)]
        return self._array(self.shape, 0)

    def _array(self, shape: tuple[int, ...], seed: int) -> np.ndarray:
        if self.integers:
            return np.random.default_rng(seed).integers(0, self.integers, shape).astype("int32")
        return numbers(shape, seed)

    def tensors(self, dtype: torch.dtype | None = None) -> Any:
        """Tensors to call it on; float ones want gradients."""
        arrays = self.inputs()
        made = []
        for array in arrays if isinstance(arrays, list) else [arrays]:
            x = torch.tensor(array)
            if x.is_floating_point():
                x = (x if dtype is None else x.to(dtype)).requires_grad_()
            made.append(x)
        return made if isinstance(arrays, list) else made[0]

    def symbols(self) -> Any:
        """Symbolic inputs with an unknown batch size."""
        dtype = "int32" if self.integers else "float32"
        shapes = self.shape if isinstance(self.shape, list) else [self.shape]
        made = [torchkeras.Input(shape[1:], dtype=dtype) for shape in shapes]
        return made if isinstance(self.shape, list) else made[0]


@recipe
def lstm(package: Any) -> Any:
    return package.layers.LSTM(3, return_sequences=True)


@recipe
def gru(package: Any) -> Any:
    return package.layers.GRU(3)


@recipe
def gru_with_state(package: Any) -> Any:
    return package.layers.GRU(3, return_state=True, return_sequences=True)


@recipe
def dense(package: Any) -> Any:
    return package.layers.Dense(3)


@recipe
def batch_norm(package: Any) -> Any:
    return package.layers.BatchNormalization()


@recipe
def gru_cell(package: Any) -> Any:
    return package.layers.GRUCell(3)


@recipe
def two_cells(package: Any) -> Any:
    return [package.layers.LSTMCell(3), package.layers.SimpleRNNCell(2)]


IMAGES, CLIPS, VOLUMES = (2, 7, 6, 4), (2, 7, 4), (2, 5, 6, 4, 2)
FIRST = {"data_format": "channels_first"}

TABLE = [
    Row("Dense", {"units": 3, "activation": "relu"}, compiles=True),
    Row("Dense", {"units": 3, "use_bias": False}, (5, 4)),
    Row("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}),
    Row("EinsumDense", {"equation": "...b,bcd->...cd", "output_shape": (3, 2), "bias_axes": "cd"}),
    Row("EinsumDense", {"equation": "abc,bcd->ad", "output_shape": 3, "activation": "tanh"}),
    Row("EinsumDense", {"equation": "abc,cd->adb", "output_shape": (3, None), "bias_axes": "d"}),
    Row("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 3, "bias_axes": "c"}),
    Row("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, CLIPS),
    Row("Conv1D", {"filters": 3, "kernel_size": 4, "padding": "same", "strides": 3}, CLIPS),
    Row("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}, IMAGES, compiles=True),
    Row("Conv2D", {"filters": 4, "kernel_size": (2, 3), "padding": "same", "groups": 2}, IMAGES),
    Row("Conv2D", {"filters": 4, "kernel_size": 2, "padding": "same", **FIRST}, IMAGES),
    Row("Conv3D", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}, VOLUMES),
    Row("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, CLIPS),
    Row("MaxPooling2D", {"pool_size": 2}, IMAGES, compiles=True),
    Row("MaxPooling2D", {"pool_size": (2, 3), "strides": 1, "padding": "same", **FIRST}, IMAGES),
    Row("MaxPooling3D", {"pool_size": 2, "padding": "same"}, VOLUMES),
    Row("AveragePooling1D", {"pool_size": 2, "strides": 1, "padding": "same"}, CLIPS),
    Row("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 7, 5, 4)),
    Row("AveragePooling3D", {"pool_size": 2}, VOLUMES),
    Row("GlobalMaxPooling1D", {"keepdims": True}, CLIPS),
    Row("GlobalMaxPooling2D", FIRST, IMAGES),
    Row("GlobalMaxPooling3D", {}, VOLUMES),
    Row("GlobalAveragePooling1D", FIRST, CLIPS),
    Row("GlobalAveragePooling2D", {"keepdims": True}, IMAGES, compiles=True),
    Row("GlobalAveragePooling3D", {}, VOLUMES),
    Row("BatchNormalization", {"momentum": 0.7}, IMAGES, compiles=True),
    Row("BatchNormalization", {"axis": 1, "scale": False}, IMAGES),
    Row("BatchNormalization", {"axis": [-1], "center": False}, (5, 4), only_ours=True),
    Row("BatchNormalization", {"axis": 2}, VOLUMES),
    Row("LayerNormalization", {}, compiles=True),
    Row("LayerNormalization", {"axis": [1, 2], "scale": False}, IMAGES, only_ours=True),
    Row("LayerNormalization", {"axis": [2, 3], "center": False}, IMAGES),
    Row("LayerNormalization", {"axis": (-1, -2)}, IMAGES, only_ours=True),
    Row("GroupNormalization", {"groups": 2}, IMAGES),
    Row("GroupNormalization", {"groups": -1, "axis": 1}, IMAGES),
    Row("RMSNormalization", {}),
    Row("UnitNormalization", {"axis": [1, 2]}),
    Row("Dropout", {"rate": 0.4, "seed": 3}, random=True, compiles=True),
    Row("Dropout", {"rate": 0.4, "noise_shape": (None, 1, None)}, random=True),
    Row("SpatialDropout1D", {"rate": 0.4}, random=True),
    Row("SpatialDropout2D", {"rate": 0.4, **FIRST}, IMAGES, random=True),
    Row("SpatialDropout3D", {"rate": 0.4}, VOLUMES, random=True),
    Row("GaussianNoise", {"stddev": 0.3}, random=True),
    Row("GaussianDropout", {"rate": 0.3}, random=True),
    Row("AlphaDropout", {"rate": 0.3}, random=True),
    Row("Activation", {"activation": "gelu"}),
    Row("ReLU", {"max_value": 1.0, "negative_slope": 0.2, "threshold": 0.1}),
    Row("LeakyReLU", {"negative_slope": 0.2}),
    Row("PReLU", {"shared_axes": [1]}),
    Row("ELU", {"alpha": 0.7}),
    Row("Softmax", {"axis": (1, 2)}),
    Row("Softmax", {}, compiles=True),
    Row("ThresholdedReLU", {"theta": 0.5}, only_ours=True),
    Row("Flatten", {}, IMAGES, compiles=True),
    Row("Flatten", FIRST, IMAGES),
    Row("Reshape", {"target_shape": (3, -1)}),
    Row("Permute", {"dims": (2, 1)}),
    Row("RepeatVector", {"n": 3}, (2, 4)),
    Row("ZeroPadding1D", {"padding": (1, 2)}),
    Row("ZeroPadding2D", {"padding": ((1, 0), (2, 1)), **FIRST}, IMAGES),
    Row("ZeroPadding3D", {"padding": 1}, VOLUMES),
    Row("Cropping1D", {"cropping": 1}),
    Row("Cropping2D", {"cropping": ((1, 0), (2, 1))}, IMAGES),
    Row("Cropping3D", {"cropping": 1, **FIRST}, (2, 2, 5, 6, 4)),
    Row("UpSampling1D", {"size": 2}),
    Row("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, IMAGES),
    Row("UpSampling3D", {"size": 2}, VOLUMES),
    Row("Embedding", {"input_dim": 9, "output_dim": 4, "mask_zero": True}, (2, 5), integers=9),
    Row("LSTM", {"units": 3}, compiles=True),
    Row("LSTM", {"units": 3, "return_sequences": True, "return_state": True, "use_bias": False}),
    Row("LSTM", {"units": 3, "activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    Row("GRU", {"units": 3, "return_sequences": True, "go_backwards": True}, compiles=True),
    Row("GRU", {"units": 3, "reset_after": False, "return_state": True}),
    Row("SimpleRNN", {"units": 3, "unroll": True}),
    Row("SimpleRNN", {"units": 3, "activation": "relu", "return_sequences": True}),
    Row("GRU", {"units": 3, "dropout": 0.3, "recurrent_dropout": 0.3}, random=True),
    Row("RNN", {"cell": gru_cell, "return_sequences": True}),
    Row("RNN", {"cell": two_cells}),
    Row("Bidirectional", {"layer": lstm}, compiles=True),
    Row("Bidirectional", {"layer": gru, "merge_mode": "ave"}),
    Row("Bidirectional", {"layer": gru_with_state, "merge_mode": None}),
    Row("TimeDistributed", {"layer": dense}),
    Row("TimeDistributed", {"layer": batch_norm}),
    Row("Masking", {"mask_value": 0.5}),
    Row("Add", {}, [(2, 3, 4), (2, 3, 1), (2, 4)]),
    Row("Subtract", {}, [(2, 4), (2, 4)]),
    Row("Multiply", {}, [(2, 4), (2, 4), (2, 1)]),
    Row("Average", {}, [(2, 4), (2, 4), (2, 4)]),
    Row("Maximum", {}, [(2, 4), (2, 4)]),
    Row("Minimum", {}, [(2, 4), (2, 4)]),
    Row("Concatenate", {"axis": 1}, [(2, 3, 4), (2, 1, 4)], compiles=True),
    Row("Dot", {"axes": (2, 1), "normalize": True}, [(2, 3, 4), (2, 4, 5)]),
    Row("Dot", {"axes": 1}, [(2, 4), (2, 4)]),
    Row("Attention", {"use_scale": True}, [(2, 3, 4), (2, 5, 4)]),
    Row("Attention", {"score_mode": "concat"}, [(2, 3, 4), (2, 5, 4), (2, 5, 4)]),
    Row("AdditiveAttention", {}, [(2, 3, 4), (2, 5, 4)]),
    Row("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0, 3.0, 4.0]}),
    Row("Normalization", {"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 2.0, 0.0, 4.0]}),
    Row("Normalization", {"axis": (1, 2), "invert": True}),
    Row("Identity", {}),
    Row("ActivityRegularization", {"l1": 0.1}),
]


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
