import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.saving import distributed


def model_of(units):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units)])
    model.compile("sgd", "mse")
    return model


def test_the_folder_with_the_highest_number_is_the_newest(tmp_path):
    for number in (2, 10):
        model = model_of(1)
        model.set_weights([np.full((3, 1), number), np.zeros(1)])
        tensors = distributed.values(model, weights_only=True)
        distributed.save(tmp_path / str(number), tensors, None, None)
    assert distributed.is_checkpoint(tmp_path)
    assert distributed.is_checkpoint(tmp_path / "2")
    other = model_of(1)
    distributed.load_weights(other, tmp_path)
    assert other.get_weights()[0][0, 0] == 10
    assert not distributed.is_checkpoint(tmp_path / "3")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["10", "2"]


def test_a_checkpoint_takes_the_place_of_an_older_one(tmp_path):
    for value in (1.0, 2.0):
        distributed.save(tmp_path / "0", {"dense.linear.bias": torch.full((1,), value)}, "{}", None)
    assert (tmp_path / "0" / "config.json").read_text() == "{}"


def test_damaged_files_and_links_are_refused(tmp_path):
    model = model_of(1)
    distributed.save(tmp_path / "0", distributed.values(model, True), None, None)
    (file,) = (tmp_path / "0" / "state").glob("*.safetensors")
    content = file.read_bytes()
    file.write_bytes(content[:30])
    with pytest.raises(ValueError, match="safetensors of each process"):
        distributed.load_weights(model, tmp_path)
    file.unlink()
    (tmp_path / "elsewhere").write_bytes(content)
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="a link that leaves the folder"):
        distributed.load_weights(model, tmp_path)
