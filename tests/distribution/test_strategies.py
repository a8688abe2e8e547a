"""Distributions beside Keras's."""

import keras
import numpy as np
import pytest

import torchkeras
from torchkeras import distribution

NAMES = [f"cpu:{number}" for number in range(8)]
BOTH = pytest.mark.parametrize("room", [keras.distribution, distribution])


class Weight:
    path, shape = "dense/kernel", (3, 4)


@BOTH
def test_data_parallel_divides_batches_only(room):
    found = room.DataParallel(devices=NAMES)
    assert found.batch_dim_name == "batch"
    assert found.num_model_replicas == 8
    assert found.num_processes == 1
    assert found.data_shard_id == 0
    assert found.auto_shard_dataset is True
    assert found.get_data_layout((None, 4, 5)).axes == ("batch", None, None)
    assert found.get_variable_layout(Weight()).axes == (None, None)
    assert found.get_tensor_layout("any/path") is None


@BOTH
def test_of_a_grid_the_first_axis_divides_batches(room):
    mesh = room.DeviceMesh((8,), ["data"], NAMES)
    assert room.DataParallel(mesh, auto_shard_dataset=False).batch_dim_name == "data"
    with pytest.raises(ValueError, match="instance of `DeviceMesh`"):
        room.DataParallel(device_mesh=NAMES)


def test_a_grid_of_several_axes_is_told_of():
    # Keras hands its number to `warnings.warn` as the category, which is a TypeError.
    mesh = distribution.DeviceMesh((2, 4), ["data", "model"], NAMES)
    with pytest.warns(UserWarning, match="Expect the input mesh to be 1D"):
        assert distribution.DataParallel(mesh).num_model_replicas == 2


@BOTH
def test_model_parallel_divides_weights_as_the_map_says(room):
    mesh = room.DeviceMesh((2, 4), ["data", "model"], NAMES)
    layouts = room.LayoutMap(mesh)
    layouts[".*kernel"] = (None, "model")
    found = room.ModelParallel(layout_map=layouts)
    assert found.device_mesh is mesh
    assert found.batch_dim_name == "data"
    assert found.num_model_replicas == 2
    assert found.get_data_layout((3, 4)).axes == ("data", None)
    assert found.get_variable_layout(Weight()).axes == (None, "model")
    assert found.get_tensor_layout("a/kernel").axes == (None, "model")
    assert found.get_tensor_layout("a/bias") is None
    other = room.ModelParallel(layout_map=layouts, batch_dim_name="model")
    assert other.num_model_replicas == 4
    with pytest.raises(ValueError, match="You must specify a layout_map"):
        room.ModelParallel()
    with pytest.raises(ValueError, match="must be a `LayoutMap` instance"):
        room.ModelParallel(layout_map={"a": 1})


def test_unknown_arguments_and_other_meshes_are_refused():
    mesh = distribution.DeviceMesh((8,), ["model"], NAMES)
    layouts = distribution.LayoutMap(mesh)
    distribution.ModelParallel(layout_map=layouts, device_mesh=mesh)
    other = distribution.DeviceMesh((8,), ["model"], NAMES)
    with pytest.raises(ValueError, match="that of the layout_map"):
        distribution.ModelParallel(layout_map=layouts, device_mesh=other)
    with pytest.raises(TypeError, match="unexpected keyword argument 'layouts'"):
        distribution.ModelParallel(layout_map=layouts, layouts=1)


@BOTH
def test_a_scope_ends_with_what_was_before(room):
    first, second = (room.DataParallel(devices=NAMES[:n]) for n in (1, 2))
    assert room.distribution() is None
    room.set_distribution(first)
    try:
        with second.scope():
            assert room.distribution() is second
        assert room.distribution() is first
    finally:
        room.set_distribution(None)


@BOTH
def test_datasets_are_given_back_in_one_process(room):
    dataset = object()
    found = room.DataParallel(devices=NAMES)
    assert found.distribute_dataset(dataset) is dataset


def test_models_compiled_in_a_scope_remember_it():
    layout = distribution.DataParallel(devices=["cpu:0"])
    model = torchkeras.Sequential([torchkeras.Input((2,)), torchkeras.layers.Dense(1)])
    with layout.scope():
        model.compile("sgd", "mse")
    assert model._chosen_distribution is layout
    history = model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    assert np.isfinite(history.history["loss"]).all()
