import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.distillation import FeatureDistillation, LogitsDistillation

TEACHER, STUDENT = torch.randn(2, 8, 5, generator=torch.Generator().manual_seed(0)).unbind()


@pytest.mark.parametrize("loss", ["mse", "mae", "cosine_similarity", "huber"])
@pytest.mark.parametrize("temperature", [1, 2.5])
def test_losses_are_those_of_keras(loss, temperature):
    for name, options in [
        ("FeatureDistillation", {"loss": loss}),
        ("LogitsDistillation", {"loss": loss, "temperature": temperature}),
    ]:
        ours, theirs = (
            getattr(library.distillation, name)(**options).compute_loss(TEACHER, STUDENT)
            for library in (keras, real)
        )
        assert float(ours) == pytest.approx(float(theirs), rel=1e-5)


def test_softened_probabilities_are_compared_by_name_and_by_object():
    ours = LogitsDistillation(2.0, loss=keras.losses.KLDivergence())
    theirs = real.distillation.LogitsDistillation(2.0, loss=real.losses.KLDivergence())
    expected = float(theirs.compute_loss(TEACHER, STUDENT))
    for loss in (ours, LogitsDistillation(2.0)):
        assert float(loss.compute_loss(TEACHER, STUDENT)) == pytest.approx(expected, rel=1e-5)


def test_structures_have_a_loss_for_each_output():
    loss = FeatureDistillation({"a": "mse", "b": None})
    value = loss.compute_loss({"a": TEACHER, "b": TEACHER}, {"a": STUDENT, "b": STUDENT})
    np.testing.assert_allclose(value, ((TEACHER - STUDENT) ** 2).mean(), rtol=1e-6)
    both = LogitsDistillation(1.0, "mse").compute_loss([TEACHER, TEACHER], [STUDENT, STUDENT])
    np.testing.assert_allclose(both, 2 * value, rtol=1e-6)


@pytest.mark.parametrize(
    "loss", [FeatureDistillation("mae", "a", "b"), LogitsDistillation(2.0), LogitsDistillation(1)]
)
def test_configurations_give_the_same_loss_in_both_libraries(loss):
    copied = type(loss).from_config(loss.get_config())
    assert copied.get_config() == loss.get_config()
    assert float(copied.compute_loss(TEACHER, STUDENT)) == float(
        loss.compute_loss(TEACHER, STUDENT)
    )
    theirs = getattr(real.distillation, type(loss).__name__).from_config(loss.get_config())
    assert type(theirs).__name__ == type(loss).__name__


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="non-`None`"):
        FeatureDistillation([None, None])
    with pytest.raises(ValueError, match="temperature"):
        LogitsDistillation(0)
    with pytest.raises(ValueError, match="structure"):
        FeatureDistillation(["mse"]).validate_outputs([TEACHER, TEACHER], [STUDENT, STUDENT])

    class Own(keras.Model):
        def call(self, x):
            return x

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="d")])
    loss = FeatureDistillation("mse", "d", None)
    loss.validate_model_compatibility(model, model)
    with pytest.raises(ValueError, match="seems to be subclassed"):
        loss.validate_model_compatibility(Own(), model)
    with pytest.raises(ValueError, match="No such layer"):
        FeatureDistillation("mse", "gone").validate_model_compatibility(model, model)
