import pytest
from networks import same_layers, same_network

import torchkeras as keras


def test_the_network_is_that_of_keras():
    same_network("convnext", "ConvNeXtTiny", input_shape=(64, 64, 3), classes=6)


@pytest.mark.parametrize(
    "options",
    [
        {"include_top": False, "pooling": "avg"},
        {"include_top": False, "include_preprocessing": False, "name": "other"},
    ],
)
def test_variants_are_those_of_keras(options):
    same_layers("convnext", "ConvNeXtTiny", **options)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["Small", "Base", "Large", "XLarge"])
def test_greater_networks_are_those_of_keras(size):
    same_layers("convnext", f"ConvNeXt{size}", include_top=False)


def test_the_name_is_taken_as_tf_keras_calls_it():
    model = keras.applications.ConvNeXtTiny(
        model_name="mine", weights=None, include_top=False, input_shape=(32, 32, 3)
    )
    assert model.name == "mine"
    assert model.layers[1].name == "mine_prestem_normalization"


def test_the_layout_with_channels_first_is_refused():
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(ValueError, match="channels_last"):
            keras.applications.ConvNeXtTiny(weights=None, include_top=False)
    finally:
        keras.config.set_image_data_format("channels_last")
