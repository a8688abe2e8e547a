import numpy as np
import pytest
import torch

from torchkeras import initializers, layers
from torchkeras.core.configurable import Configurable, config_owner


class Box(Configurable):
    def __init__(self, width, height=2, *, colour="red"):
        self.area = width * height


class Renaming(layers.Layer):
    def __init__(self, count, start=None, **options):
        super().__init__(**options)
        self.number_of_things = count


class Extended(layers.Dense):
    def __init__(self, units, factor=2.0, **options):
        super().__init__(units, **options)
        self.factor = factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def test_arguments_are_remembered_even_if_they_are_kept_under_other_names():
    assert Box(3).get_config() == {"width": 3, "height": 2, "colour": "red"}
    assert Box(3, colour="blue").get_config()["colour"] == "blue"
    config = Renaming(3, name="r").get_config()
    assert (config["count"], config["start"], config["name"]) == (3, None, "r")


def test_a_config_makes_an_equal_object():
    again = Renaming.from_config(Renaming(3, start=5, name="r").get_config())
    assert again.get_config() == Renaming(3, start=5, name="r").get_config()


def test_an_overriding_get_config_gets_the_arguments_of_the_class_above():
    config = Extended(4, factor=3.0, activation="relu").get_config()
    assert config["units"] == 4
    assert config["activation"] == "relu"
    assert config["factor"] == 3.0
    assert config_owner(Extended) is layers.Dense
    assert Extended.from_config(config).factor == 3.0


def test_a_built_in_class_follows_later_changes_of_its_attributes():
    layer = layers.Dense(2, activation="relu")
    layer.activation = torch.tanh
    layer.units = 3
    assert layer.get_config()["units"] == 3


def test_objects_among_the_arguments_survive_the_round_trip():
    layer = Renaming(1, start=initializers.Constant(2.0))
    again = Renaming.from_config(layer.get_config())
    assert isinstance(again._given_arguments[1]["start"], initializers.Constant)


def test_missing_arguments_are_an_error_of_the_constructor():
    with pytest.raises(TypeError, match="width"):
        Box()


def test_numbers_of_numpy_are_taken_as_those_of_python():
    class Narrow(layers.Dense):
        def __init__(self, units):
            super().__init__(units)

    for layer in (layers.Dense(np.int64(3)), layers.Dense(units=np.int32(3)), Narrow(np.int64(3))):
        assert type(layer.units) is int
        assert layer(torch.ones(2, 2)).shape == (2, 3)
    assert layers.ZeroPadding2D(((np.int64(1), 2), np.int64(3))).padding == ((1, 2), (3, 3))
    with pytest.raises(ValueError, match="units is -1; expected"):
        layers.Dense(np.int64(-1))
