import pytest

from torchkeras.callbacks import BaseLogger, CallbackList, LambdaCallback, ProgbarLogger
from torchkeras.callbacks import SidecarEvaluatorModelExport as Export


def test_batches_are_averaged_by_size():
    logger, logs = BaseLogger(["accuracy"]), {}
    logger.set_params({"metrics": ["loss", "accuracy", "other"]})
    for _ in range(2):  # each epoch starts anew
        logger.on_epoch_begin(0)
        logger.on_batch_end(0, {"size": 3, "loss": 1.0, "accuracy": 0.1})
        logger.on_batch_end(1, {"size": 1, "loss": 5.0, "accuracy": 0.4})
        logger.on_epoch_end(0, logs)
    assert logs == {"loss": 2.0, "accuracy": 0.4}


def test_the_best_evaluation_is_exported(tmp_path, stand_in):
    (tmp_path / "ckpt-3.index").touch()
    (tmp_path / "ckpt-12.index").touch()
    model = stand_in()
    export = Export(str(tmp_path / "best-{epoch}.keras"), str(tmp_path / "ckpt"), monitor="loss")
    export.set_model(model)
    for loss in (1.0, 2.0, 0.5):
        export.on_test_begin()
        export.on_test_end({"loss": loss})
    export.on_epoch_end(0, {"loss": 0.1})
    assert model.saved == [("model", str(tmp_path / "best-12.keras"))] * 2


def test_batch_hooks_of_tf_keras_2_are_called():
    calls = []
    callback = LambdaCallback(
        on_batch_begin=lambda batch, logs: calls.append(batch),
        on_batch_end=lambda batch, logs: calls.append(logs["loss"]),
    )
    callbacks = CallbackList([callback])
    callbacks.on_train_batch_begin(3)
    callbacks.on_train_batch_end(3, {"loss": 2.0})
    assert calls == [3, 2.0]


def test_loops_of_tf_keras_2_make_logs():
    class Model:
        metrics_names = ["loss", "mae"]

    make = CallbackList([LambdaCallback()]).make_logs
    assert make(Model, {}, [1.0, 2.0], "test", "val_") == {"val_loss": 1.0, "val_mae": 2.0}
    assert make(Model, {"a": 1}, "values", "predict") == {"a": 1, "outputs": "values"}
    assert CallbackList([]).make_logs(Model, {}, [1.0], "train") == {}


def test_the_bar_counts_in_steps_or_samples_only():
    assert ProgbarLogger("steps").use_steps
    with pytest.raises(ValueError, match="Unknown `count_mode`"):
        ProgbarLogger("epochs")


def test_numbers_that_are_no_averages_are_averaged(capsys):
    bar = ProgbarLogger(stateful_metrics=["a"])
    bar.set_params({"verbose": 1, "epochs": 1, "steps": 2})
    bar.on_epoch_begin(0)
    for step in range(2):
        bar.on_train_batch_end(step, {"a": step, "b": step})
    bar.progbar.update(2, finalize=True)
    assert "a: 1.0000 - b: 0.5000" in capsys.readouterr().out
