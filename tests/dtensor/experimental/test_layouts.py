import pytest

import torchkeras as keras
from torchkeras.dtensor.experimental import LayoutMap


@pytest.fixture
def mesh():
    return keras.distribution.DeviceMesh((1, 2), ["batch", "model"], ["cpu:0", "cpu:1"])


def test_the_first_expression_that_fits_the_start_wins(mesh):
    layouts = LayoutMap(mesh)
    layouts[".*dense.*kernel"] = (None, "model")
    layouts["dense.*"] = (None,)
    layouts["exact.kernel"] = ("model", None)
    assert layouts["dense_1.kernel"].axes == (None, "model")
    assert layouts["dense_1/kernel/more"].axes == (None, "model")
    assert layouts["my_model/dense_1/bias"].axes == (None,)
    assert layouts["exact.kernel"].axes == ("model", None)
    assert layouts["other"] is None
    assert layouts.get_default_mesh() is mesh
    assert layouts["dense_1.bias"].device_mesh is mesh


def test_a_scope_makes_the_layouts_hold(mesh):
    layouts = LayoutMap(mesh)
    layouts["d1.kernel"] = (None, "model")
    with layouts.scope():
        found = keras.distribution.distribution()
        assert isinstance(found, keras.distribution.ModelParallel)
        kernel = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="d1")]).weights[0]
        assert found.get_variable_layout(kernel).axes == (None, "model")
    assert keras.distribution.distribution() is None
    assert LayoutMap().get_default_mesh() is None
