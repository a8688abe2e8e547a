import shutil

import numpy as np
import pytest

import torchkeras as keras


def test_vocabularies_and_document_frequencies_are_read(of_tensorflow):
    model = keras.models.load_model(of_tensorflow / "tables")
    with np.load(of_tensorflow / "tables.npz") as known:
        made = model.predict([known["words"], known["numbers"]], verbose=0)
        np.testing.assert_allclose(made, known["y"], atol=1e-6)
    tables = [layer for layer in model.layers if hasattr(layer, "get_vocabulary")]
    found = sorted(map(str, (layer.get_vocabulary(False) for layer in tables)))
    assert found == ["['b', 'c', 'a']", "['z', 'y', 'x', 'w']", "[5, 7]"]


@pytest.mark.parametrize("size", [20, 5000, 60000])
def test_a_file_that_is_cut_short_is_refused(of_tensorflow, tmp_path, size):
    folder = tmp_path / "tables"
    shutil.copytree(of_tensorflow / "tables", folder)
    path = folder / "saved_model.pb"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"saved_model\.pb|too early|within a number"):
        keras.models.load_model(folder)
