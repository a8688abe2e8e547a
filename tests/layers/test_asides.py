import pytest
import torch

import torchkeras as keras
from torchkeras.layers.asides import AddLoss, AddMetric, Aside


def test_what_comes_in_goes_out_as_it_is():
    for layer in (AddLoss(dtype="mixed_float16"), AddMetric("mean", "size")):
        for x in (torch.ones(2, 3), torch.arange(3)):
            y = layer(x)
            assert y is x
            assert layer(keras.Input((3,), dtype=str(x.dtype)[6:])).dtype == str(x.dtype)[6:]


def test_values_are_noted():
    loss, metric = AddLoss(), AddMetric("mean", "size")
    assert [float(value) for value in (loss(torch.tensor(2.0)), *loss.losses)] == [2.0, 2.0]
    metric(torch.tensor([1.0, 3.0]))
    metric(torch.tensor(8.0))
    (found,) = metric.metrics
    assert (found.name, float(found.result())) == ("size", 4.0)


@pytest.mark.parametrize(
    "layer", [AddLoss(True), AddMetric("mean", "size")], ids=["loss", "metric"]
)
def test_a_configuration_makes_the_same(layer):
    serialized = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(serialized)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()


def test_configurations_of_tf_keras_2_are_read():
    entry = {
        "module": "tf_keras.src.engine.base_layer",
        "class_name": "AddMetric",
        "config": {
            "name": "add_metric", "trainable": True, "dtype": "float32",
            "aggregation": "mean", "metric_name": "size",
        },
        "registered_name": "AddMetric",
    }  # fmt: skip
    assert keras.saving.deserialize_keras_object(entry).metric_name == "size"


def test_a_metric_has_a_name_and_is_a_mean():
    with pytest.raises(ValueError, match="Please provide a name for your metric"):
        AddMetric("mean")
    with pytest.raises(ValueError, match="aggregation is 'sum'; expected 'mean'"):
        AddMetric("sum", "size")


def test_a_layer_at_the_side_says_what_it_does():
    with pytest.raises(TypeError, match="Aside doesn't say what is done with the value"):
        Aside()(torch.ones(1))
