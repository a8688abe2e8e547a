"""Names under ``keras.utils.bounding_boxes``."""

import inspect

import keras
import pytest

from torchkeras.utils import bounding_boxes


@pytest.mark.parametrize("name", bounding_boxes.__all__)
def test_functions_take_keras_arguments(name):
    mine, true = [
        inspect.signature(getattr(package, name)).parameters
        for package in (bounding_boxes, keras.utils.bounding_boxes)
    ]
    assert [(p.name, p.default) for p in mine.values()] == [
        (p.name, p.default) for p in true.values()
    ]


def test_no_function_of_keras_is_missing():
    wanted = {name for name in dir(keras.utils.bounding_boxes) if not name.startswith("_")}
    assert wanted == set(bounding_boxes.__all__)
