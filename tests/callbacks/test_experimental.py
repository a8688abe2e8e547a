import pytest

import torchkeras as keras


def test_the_older_name_says_the_newer_one(tmp_path):
    with pytest.warns(DeprecationWarning, match="use `tf.keras.callbacks.BackupAndRestore`"):
        callback = keras.callbacks.experimental.BackupAndRestore(tmp_path)
    assert isinstance(callback, keras.callbacks.BackupAndRestore)
