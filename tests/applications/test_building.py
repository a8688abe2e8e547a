import keras as real
import numpy as np
import pytest

import torchkeras as keras
from torchkeras.applications import building
from torchkeras.applications.vgg16 import VGG16


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"weights": "no such file"}, "weights"),
        ({"weights": "imagenet", "classes": 10}, "classes"),
        ({"weights": "imagenet", "classifier_activation": "relu"}, "classifier_activation"),
        ({"weights": "imagenet", "input_shape": (64, 64, 3)}, "input_shape"),
        ({"weights": None, "input_shape": (20, 64, 3)}, "input_shape"),
        ({"weights": None, "input_shape": (64, 3)}, "input_shape"),
        ({"weights": None, "input_shape": (None, None, 3)}, "input_shape"),
        ({"weights": "imagenet", "include_top": False, "input_shape": (64, 64, 1)}, "input_shape"),
    ],
)
def test_arguments_that_do_not_fit_are_named_where_keras_raises(options, argument, monkeypatch):
    def no_net(*args, **kwargs):
        raise AssertionError("nothing is to be fetched")

    monkeypatch.setattr(building, "get_file", no_net)
    with pytest.raises(ValueError, match=argument):
        VGG16(**options)
    if options["weights"] != "imagenet" or "classifier_activation" not in options:
        with pytest.raises(ValueError, match=r".+"):
            real.applications.VGG16(**options)


def test_unusual_channels_warn():
    with pytest.warns(UserWarning, match="5 input channels"):
        VGG16(weights=None, include_top=False, input_shape=(32, 32, 5))


def test_weights_come_from_the_file_named(tmp_path, monkeypatch):
    model = VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    path = tmp_path / "vgg.weights.h5"
    model.save_weights(path)
    again = VGG16(weights=str(path), include_top=False, input_shape=(32, 32, 3))
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    asked = []

    def fetch(name, address, **options):
        asked.append((name, address, options))
        return str(path)

    monkeypatch.setattr(building, "get_file", fetch)
    fetched = VGG16(include_top=False)
    np.testing.assert_array_equal(fetched.get_weights()[0], model.get_weights()[0])
    (name, address, options) = asked[0]
    assert address.endswith(name)
    assert options["file_hash"]


def test_layouts_with_channels_first_are_built(monkeypatch):
    keras.config.set_image_data_format("channels_first")
    try:
        model = VGG16(weights=None, include_top=False)
        assert model.input_shape == (None, 3, None, None)
        assert building.channel_axis() == 1
    finally:
        keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("size", [7, 8, None])
def test_padding_before_strides_is_that_of_keras(size):
    from keras.src.applications.imagenet_utils import correct_pad

    for kernel in (3, 5, 7):
        found = building.pad_for_stride(keras.Input((size, size, 3)), kernel)
        assert found == correct_pad(real.Input((size, size, 3)), kernel)


def test_arguments_come_by_place_and_name_as_the_signature_says():
    from torchkeras.applications.regnet import RegNetX002

    assert VGG16(False, None).name == "vgg16"
    assert RegNetX002("first", False, weights=None).name == "first"
    assert RegNetX002(include_top=False, weights=None, name="other").name == "other"
    with pytest.raises(TypeError, match=r"VGG16\(\) got an unexpected keyword argument 'clases'"):
        VGG16(clases=3)
