import pytest
from networks import refused_by_both, same_layers, same_network

from torchkeras.applications import building


def test_the_network_is_that_of_keras():
    same_network("mobilenet", "MobileNet", alpha=0.25, input_shape=(64, 64, 3), classes=6)


@pytest.mark.parametrize(
    "options",
    [
        {"include_top": False, "pooling": "avg", "alpha": 0.5, "depth_multiplier": 2},
        {"input_shape": (128, 128, 3), "dropout": 0.5, "classifier_activation": None},
        {"include_top": False, "input_shape": (40, 41, 1), "name": "other"},
    ],
)
def test_variants_are_those_of_keras(options):
    same_layers("mobilenet", "MobileNet", **options)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"alpha": 0.3}, "alpha"),
        ({"depth_multiplier": 2}, "depth_multiplier"),
        ({"classes": 10}, "classes"),
        ({"input_shape": (20, 20, 3), "weights": None}, "input_shape"),
    ],
)
def test_arguments_that_do_not_fit_are_named(options, argument):
    refused_by_both("mobilenet", "MobileNet", argument, **options)


def test_weights_are_chosen_by_width_and_height(monkeypatch):
    from torchkeras.applications.mobilenet import MobileNet

    asked = []
    monkeypatch.setattr(building, "get_file", lambda name, *args, **options: asked.append(name))
    MobileNet(alpha=0.5, input_shape=(160, 160, 3))
    with pytest.warns(UserWarning, match="those for 224"):
        MobileNet(include_top=False, alpha=0.25, input_shape=(100, 100, 3))
    assert asked == ["mobilenet_5_0_160_tf.h5", "mobilenet_2_5_224_tf_no_top.h5"]
