"""torch functions in a graph are written as Keras's operations, which real Keras runs alike."""

import operator

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import torchkeras
from torchkeras import ops
from torchkeras.saving import operations

# Functions of a symbolic tensor of shape (None, 4, 6), in torch's, Python's and Keras's words.
CALLS = {
    "operators": lambda x: (2.0 / (x + 3) - x * x) ** 2 @ torch.ones(6, 2),
    "reflected": lambda x: 1 - x,
    "floor_and_mod": lambda x: (x * 5) // 2 + (x * 5) % 2,
    "negative_and_abs": lambda x: abs(-x),
    "comparisons": lambda x: torch.where((x > 0.5) & ~(x >= 0.9) | (x < 0.1), x, -x),
    "getitem": lambda x: x[:, 1:3, 0],
    "getitem_ellipsis": lambda x: x[..., -1],
    "getitem_none": lambda x: x[:, None, 2],
    "getitem_step": lambda x: x[:, ::2],
    "unary": lambda x: torch.sqrt(torch.exp(x).log1p().tanh().square() + 1),
    "trigonometry": lambda x: torch.sin(x) + x.cos() + torch.atan(x) + torch.arcsinh(x),
    "activations": lambda x: F.relu(x) + F.silu(x) + F.softplus(x) + F.elu(x) + torch.sigmoid(x),
    "leaky_relu": lambda x: F.leaky_relu(x - 0.5, 0.2),
    "gelu": lambda x: F.gelu(x) + F.gelu(x, approximate="tanh"),
    "softmax": lambda x: torch.softmax(x, dim=1) + F.log_softmax(x, -1),
    "hard": lambda x: F.hardsigmoid(x) + F.hardtanh(x) + F.hardswish(x) + F.hardshrink(x, 0.4),
    "sum": lambda x: x.sum(dim=1) + torch.sum(x, 1),
    "mean": lambda x: torch.mean(x, dim=(1, 2), keepdim=True) + x.mean(-1, True),
    "extremes": lambda x: x.amax(1) + torch.amin(x, dim=1) + x.argmax(dim=1).float(),
    "spread": lambda x: torch.std(x, 1, correction=0) + x.var(1, correction=0),
    "cumsum": lambda x: torch.cumsum(x, dim=1) + x.prod(dim=1, keepdim=True),
    "reshape": lambda x: x.reshape(-1, 24) + x.view(-1, 24) + torch.flatten(x, 1),
    "flatten_ends": lambda x: x[:, :, None].flatten(2, 3),
    "permute": lambda x: x.permute(0, 2, 1) + torch.transpose(x, 1, 2) + x.swapaxes(-1, -2),
    "expand_dims": lambda x: torch.unsqueeze(x, 1).squeeze(1),
    "concatenate": lambda x: torch.cat([x, x * 2], dim=-1),
    "stack": lambda x: torch.stack([x, x], dim=1),
    "split": lambda x: torch.cat(torch.split(x, [1, 2, 3], dim=2)[::-1], dim=2),
    "split_by_size": lambda x: torch.split(x, 2, dim=1)[1],
    "chunk": lambda x: torch.chunk(x, 3, dim=2)[1],
    "roll_and_flip": lambda x: torch.roll(x, 1, 1) + torch.flip(x, [1]),
    "clip": lambda x: torch.clamp(x, 0.2, 0.8) + x.clamp(min=0.3),
    "maximum": lambda x: torch.maximum(x, 1 - x) + torch.minimum(x, x * x),
    "pad": lambda x: F.pad(x, (1, 2, 0, 1)) + F.pad(x, (1, 2, 0, 1), value=2.0),
    "cast": lambda x: (x > 0.5).to(torch.float32) + (x * 3).int().float(),
    "repeat": lambda x: torch.repeat_interleave(x, 2, dim=1) + x.tile((1, 2, 1)),
    "einsum": lambda x: torch.einsum("bij,bkj->bik", x, x),
    "matmul": lambda x: torch.matmul(x, x.permute(0, 2, 1)) + torch.bmm(x, x.transpose(1, 2)),
    "triangle": lambda x: torch.tril(x) + torch.triu(x, diagonal=1),
    "keras_ops": lambda x: ops.relu(ops.expand_dims(ops.mean(x, axis=-1), 1)),
    "keras_pooling": lambda x: ops.max_pool(x, 2, strides=1, padding="valid"),
    "keras_arguments": lambda x: ops.clip(ops.multiply(x, 3.0), 0.5, x_max=2.0),
    "keras_linalg": lambda x: ops.norm(ops.add(x, 1.0), axis=-1),
    "keras_split": lambda x: ops.concatenate(ops.split(x, 2, axis=1)[::-1], axis=1),
    "keras_swish": lambda x: ops.swish(x) + ops.hard_swish(x=x),
    "keras_bits": lambda x: ops.bitwise_and(ops.cast(x * 9, "int32"), y=ops.cast(x * 5, "int32")),
    "keras_lcm": lambda x: ops.lcm(ops.cast(x * 9, "int32"), x2=ops.cast(x * 5, "int32")),
    "keras_size": lambda x: x / ops.cast(ops.size(x), "float32"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CALLS))
def test_keras_runs_what_we_write_and_we_read_it_back(name, tmp_path):
    x = torchkeras.Input((4, 6))
    ours = torchkeras.Model(x, CALLS[name](x))
    data = np.random.default_rng(0).random((3, 4, 6), dtype="float32")
    with torch.no_grad():
        expected = ours(torch.as_tensor(data)).numpy()
        ours.save(tmp_path / "m.keras")
        theirs = keras.saving.load_model(tmp_path / "m.keras")
        np.testing.assert_allclose(
            theirs(torch.as_tensor(data)).numpy(), expected, rtol=1e-5, atol=1e-5
        )
        back = torchkeras.saving.load_model(tmp_path / "m.keras")
        np.testing.assert_allclose(back(torch.as_tensor(data)).numpy(), expected, rtol=1e-6)


def symbol(*shape, dtype="float32"):
    return torchkeras.KerasTensor((None, *shape), dtype)


def test_call_is_split_into_configuration_and_inputs():
    x = symbol(4)
    node = operations.to_keras(torch.sum, (x, 1), {"keepdim": True})
    assert node.module == "keras.src.ops.numpy"
    assert node.class_name == "Sum"
    assert node.config == {"axis": 1, "keepdims": True}
    assert node.args == (x,)
    assert node.kwargs == {}


def test_numbers_stay_where_they_were():
    x = symbol(4)
    node = operations.to_keras(operator.truediv, (2.0, x), {})
    assert (node.class_name, node.args) == ("TrueDivide", (2.0, x))


def test_and_is_logical_on_truth_values_and_bitwise_on_integers():
    truth, numbers = symbol(2, dtype="bool"), symbol(2, dtype="int32")
    assert operations.to_keras(operator.and_, (truth, truth), {}).class_name == "LogicalAnd"
    assert operations.to_keras(operator.and_, (numbers, numbers), {}).class_name == "BitwiseAnd"
    assert operations.to_keras(operator.invert, (truth,), {}).class_name == "LogicalNot"


def test_masks_are_not_equal_nodes():
    node = operations.to_keras(ops.not_equal, (symbol(3, dtype="int32"), 0), {})
    assert (node.class_name, node.args[1]) == ("NotEqual", 0)


@pytest.mark.parametrize(
    "function, args, kwargs",
    [
        (torch.lgamma, (symbol(4),), {}),
        (torch.std, (symbol(4), 1), {}),
        (torch.add, (symbol(4), 1), {"alpha": 3}),
        (torch.max, (symbol(4), 1), {}),
        ("flatten", (symbol(None, 4), 1), {}),
        (torch.chunk, (symbol(5), 2, 1), {}),
        (torch.div, (symbol(4), 2), {"rounding_mode": "trunc"}),
        ("to", (symbol(4), "cuda"), {}),
    ],
)
def test_what_keras_has_no_word_for_is_told_at_saving(function, args, kwargs):
    with pytest.raises(ValueError, match="Keras has no operation for it"):
        operations.to_keras(function, args, kwargs)


def test_unknown_class_offers_the_nearest():
    with pytest.raises(ValueError, match='Did you mean "Multiply"'):
        operations.from_keras("Multipli", {})


def test_options_of_other_releases_are_left_out():
    call = operations.from_keras(
        "Sum", {"name": "s", "axis": 1, "future": 3}, "keras.src.ops.numpy"
    )
    assert torch.equal(call(torch.ones(2, 3)), torch.full((2,), 3.0))


def test_patches_of_volumes_are_patches_of_three_sizes(tmp_path):
    data = np.random.default_rng(0).random((1, 5, 4, 4, 2), dtype="float32")
    for one, other in ((torchkeras, keras), (keras, torchkeras)):
        x = one.Input((5, 4, 4, 2))
        model = one.Model(x, one.ops.image.extract_patches_3d(x, 2, padding="same"))
        model.save(tmp_path / "m.keras")
        twin = other.saving.load_model(tmp_path / "m.keras")
        np.testing.assert_array_equal(twin.predict(data, verbose=0), model.predict(data, verbose=0))


def test_axes_rearranged_by_a_pattern_are_exchanged(tmp_path):
    data = np.random.default_rng(0).random((2, 4, 3), dtype="float32")
    for one, other in ((torchkeras, keras), (keras, torchkeras)):
        x = one.Input(batch_shape=(2, 4, 3))  # Keras itself needs the size of the batch
        model = one.Model(x, one.ops.rearrange(x, "b (h w) c -> b h (w c)", h=2))
        model.save(tmp_path / "m.keras")
        twin = other.saving.load_model(tmp_path / "m.keras")
        np.testing.assert_array_equal(twin.predict(data, verbose=0), model.predict(data, verbose=0))


def test_a_size_that_is_known_may_be_read_as_a_number(tmp_path):
    x = keras.Input(batch_shape=(2, 3))
    keras.Model(x, x / keras.ops.cast(keras.ops.size(x), "float32")).save(tmp_path / "m.keras")
    model = torchkeras.saving.load_model(tmp_path / "m.keras")
    assert torch.equal(model(torch.full((2, 3), 6.0)), torch.ones(2, 3))


def test_names_lead_nowhere_but_to_the_table():
    for name in ("__import__", "os.system", "save", "load"):
        with pytest.raises(ValueError, match="one of Keras's operations"):
            operations.from_keras(name, {}, "keras.src.ops.numpy")


def test_known_names_are_those_of_torch():
    for name in operations.known_names():
        known = (torch, torch.Tensor, F, operator)
        assert any(hasattr(place, name) for place in known), name


def test_operations_of_an_h5_file_that_are_called_as_layers_are_told_apart(tmp_path):
    inputs = keras.Input((4,))
    x = keras.layers.Softmax()(keras.layers.Reshape((4,))(inputs))
    words = keras.ops
    pair = words.add(x, keras.layers.Add()([x, inputs])), words.multiply(x, 2.0)
    outputs = [words.reshape(x, (-1, 2)), words.softmax(inputs), words.concatenate(pair, axis=1)]
    model = keras.Model(inputs, [*outputs, words.average(x, axis=1)])
    model.save(tmp_path / "model.h5")
    read = torchkeras.models.load_model(tmp_path / "model.h5")
    row = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    for mine, theirs in zip(read.predict(row), model.predict(row, verbose=0), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
