"""Old files as files of today."""

import itertools

import keras
import numpy as np
import pytest

import torchkeras
from torchkeras.saving import migrate


def model_of(units=2):
    return torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.Dense(units)])


@pytest.mark.parametrize("old", ["a.h5", "a.keras"])
@pytest.mark.parametrize("new", ["b.keras", "b.weights.h5", "b.safetensors"])
def test_whole_models_become_any_file_of_today(old, new, tmp_path):
    model = model_of()
    model.save(tmp_path / old)
    found = migrate(tmp_path / old, tmp_path / new)
    assert not found.problems
    twin = model_of()
    if new == "b.keras":
        twin = torchkeras.models.load_model(tmp_path / new)
    else:
        twin.load_weights(tmp_path / new)
    for mine, its in zip(twin.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(mine, its)


def test_weights_need_a_model(tmp_path):
    model = model_of()
    model.save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(ValueError, match="pass the model that they belong to"):
        migrate(tmp_path / "a.weights.h5", tmp_path / "b.keras")
    twin = model_of()
    migrate(tmp_path / "a.weights.h5", tmp_path / "b.keras", twin)
    assert np.array_equal(twin.get_weights()[0], model.get_weights()[0])


def test_nothing_is_replaced_unless_asked(tmp_path):
    model_of().save(tmp_path / "a.h5")
    (tmp_path / "b.keras").write_text("mine")
    with pytest.raises(FileExistsError):
        migrate(tmp_path / "a.h5", tmp_path / "b.keras")
    assert (tmp_path / "b.keras").read_text() == "mine"
    migrate(tmp_path / "a.h5", tmp_path / "b.keras", overwrite=True)
    torchkeras.models.load_model(tmp_path / "b.keras")


@pytest.mark.parametrize("new", ["b.foo", "b", "b.weights.json"])
def test_other_suffixes_are_refused_before_the_file_is_read(tmp_path, new):
    with pytest.raises(ValueError, match=r"expected a path that ends in \.keras, \.h5.*\.ckpt"):
        migrate(tmp_path / "none.keras", tmp_path / new)


def trained(library):
    layers = library.layers
    words, numbers = library.Input((5,), dtype="int32"), library.Input((3,))
    x = layers.LSTM(3)(layers.Embedding(9, 4)(words))
    x = layers.Concatenate()([x, layers.BatchNormalization()(numbers)])
    model = library.Model([words, numbers], layers.Dense(1, name="out")(x), name="trained")
    model.compile(library.optimizers.Adam(0.01, name="adam"), "mse")
    model.fit(*DATA, **TRAINING)
    return model


RANDOM = np.random.default_rng(0)
DATA = ([RANDOM.integers(0, 9, (8, 5)), RANDOM.normal(size=(8, 3))], RANDOM.normal(size=(8, 1)))
TRAINING = {"batch_size": 4, "shuffle": False, "verbose": 0}
SAVINGS = (keras.saving, torchkeras.saving)
CHAINS = (
    ["m.h5", "a.keras", "b.weights.h5", "c.ckpt", "d.keras"],
    ["m.keras", "a.h5", "b.keras", "c.ckpt", "d.weights.h5", "e.keras"],
    ["m.keras", "a.weights.h5", "b.h5", "c.keras"],
)


def numbers_of(model):
    """All that training goes on from."""
    return [v.numpy().copy() for v in (*model.weights, *model.optimizer.variables)]


@pytest.mark.parametrize("library", [keras, torchkeras], ids=["of keras", "of torchkeras"])
@pytest.mark.parametrize("chain", CHAINS, ids=" ".join)
def test_training_goes_on_at_the_end_of_a_chain(chain, library, tmp_path):
    model = trained(library)
    model.save(tmp_path / chain[0])
    for old, new in itertools.pairwise(chain):
        is_whole = old.endswith((".keras", ".h5")) and not old.endswith(".weights.h5")
        found = migrate(tmp_path / old, tmp_path / new, None if is_whole else trained(torchkeras))
        assert (len(found.mapped) - found.of_optimizer, found.of_optimizer) == (10, 18)
        assert found.fits
        assert not found.left
    losses, wanted = [], numbers_of(model)
    for end in (model, *(opening.load_model(tmp_path / chain[-1]) for opening in SAVINGS)):
        assert end.get_config()["name"] == "trained"
        for mine, its in zip(numbers_of(end), wanted, strict=True):
            np.testing.assert_array_equal(mine, its)
        losses.append(end.fit(*DATA, **TRAINING, epochs=2).history["loss"])
    np.testing.assert_allclose(losses[1:], losses[:1] * 2, rtol=1e-5)


def test_safetensors_leave_the_optimizer_behind(tmp_path):
    model = trained(torchkeras)
    model.save(tmp_path / "m.h5")
    found = migrate(tmp_path / "m.h5", tmp_path / "m.safetensors")
    assert (len(found.mapped), found.of_optimizer, len(found.left)) == (10, 0, 18)
    migrate(tmp_path / "m.safetensors", tmp_path / "m.keras", trained(torchkeras))
    twin = keras.saving.load_model(tmp_path / "m.keras")
    for mine, its in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)
