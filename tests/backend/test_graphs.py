import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import backend as K
from torchkeras import layers

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2, 6, 6, 3)).astype("float32")


@pytest.fixture(scope="module")
def model():
    """A small classifier of pictures, trained in nothing but dropout's presence."""
    inputs = torchkeras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, activation="relu", padding="same", name="conv")(inputs)
    x = layers.Dropout(0.5)(layers.MaxPooling2D(2)(x))
    made = torchkeras.Model(inputs, layers.Dense(5, "softmax")(layers.Flatten()(x)))
    made.set_weights([RANDOM.normal(size=w.shape) * 0.3 for w in made.get_weights()])
    return made


def by_hand(model, of, by):
    """Gradients that torch gives of ``of(outputs)`` by ``by(x, features)``."""
    first = torchkeras.Model(model.input, [model.get_layer("conv").output, model.output])
    x = torch.tensor(X, requires_grad=True)
    with torch.enable_grad():
        features, outputs = first(x)
        return torch.autograd.grad(of(outputs), by(x, features))


def test_gradients_are_taken_of_sums():
    v = torchkeras.Variable([1.0, 2.0])
    loss = v * v
    assert K.gradients(loss, [v])[0].tolist() == [2.0, 4.0]
    assert K.gradients([loss, v * 3], v)[0].tolist() == [5.0, 7.0]


def test_saliency_is_a_function_of_pictures(model):
    loss = K.mean(model.output[:, 2])
    slope = K.gradients(loss, model.input)[0]
    assert slope.shape == (None, 6, 6, 3)
    normal = slope / (K.sqrt(K.mean(K.square(slope))) + 1e-5)
    iterate = K.function([model.input], [loss, slope, normal])
    value, found, scaled = iterate([X])
    (expected,) = by_hand(model, lambda y: y[:, 2].mean(), lambda x, _: [x])
    assert isinstance(value, np.float32)
    np.testing.assert_allclose(found, expected, atol=1e-7)
    np.testing.assert_allclose(
        scaled, found / (np.sqrt(np.mean(found**2)) + 1e-5), rtol=1e-4, atol=1e-6
    )


def test_maps_of_classes_need_gradients_by_features(model):
    features = model.get_layer("conv").output
    slopes = K.gradients(model.output[:, 1], features)[0]
    pooled, first = K.function([model.input], [K.mean(slopes, axis=(0, 1, 2)), features[0]])([X])
    (expected,) = by_hand(model, lambda y: y[:, 1].sum(), lambda _, features: [features])
    np.testing.assert_allclose(pooled, expected.mean((0, 1, 2)), atol=1e-7)
    assert first.shape == (6, 6, 4)


def test_gradients_by_weights_lie_as_the_weights_do(model):
    weights = model.trainable_weights
    found = K.function([model.input], K.gradients(K.mean(model.output[:, 2]), weights))([X])
    expected = by_hand(model, lambda y: y[:, 2].mean(), lambda *_: [w.parameter for w in weights])
    for weight, slope, wanted in zip(weights, found, expected, strict=True):
        assert slope.shape == tuple(weight.shape)
        np.testing.assert_allclose(slope, weight.layout.to_keras(wanted), atol=1e-7)


def test_gradients_have_gradients(model):
    x = torchkeras.Input((2,))
    first = K.gradients(x**3, x)[0]
    second = K.gradients(first, x)[0]
    run = K.function([x], [first, second])
    slope, bend = run([np.array([[1.0, 2.0]])])
    assert (slope.tolist(), bend.tolist()) == ([[3.0, 12.0]], [[6.0, 12.0]])


def test_what_a_loss_does_not_depend_on_has_no_gradient(model):
    other, variable = torchkeras.Input((2,)), K.variable([1.0])
    found = K.gradients(model.output, [other, model.input, variable])
    assert found[0] is None
    assert found[1].shape == (None, 6, 6, 3)
    assert found[2] is None
    assert K.gradients(model.output, other) == [None]


def test_frozen_weights_stop_no_gradients():
    words = torchkeras.Input((4,), dtype="int32")
    vectors = layers.Embedding(10, 3, trainable=False)(words)
    output = layers.Dense(1, trainable=False)(layers.Flatten()(vectors))
    run = K.function([words], K.gradients(output, vectors))
    found = run([np.array([[1, 2, 3, 4]])])[0]
    model = torchkeras.Model(words, output)
    np.testing.assert_allclose(found.reshape(-1, 1), model.get_weights()[1], rtol=1e-6)
    assert not any(p.requires_grad for p in model.parameters())
    assert K.gradients(output, words) == [None]


def test_pictures_in_variables_and_a_placeholder_make_one_input(model):
    picture, made = K.variable(X[:1]), K.placeholder((1, 6, 6, 3))
    features = torchkeras.Model(model.input, model.get_layer("conv").output)
    both = features(K.concatenate([picture, made], axis=0))
    loss = K.variable(0.0) + K.sum(K.square(both[0] - both[1])) / 4.0
    value, slope = K.function([made], [loss, *K.gradients(loss, made)])([X[1:]])
    assert slope.shape == (1, 6, 6, 3)
    assert value > 0
    np.testing.assert_allclose(K.function([made], [loss])([X[:1]])[0], 0.0)


def test_graphs_become_functions_of_arrays():
    x = torchkeras.Input((3,))
    run = K.function([x], [x * 2, K.sum(x, axis=1)])
    doubled, total = run([np.ones((2, 3), "float32")])
    assert (doubled.tolist(), total.tolist()) == ([[2.0] * 3] * 2, [3.0, 3.0])
    assert isinstance(K.function([x], x * 2)([np.ones((1, 3))]), np.ndarray)
    (single,) = K.function([x], [x * 2])([np.ones((1, 3))])
    assert single.tolist() == [[2.0] * 3]
    with pytest.raises(ValueError, match="there is no session"):
        K.function([x], [x], fetches=[1])
    with pytest.raises(ValueError, match="pairs"):
        K.function([x], [x], updates=[1])


def test_the_learning_phase_may_be_fed(model):
    run = K.function([model.input, K.learning_phase()], [model.output])
    np.testing.assert_allclose(run([X, 0])[0], model(X).detach(), rtol=1e-6)
    assert not np.allclose(run([X, 1])[0], run([X, 1.0])[0])
    assert not model.training


def test_updates_happen_after_each_run():
    x, total = torchkeras.Input((1,)), K.variable(0.0)
    run = K.function([x], [total, x], updates=[(total, total + K.sum(x))])
    assert float(run([np.array([[2.0]])])[0]) == 0.0
    assert float(run([np.array([[3.0]])])[0]) == 2.0
    assert float(total) == 5.0


def test_gradients_are_recorded_by_functions_alone(model):
    slope = K.gradients(model.output, model.input)[0]
    with pytest.raises(RuntimeError, match=r"K\.function"), torch.no_grad():
        torchkeras.Model(model.input, slope)(X)
