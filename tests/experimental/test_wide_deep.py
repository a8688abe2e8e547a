import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.experimental import LinearModel, WideDeepModel


def parts(activation=None):
    wide = LinearModel(kernel_initializer="ones")
    deep = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
    return WideDeepModel(wide, deep, activation=activation)


def test_both_models_are_added_up():
    model = parts()
    assert model((torch.ones(1, 3), torch.ones(1, 5))).tolist() == [[8.0]]
    assert parts("sigmoid")(torch.zeros(1, 3)).tolist() == [[0.5]]


def test_each_model_may_have_its_optimizer():
    x, y = np.ones((8, 2), "float32"), np.zeros((8, 1), "float32")
    model = parts()
    model.compile([keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.1)], "mse")
    before = model(torch.from_numpy(x))[0].item()
    model.fit(x, y, batch_size=8, epochs=3, verbose=0)
    assert before == 4.0
    assert model.linear_model.dense_layers[0].kernel.numpy().ravel().tolist() == [1.0, 1.0]
    assert (model.dnn_model.layers[0].kernel.numpy() < 1.0).all()


def test_one_optimizer_trains_both():
    x, y = np.ones((8, 2), "float32"), np.zeros((8, 1), "float32")
    model = parts()
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)
    assert (model.linear_model.dense_layers[0].kernel.numpy() < 1.0).all()


def test_three_optimizers_are_too_many():
    with pytest.raises(ValueError, match="one optimizer or two"):
        parts().compile(["sgd"] * 3, "mse")


@pytest.mark.parametrize("optimizer", ["sgd", ["sgd", "adam"]])
def test_the_model_is_saved_with_its_optimizers(optimizer, tmp_path):
    x, y = np.ones((8, 2), "float32"), np.zeros((8, 1), "float32")
    model = parts()
    model.compile(optimizer, "mse")
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert torch.equal(again(torch.from_numpy(x)), model(torch.from_numpy(x)))
    again.fit(x, y, verbose=0)
    model.fit(x, y, verbose=0)
    torch.testing.assert_close(again(torch.from_numpy(x)), model(torch.from_numpy(x)))


def test_the_deep_model_is_told_whether_it_is_trained():
    deep = keras.Sequential([keras.layers.Dense(1), keras.layers.Dropout(0.5)])
    model = WideDeepModel(LinearModel(), deep)
    x = torch.ones(64, 3)
    model(x)
    model.linear_model.set_weights([w * 0 for w in model.linear_model.get_weights()])
    assert (model.call(x, training=True) == 0).any()
    assert not (model.call(x, training=False) == 0).any()
