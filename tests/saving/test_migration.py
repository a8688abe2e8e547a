"""Old files as files of today."""

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
