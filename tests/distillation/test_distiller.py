import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras

X = np.random.default_rng(0).normal(size=(48, 6)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, 48)


def network(library, widths, seed, prefix):
    layers = [library.Input((6,))]
    for index, width in enumerate(widths):
        is_last = index == len(widths) - 1
        layers.append(
            library.layers.Dense(width, None if is_last else "tanh", name=f"{prefix}{index}")
        )
    model = library.Sequential(layers)
    draw = np.random.default_rng(seed)
    model.set_weights([draw.normal(0, 0.4, w.shape) for w in model.get_weights()])
    return model


def distiller(library, make_losses, **options):
    teacher = network(library, [8, 5, 3], 2, "t")
    student = network(library, [5, 3], 3, "s")
    made = library.distillation.Distiller(
        teacher, student, make_losses(library.distillation), **options
    )
    made.compile(
        library.optimizers.SGD(0.1),
        library.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return made


CONFIGURATIONS = {
    "softened probabilities": (
        lambda room: room.LogitsDistillation(2.0, loss=_divergence(room)),
        {},
    ),
    "logits by squares": (
        lambda room: room.LogitsDistillation(3.0, loss="mse"),
        {"student_loss_weight": 0.2},
    ),
    "features": (
        lambda room: room.FeatureDistillation("mse", "t1", "s0"),
        {"student_loss_weight": 0.7},
    ),
    "two, weighted": (
        lambda room: [
            room.FeatureDistillation("mae", "t1", "s0"),
            room.LogitsDistillation(loss="mse"),
        ],
        {"distillation_loss_weights": [0.3, 2.0]},
    ),
    "targets alone": (
        lambda room: room.LogitsDistillation(loss="mse"),
        {"student_loss_weight": 1.0},
    ),
    "teacher alone": (lambda room: room.FeatureDistillation(), {"student_loss_weight": 0.0}),
}


def _divergence(room):
    library = keras if room is keras.distillation else real
    return library.losses.KLDivergence()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_training_is_that_of_keras(name):
    make, options = CONFIGURATIONS[name]
    ours, theirs = (distiller(library, make, **options) for library in (keras, real))
    histories = [
        side.fit(X, Y, batch_size=16, epochs=3, shuffle=False, verbose=0, validation_split=0.25)
        for side in (ours, theirs)
    ]
    found, expected = (history.history for history in histories)
    assert set(found) == set(expected)
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, rtol=1e-4, atol=1e-6, err_msg=key)
    for one, other in zip(ours.student.get_weights(), theirs.student.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    np.testing.assert_allclose(ours.predict(X, verbose=0), theirs.predict(X, verbose=0), atol=1e-5)


def test_the_teacher_stays_as_it_is_and_infers():
    made = distiller(keras, lambda room: room.LogitsDistillation())
    before = made.teacher.get_weights()
    made.fit(X, Y, epochs=2, verbose=0)
    for one, other in zip(before, made.teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not made.teacher.trainable_variables


def test_weights_of_samples_weight_the_loss_on_the_targets():
    made = distiller(keras, lambda room: room.LogitsDistillation(), student_loss_weight=1.0)
    weights = np.zeros(48)
    results = made.evaluate(X, Y, sample_weight=weights, verbose=0, return_dict=True)
    assert results["student_loss"] == 0
    results = made.evaluate(X, Y, verbose=0, return_dict=True)
    assert results["student_loss"] > 0


def test_evaluating_leaves_the_students_batch_statistics_alone():
    inputs = keras.Input((6,))
    hidden = keras.layers.BatchNormalization(name="norm")(inputs)
    student = keras.Model(inputs, keras.layers.Dense(3)(hidden))
    teacher = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    made = keras.distillation.Distiller(
        teacher,
        student,
        keras.distillation.FeatureDistillation("mse", None, None),
    )
    made.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    made.evaluate(X, Y, verbose=0)
    assert torch.all(student.get_layer("norm").moving_mean.value == 0)


def test_it_is_saved_and_loaded(tmp_path):
    made = distiller(keras, lambda room: [room.FeatureDistillation("mse", "t1", "s0")])
    made.fit(X, Y, verbose=0)
    made.save(tmp_path / "distiller.keras")
    loaded = keras.models.load_model(tmp_path / "distiller.keras", compile=False)
    np.testing.assert_allclose(made.predict(X, verbose=0), loaded.predict(X, verbose=0), atol=1e-6)
    assert loaded.distillation_losses[0].teacher_layer_name == "t1"
    theirs = real.models.load_model(tmp_path / "distiller.keras", compile=False)
    np.testing.assert_allclose(made.predict(X, verbose=0), theirs.predict(X, verbose=0), atol=1e-5)


def test_a_custom_distance_is_used_and_must_be_a_number():
    class Difference(keras.distillation.DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return (teacher_outputs - student_outputs).abs().mean()

    class Many(keras.distillation.DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return teacher_outputs - student_outputs

    made = distiller(keras, lambda room: Difference(), student_loss_weight=0.0)
    assert made.evaluate(X, Y, verbose=0, return_dict=True)["distillation_loss"] > 0
    with pytest.raises(ValueError, match=r"Many\.compute_loss"):
        distiller(keras, lambda room: Many()).evaluate(X, Y, verbose=0)
    with pytest.raises(NotImplementedError, match="must implement compute_loss"):
        keras.distillation.DistillationLoss().compute_loss(None, None)


def test_bad_arguments_are_named():
    room = keras.distillation
    teacher = network(keras, [3], 0, "t")
    other = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    loss = room.LogitsDistillation()
    with pytest.raises(ValueError, match="inputs are incompatible"):
        room.Distiller(teacher, other, loss)
    with pytest.raises(ValueError, match="outputs are incompatible"):
        room.Distiller(teacher, network(keras, [4], 0, "s"), loss)
    with pytest.raises(TypeError, match=r"keras\.Model"):
        room.Distiller(teacher, torch.nn.Linear(6, 3), loss)
    with pytest.raises(ValueError, match="distillation_losses"):
        room.Distiller(teacher, teacher, None)
    with pytest.raises(ValueError, match="distillation_loss_weights"):
        room.Distiller(teacher, teacher, [loss], [1.0, 2.0])
    with pytest.raises(ValueError, match="student_loss_weight"):
        room.Distiller(teacher, teacher, loss, student_loss_weight=2)
    made = room.Distiller(teacher, teacher, loss)
    with pytest.raises(ValueError, match="loss"):
        made.compile("sgd")
    with pytest.raises(ValueError, match="metrics"):
        made.compile("sgd", "mse", metrics="accuracy")
