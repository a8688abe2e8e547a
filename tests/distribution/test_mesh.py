"""Meshes and layouts beside Keras's, whose classes for them need no backend."""

import keras
import pytest
import torch

from torchkeras import distribution

NAMES = [f"cpu:{number}" for number in range(8)]
BOTH = pytest.mark.parametrize("room", [keras.distribution, distribution])


@BOTH
def test_devices_fill_the_grid_in_order(room):
    mesh = room.DeviceMesh((2, 4), ["batch", "model"], NAMES)
    assert tuple(mesh.shape) == (2, 4)
    assert mesh.axis_names == ["batch", "model"]
    assert mesh.devices.tolist() == [NAMES[:4], NAMES[4:]]
    assert repr(mesh) == str(mesh) == "<DeviceMesh shape=(2, 4), axis_names=['batch', 'model']>"


@BOTH
@pytest.mark.parametrize(
    ("shape", "names", "words"),
    [
        ((), ["a"], "cannot be empty"),
        ((8,), [], "cannot be empty"),
        ((2, 4), ["a"], "should have same size"),
        ((3, 2), ["a", "b"], "does not match the number of devices"),
    ],
)
def test_grids_that_do_not_fit_are_refused(room, shape, names, words):
    with pytest.raises(ValueError, match=words):
        room.DeviceMesh(shape, names, NAMES)


@BOTH
def test_layouts_name_axes_of_the_mesh(room):
    mesh = room.DeviceMesh((2, 4), ["data", "model"], NAMES)
    layout = room.TensorLayout([None, "model"], mesh)
    assert layout.axes == (None, "model")
    assert layout.device_mesh is mesh
    assert repr(layout).startswith("<TensorLayout axes=(None, 'model'), device_mesh=<DeviceMesh")
    with pytest.raises(ValueError, match="Invalid axis names for Layout"):
        room.TensorLayout(["data", "unknown"], mesh)
    with pytest.raises(ValueError, match="Cannot override device mesh value"):
        layout.device_mesh = mesh
    later = room.TensorLayout(["unknown"])
    with pytest.raises(ValueError, match="Invalid axis names for Layout"):
        later.device_mesh = mesh


@BOTH
def test_paths_are_found_by_expressions_for_the_whole(room):
    mesh = room.DeviceMesh((2, 4), ["data", "model"], NAMES)
    layouts = room.LayoutMap(mesh)
    layouts["dense/kernel"] = ("model", None)
    layouts[".*conv.*bias"] = room.TensorLayout(("model",))
    assert layouts["dense/kernel"].axes == ("model", None)
    assert layouts["dense/kernel"].device_mesh is mesh
    assert layouts["a/conv_1/bias"].device_mesh is mesh
    assert layouts["a/conv_1/bias/more"] is None
    assert layouts.get("dense_1/kernel") is None
    layouts[".*/bias"] = ("data",)
    with pytest.raises(ValueError, match="matches multiple layout specification keys"):
        layouts["conv/bias"]
    with pytest.raises(ValueError, match="already exist in the LayoutMap"):
        layouts["dense/kernel"] = ("data", None)
    with pytest.raises(ValueError, match="should be a TensorLayout type"):
        layouts["other"] = 3
    assert len(layouts) == 3
    assert list(layouts) == ["dense/kernel", ".*conv.*bias", ".*/bias"]
    del layouts[".*/bias"]
    assert len(layouts) == 2


def test_a_mesh_needs_a_process_for_each_device():
    mesh = distribution.DeviceMesh((8,), ["batch"], NAMES)
    with pytest.raises(RuntimeError, match="8 devices and this run 1 process.*torchrun"):
        _ = mesh.backend_mesh
    with pytest.raises(RuntimeError, match="it has no mesh"):
        _ = distribution.TensorLayout(["batch"]).backend_layout


def test_one_process_divides_nothing():
    mesh = distribution.DeviceMesh((1,), ["batch"], ["cpu:0"])
    layout, x = distribution.TensorLayout(["batch", None], mesh), torch.ones(4, 2)
    assert distribution.distribute_tensor(x, layout) is x
    symbol = __import__("torchkeras").Input((2,))
    assert distribution.distribute_tensor(symbol, layout) is symbol
