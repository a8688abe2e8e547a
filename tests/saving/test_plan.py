"""A file that doesn't fit, or is damaged, leaves the model as it was."""

import errno
import os
import tempfile
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchkeras as keras
from torchkeras.core import scopes
from torchkeras.core.layout import Permuted
from torchkeras.core.variable import Variable
from torchkeras.saving import hdf5, hdf5_writer, plan
from torchkeras.saving.files import DamagedFileError
from torchkeras.saving.plan import Plan, Rebuilding, unless_done


@pytest.fixture
def datasets(tmp_path):
    """Unread datasets by name: plain, packed, transposed in its variable, large."""
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["small"] = rng.random((2, 3), "float32")
        file["large"] = rng.random((200, 300), "float32")
        file["double"] = rng.random((200, 300))
        packed = rng.random((200, 300), "float32")
        file.create_dataset("packed", data=packed, chunks=(50, 300), compression="gzip")
    with hdf5.open_group(tmp_path / "a.h5") as root:
        yield root


@pytest.mark.parametrize("name", ["small", "large", "double", "packed"])
def test_variables_get_what_was_planned(datasets, name):
    dataset = datasets[name]
    variable = Variable(torch.zeros(dataset.shape))
    plan = Plan()
    plan.add(variable, dataset)
    assert not variable.numpy().any()
    plan.carry_out()
    np.testing.assert_allclose(variable.numpy(), dataset.read(), rtol=1e-6)
    assert plan.variables == [variable]


@settings(max_examples=25, deadline=None)
@given(
    shape=st.lists(st.integers(0, 7), max_size=4).map(tuple),
    kind=st.sampled_from(
        ["float32", "float64", "float16", "bfloat16", "int8", "bool", "complex64"]
    ),
    stored_as=st.sampled_from(["float32", "float16", None]),
    order=st.randoms(use_true_random=False),
)
def test_any_weight_gets_its_numbers(shape, kind, stored_as, order):
    """Of any shape and type, however it lies in torch, from a file of this or another type."""
    axes = order.sample(range(len(shape)), len(shape))
    values = torch.rand(shape).mul(9).to(getattr(torch, kind))
    layout = Permuted(tuple(axes))
    variable = Variable(torch.zeros_like(values), layout=layout)
    is_other = stored_as is not None and kind not in ("bool", "complex64")
    written = values.to(getattr(torch, stored_as)) if is_other else values
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "_LARGE", 1)
        with hdf5_writer.Writer(Path(folder, "a.h5")) as writer:
            writer.write_at("g", {"a": written})
        with hdf5.open_group(Path(folder, "a.h5")) as root:
            made = Plan()
            made.add(variable, root["g/a"])
            made.carry_out()
    assert torch.equal(variable.tensor, written.to(values.dtype))


def test_weights_that_lie_otherwise_in_torch_are_turned(datasets):
    layer = keras.layers.Dense(300, use_bias=False)
    layer.build((None, 200))
    plan = Plan()
    plan.add(layer.kernel, datasets["large"])
    plan.carry_out()
    assert np.array_equal(layer.kernel.numpy(), datasets["large"].read())


def test_a_weight_that_is_given_two_datasets_has_the_last(datasets):
    variable = Variable(torch.zeros(200, 300))
    plan = Plan()
    plan.add(variable, datasets["large"])
    plan.add(variable, datasets["packed"])
    plan.add(variable, datasets["large"])
    plan.carry_out()
    assert np.array_equal(variable.numpy(), datasets["large"].read())


def test_numbers_that_have_no_tensor_of_their_own_get_theirs_each(tmp_path):
    optimizer = keras.optimizers.SGD(0.125)
    iteration, rate = optimizer.variables[:2]
    with hdf5_writer.Writer(tmp_path / "b.h5") as writer:
        writer.write_at("g", {"iteration": np.int32(7), "rate": np.float32(0.5)})
    for _ in range(20):  # their tensors are made anew, and may lie where others lay
        plan = Plan()
        with hdf5.open_group(tmp_path / "b.h5") as root:
            plan.add(iteration, root["g/iteration"])
            plan.add(rate, root["g/rate"])
            plan.carry_out()
        assert (int(iteration.numpy()), float(rate.numpy())) == (7, 0.5)
        optimizer.iterations.assign(0)
        optimizer.learning_rate = 0.125


def test_other_shapes_are_told_at_once(datasets):
    with pytest.raises(ValueError, match=r"shape in the file is \(2, 3\).*expected \(3, 2\)"):
        Plan().add(Variable(torch.zeros(3, 2)), datasets["small"])


@pytest.mark.parametrize("kind", ["S3", "longdouble", "clongdouble"])
def test_what_torch_has_no_type_for_is_refused_before_anything_changes(tmp_path, kind):
    path = tmp_path / "a.weights.h5"
    model = two_layers()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        del file["layers/dense_1/vars/0"]
        file["layers/dense_1/vars/0"] = np.ones((30, 20), kind)
    before = weights_of(model)
    with pytest.raises(ValueError, match=r"expected numbers of a type that torch has"):
        model.load_weights(path)
    assert_unchanged(model, before)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3 + 1j])
def test_an_optimizer_s_count_that_is_no_whole_number_changes_nothing_by_half(tmp_path, value):
    path = tmp_path / "a.weights.h5"
    model, other = two_layers(), two_layers()
    for each in (model, other):
        each.compile("adam")
        each.optimizer.build(each.trainable_variables)
    other.save_weights(path)
    with h5py.File(path, "r+") as file:
        del file["optimizer/vars/0"]
        file["optimizer/vars/0"] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the imaginary part
        model.load_weights(path)
    assert_unchanged(model, weights_of(other))
    assert isinstance(int(model.optimizer.iterations), int)


def test_what_was_assigned_at_once_is_taken_back(datasets):
    variable = Variable(torch.ones(3))
    plan = Plan()
    with plan.collecting():
        variable.assign([1, 2, 3])
        variable.assign([4, 5, 6])
    assert scopes.local.plan is None
    plan.undo()
    assert variable.numpy().tolist() == [1, 1, 1]


def damage_packed(path, key):
    """Spoil the last packed bytes of a dataset."""
    with h5py.File(path, "r") as file:
        chunk = file[key].id.get_chunk_info(file[key].id.get_num_chunks() - 1)
    with open(path, "r+b") as file:
        file.seek(chunk.byte_offset)
        file.write(bytes(chunk.size))


def two_layers():
    layers = [keras.layers.Dense(30, name="a"), keras.layers.Dense(20, name="b")]
    return keras.Sequential([keras.Input((40,)), *layers])


def weights_of(model):
    return [w.copy() for w in model.get_weights()]


def assert_unchanged(model, before):
    for now, then in zip(model.get_weights(), before, strict=True):
        assert np.array_equal(now, then)


def test_a_file_that_is_damaged_at_its_end_changes_nothing(tmp_path):
    path = tmp_path / "a.weights.h5"
    two_layers().save_weights(path)
    with h5py.File(path, "r+") as file:
        group = file["layers/dense_1/vars"]
        value = group["0"][()]
        del group["0"]
        group.create_dataset("0", data=value, chunks=(15, 20), compression="gzip")
    damage_packed(path, "layers/dense_1/vars/0")
    model = two_layers()
    before = weights_of(model)
    with pytest.raises(DamagedFileError, match="unreadable"):
        model.load_weights(path)
    assert_unchanged(model, before)
    with pytest.raises(DamagedFileError, match="unreadable"):
        model.load_weights(path, skip_mismatch=True)
    assert_unchanged(model, before)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An archive of a small model."""
    path = tmp_path_factory.mktemp("archive") / "a.keras"
    two_layers().save(path)
    return path


@settings(max_examples=40, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), flipped=st.integers(1, 255))
def test_an_archive_damaged_at_any_byte_changes_nothing(archive, where, flipped):
    content = bytearray(archive.read_bytes())
    content[int(where * len(content))] ^= flipped
    model = two_layers()
    before = weights_of(model)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "_LARGE", 1)
        path = Path(folder, "a.keras")
        path.write_bytes(content)
        try:
            model.load_weights(path)
        except ValueError:
            assert_unchanged(model, before)
        else:  # a byte that says nothing of the weights
            other = two_layers()
            other.load_weights(archive)
            assert_unchanged(model, weights_of(other))


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="the system can't read at places")
@pytest.mark.parametrize("name", ["a.weights.h5", "a.keras", "a.h5"])
def test_a_disk_that_fails_while_it_is_read_changes_nothing(name, tmp_path, monkeypatch):
    path = tmp_path / name
    (two_layers().save if name in ("a.h5", "a.keras") else two_layers().save_weights)(path)
    model = two_layers()
    before = weights_of(model)
    real, end = os.preadv, path.stat().st_size // 2

    def fail(descriptor, buffers, offset):
        if offset + sum(map(len, buffers)) > end:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, buffers, offset)

    monkeypatch.setattr(plan, "_LARGE", 1)
    monkeypatch.setattr(os, "preadv", fail)
    with pytest.raises(OSError, match="Input/output"):
        model.load_weights(path)
    assert_unchanged(model, before)


def test_another_model_s_file_changes_nothing(tmp_path):
    other = keras.Sequential(
        [keras.Input((40,)), keras.layers.Dense(30, name="a"), keras.layers.Dense(21, name="b")]
    )
    for name in ("a.weights.h5", "a.h5", "a.keras", "a.safetensors"):
        path = tmp_path / name
        (other.save if name in ("a.h5", "a.keras") else other.save_weights)(path)
        model = two_layers()
        before = weights_of(model)
        with pytest.raises(ValueError, match="shape|fit"):
            model.load_weights(path)
        assert_unchanged(model, before)


def test_a_user_s_own_way_to_load_is_taken_back(tmp_path):
    class Own(keras.layers.Dense):
        def load_own_variables(self, store):
            self.kernel.assign(store["0"])
            raise ValueError("no further")

    def model():
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), Own(3)])

    model().save_weights(tmp_path / "a.weights.h5")
    loading = model()
    before = weights_of(loading)
    with pytest.raises(ValueError, match="no further"):
        loading.load_weights(tmp_path / "a.weights.h5")
    assert_unchanged(loading, before)


def wrapped_module():
    return keras.layers.TorchModuleWrapper(torch.nn.Linear(4, 4), input_shape=(4,))


def levels_to_come():
    return keras.layers.Dense(16, dtype="gptq/4/-1_from_float32", input_shape=(16,))


def words(text="a b"):
    layer = keras.layers.TextVectorization(output_mode="tf_idf", input_shape=(1,))
    layer.adapt([text])
    return layer


@pytest.mark.parametrize("first", [wrapped_module, levels_to_come, words])
def test_objects_that_load_in_ways_of_their_own_stay_if_another_does_not_fit(tmp_path, first):
    def model(units, **options):
        return keras.Sequential([first(**options), keras.layers.Dense(units)])

    def state(model):
        layer = model.layers[0]
        told = layer.get_vocabulary() if first is words else ()
        return told, getattr(layer, "is_gptq_calibrated", None), layer.state_dict()

    loading = model(2)
    told, is_calibrated, before = state(loading)
    before = {name: value.clone() for name, value in before.items()}
    path = tmp_path / ("a.keras" if first is words else "a.weights.h5")
    other = model(3, **{"text": "c d"} if first is words else {})
    if first is levels_to_come:
        other.layers[0].finish_calibration()
    (other.save if first is words else other.save_weights)(path)
    with pytest.raises(ValueError, match="shape in the file"):
        loading.load_weights(path)
    assert state(loading)[:2] == (told, is_calibrated)
    torch.testing.assert_close(state(loading)[2], before, rtol=0, atol=0, equal_nan=True)


def test_large_weights_get_no_values_that_a_file_replaces():
    with Rebuilding(2**30) as rebuilding:
        layer = keras.layers.Dense(200, kernel_initializer="ones", bias_initializer="ones")
        layer.build((None, 300))
        assert layer.bias.numpy().all()
    rebuilding.finish([])
    assert layer.kernel.numpy().all()
    assert scopes.local.fill_later is None


def test_weights_that_the_file_has_stay_when_the_others_are_filled():
    class Plain(keras.layers.Layer):
        def build(self, shape):
            self.inner = torch.nn.Linear(200, 200)
            self.scale = self.add_weight(shape=(200, 200), initializer="ones")

        def call(self, x):
            return self.inner(x)

    with Rebuilding(2**30) as rebuilding:
        layer = Plain()
        layer.build((None, 200))
    layer.scale.assign(np.full((200, 200), 2.0))
    rebuilding.finish([layer.scale])
    assert (layer.scale.numpy() == 2).all()
    assert layer.inner.weight.std() > 0.01


def part_of_a_parameter():
    inner = torch.nn.Linear(200, 200)
    with torch.no_grad():
        torch.nn.init.normal_(inner.weight[:150])
    return inner


def data_of_a_parameter():
    inner = torch.nn.Linear(200, 200)
    torch.nn.init.normal_(inner.weight.data)
    return inner


def parameter_of_a_tensor():
    inner = torch.nn.Module()
    inner.weight = torch.nn.Parameter(torch.nn.init.normal_(torch.empty(200, 200)))
    return inner


def parameter_of_a_parameter():
    inner = torch.nn.Module()
    inner.weight = torch.nn.Parameter(torch.nn.Linear(200, 200).weight.data)
    return inner


def parameter_of_some_rows():
    inner = torch.nn.Module()
    inner.weight = torch.nn.Parameter(torch.nn.Linear(200, 400).weight.data[100:300])
    return inner


@pytest.mark.parametrize(
    "made",
    [
        part_of_a_parameter,
        data_of_a_parameter,
        parameter_of_a_tensor,
        parameter_of_a_parameter,
        parameter_of_some_rows,
    ],
)
def test_a_loaded_weight_stays_however_it_was_first_filled(tmp_path, made):
    class Own(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = made()

        def call(self, x):
            return x

    model = keras.Sequential([keras.Input((200,)), Own()])
    model.save(tmp_path / "a.keras")
    loaded = keras.models.load_model(tmp_path / "a.keras", {"Own": Own})
    assert weights_of(loaded)
    assert_unchanged(loaded, weights_of(model))


def test_weights_without_values_take_a_memory_format_uncopied():
    with Rebuilding(2**30) as rebuilding:
        module = torch.nn.Conv2d(64, 64, 3)
        before = module.weight.data_ptr()
        module.weight.untyped_storage().fill_(1)  # bytes, without a function of torch's
        module.to(memory_format=torch.channels_last)
        assert module.weight.is_contiguous(memory_format=torch.channels_last)
        assert module.weight.data_ptr() != before
        assert set(module.weight.untyped_storage().tolist()[:1000]) != {1}
        assert (torch.full((200, 200), 7.0).to(memory_format=torch.contiguous_format) == 7).all()
        assert module.to(torch.float64).weight.dtype == torch.float64
    rebuilding.finish([])
    assert 0.01 < module.weight.std() < 0.1


READERS = {
    "its array": lambda layer: layer.dense.kernel.numpy(),
    "a function of it": lambda layer: keras.ops.abs(layer.dense.kernel),
    "the layer's call": lambda layer: layer.dense(np.eye(200, dtype="float32")),
    "several at once": lambda layer: torch.stack([layer.dense.kernel.value, layer.own.value]),
    "a plain module": lambda layer: layer.plain(torch.eye(200)),
    "its numbers": lambda layer: np.asarray(layer.plain.weight.tolist()),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_values_that_are_asked_for_while_a_model_is_made_are_there(tmp_path, monkeypatch, read):
    class Asks(keras.layers.Layer):
        def build(self, shape):
            self.plain = torch.nn.Linear(200, 200)
            torch.nn.init.uniform_(self.plain.weight, 3.0, 4.0)
            self.own = self.add_weight(shape=(200, 200), initializer=initializers.Constant(3.0))
            self.dense = keras.layers.Dense(200, kernel_initializer=initializers.Constant(3.0))
            self.dense.build(shape)
            self.found = torch.as_tensor(read(self))

        def call(self, x):
            return self.dense(x) @ self.own

    initializers = keras.initializers
    empty = torch.empty  # memory that holds anything
    monkeypatch.setattr(torch, "empty", lambda *size, **told: empty(*size, **told).fill_(-7.0))
    model = keras.Sequential([keras.Input((200,)), Asks()])
    model.layers[0].own.assign(np.full((200, 200), 5.0))
    for name in ("a.keras", "a.h5"):
        model.save(tmp_path / name)
        loaded = keras.models.load_model(tmp_path / name, {"Asks": Asks})
        assert loaded.layers[0].found.max() >= 3.0 > 0.0 <= loaded.layers[0].found.min()
        assert_unchanged(loaded, weights_of(model))


def test_values_that_a_layer_sets_while_it_is_made_stay():
    with Rebuilding(2**30) as rebuilding:
        layer = keras.layers.Dense(200)
        layer.build((None, 200))
        layer.kernel.assign(np.full((200, 200), 7.0))
        module = torch.nn.Linear(200, 200)
        module.weight.data.zero_()
    rebuilding.finish([])
    assert (layer.kernel.numpy() == 7.0).all()
    assert not module.weight.any()


def test_shapes_and_types_of_weights_are_told_without_values():
    drawn = []
    with Rebuilding(2**30) as rebuilding:
        layer = keras.layers.Conv2D(64, 8, kernel_initializer=lambda *_, **__: drawn.append(1))
        layer.build((None, 32, 32, 64))
        layer.kernel.trainable = False
        assert layer.kernel.shape == (8, 8, 64, 64)
        assert (layer.kernel.dtype, layer.kernel.device.type) == ("float32", "cpu")
        assert layer.count_params() == 8 * 8 * 64 * 64 + 64
        torch.zeros_like(layer.conv.weight)
    assert not drawn
    rebuilding.finish([layer.kernel])
    assert not drawn


def test_a_loaded_model_has_weights_that_the_file_lacks(tmp_path):
    model = keras.Sequential([keras.Input((200,)), keras.layers.Dense(200)])
    model.save(tmp_path / "a.keras")
    loaded = keras.models.load_model(tmp_path / "a.keras")
    assert_unchanged(loaded, weights_of(model))


def test_what_does_not_come_to_its_end_is_undone():
    undone = []
    with unless_done(lambda: undone.append("whole")):
        pass
    with pytest.raises(KeyboardInterrupt), unless_done(lambda: undone.append("half")):
        raise KeyboardInterrupt
    assert undone == ["half"]
