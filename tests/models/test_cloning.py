import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers


def functional():
    a = keras.Input((4,), name="a")
    shared = layers.Dense(4, name="shared")
    return keras.Model(a, layers.Add()([shared(a), shared(shared(a)) * 2]))


def sequential():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="inner")], name="block")
    return keras.Sequential([keras.Input((4,)), inner, layers.Dense(3)])


class Subclassed(keras.Model):
    def __init__(self, units=3, **options):
        super().__init__(**options)
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize("make", [functional, sequential])
def test_a_clone_has_the_same_layers_and_weights_of_its_own(make):
    model = make()
    clone = keras.models.clone_model(model)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    assert not {id(p) for p in clone.parameters()} & {id(p) for p in model.parameters()}
    clone.set_weights(model.get_weights())
    x = torch.randn(2, 4)
    torch.testing.assert_close(clone(x), model(x))


def test_layers_can_be_exchanged_on_the_way():
    def widen(layer):
        config = layer.get_config()
        if isinstance(layer, layers.Dense):
            config["use_bias"] = False
        return layer.__class__.from_config(config)

    assert len(keras.models.clone_model(functional(), clone_function=widen).weights) == 1
    clone = keras.models.clone_model(sequential(), clone_function=widen, recursive=True)
    assert len(clone.weights) == 2


def test_calls_can_be_exchanged_on_the_way():
    def call(layer, *args, **kwargs):
        return layer(*args, **kwargs) * 0.0

    clone = keras.models.clone_model(functional(), call_function=call)
    assert clone(torch.ones(1, 4)).abs().sum() == 0


def test_a_clone_can_stand_on_a_given_input():
    x = keras.Input((4,), name="mine")
    clone = keras.models.clone_model(functional(), input_tensors=x)
    assert clone.input_names == ["mine"]
    with pytest.raises(ValueError, match="expected 1 tensors"):
        keras.models.clone_model(functional(), input_tensors=[x, x])


def test_a_subclass_is_cloned_by_its_configuration():
    clone = keras.models.clone_model(Subclassed(units=5))
    assert clone(torch.ones(1, 4)).shape == (1, 5)
    with pytest.raises(ValueError, match="only supported"):
        keras.models.clone_model(Subclassed(), clone_function=lambda layer: layer)


def test_json_makes_the_model_again():
    model = sequential()
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(
        again(torch.ones(1, 4)).detach(), model(torch.ones(1, 4)).detach()
    )
    with pytest.raises(ValueError, match="JSON"):
        keras.models.model_from_json("{")


@pytest.mark.parametrize("make", [functional, sequential])
def test_a_clone_is_compiled_alike_with_an_optimizer_and_metrics_of_its_own(make):
    model, seen = make(), keras.metrics.MeanAbsoluteError(name="seen")
    model.compile(keras.optimizers.Adam(0.5), "mse", metrics=[seen])
    x = np.ones((2, 4), "float32")
    y = np.zeros((2, *model.output_shape[1:]), "float32")
    model.train_on_batch(x, y)
    before = float(seen.result())
    clone = keras.models.clone_model(model)
    assert clone.optimizer is not model.optimizer
    assert clone.optimizer.get_config() == model.optimizer.get_config()
    assert int(clone.optimizer.iterations) == 0
    clone.train_on_batch(x, y)
    assert clone.metrics_names == ["loss", "seen"]
    assert float(seen.result()) == before


def test_a_clone_of_a_model_with_a_torch_optimizer_is_not_compiled():
    model = sequential()
    model.compile(torch.optim.SGD(model.parameters(), 0.1), "mse")
    assert not keras.models.clone_model(model).compiled


def test_yaml_is_not_read():
    with pytest.raises(RuntimeError, match="removed due to security risk.*model_from_json"):
        keras.models.model_from_yaml("!!python/object/apply:os.system ['true']")
