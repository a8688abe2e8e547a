import resource
import signal
import sys

import keras
import pytest

from torchkeras.callbacks import CSVLogger


def written(kind, folder, model, logs, **arguments):
    path = folder / f"{kind.__module__}.csv"
    model.run(kind(path, **arguments), [dict(entry) for entry in logs])
    model.run(kind(path, **arguments), [dict(entry) for entry in logs])
    return path.read_bytes()


def same_as_keras(folder, model, logs, **arguments):
    ours = written(CSVLogger, folder, model, logs, **arguments)
    return ours == written(keras.callbacks.CSVLogger, folder, model, logs, **arguments)


def test_files_equal_those_of_keras(stand_in, tmp_path):
    logs = [{"loss": 0.5, "accuracy": 0.25}, {"loss": 0.4, "accuracy": 0.5, "val_loss": 1.0}]
    assert same_as_keras(tmp_path, stand_in(), logs)
    assert same_as_keras(tmp_path, stand_in(), logs, separator=";", append=True)


def test_missing_numbers_and_lists_are_written_as_in_keras(stand_in, tmp_path):
    logs = [{"loss": 0.5, "val_loss": 1.0}, {"loss": [0.4, 0.3]}]
    assert same_as_keras(tmp_path, stand_in(), logs)


def test_the_file_is_complete_after_each_epoch(stand_in, tmp_path):
    logger = CSVLogger(tmp_path / "log.csv")
    logger.set_model(stand_in())
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 0.5})
    assert (tmp_path / "log.csv").read_text().splitlines() == ["epoch,loss,val_loss", "0,0.5,NA"]
    logger.on_train_end()


@pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")
def test_a_full_disk_is_told_and_leaves_whole_lines(stand_in, tmp_path):
    path = tmp_path / "log.csv"
    logger = CSVLogger(path)
    logger.set_model(stand_in())
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 1.0})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 4, before[1]))
    try:
        with pytest.raises(OSError, match=f"File too large.*{path}"):
            logger.on_epoch_end(1, {"loss": 0.25, "val_loss": 0.5})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_text().splitlines() == ["epoch,loss,val_loss", "0,0.5,1.0"]
    logger.on_train_end()
