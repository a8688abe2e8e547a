"""Two processes compute what one does: what is said in ``scenarios.py`` and ``rounds.py``."""

import warnings

import numpy as np
import pytest
from distribution import processes, rounds, scenarios

from torchkeras.distribution import Alone, current_group, replicas

SCRIPTS = {"scenarios": scenarios, "rounds": rounds}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """For each script its arrays by name, of one process and of each of two."""
    folder, found = tmp_path_factory.mktemp("results"), {}
    for name, script in SCRIPTS.items():
        target = folder / name
        processes.run(2, script.__file__, target)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            script.main(target)
        found[name] = [dict(np.load(f"{target}.{which}.npz")) for which in ("alone", 0, 1)]
    return found


@pytest.mark.parametrize(
    ("script", "name"), [(script, name) for script in SCRIPTS for name in SCRIPTS[script].SCENARIOS]
)
def test_two_processes_equal_one(results, script, name):
    alone, *others = [
        {key: value for key, value in found.items() if key.startswith(f"{name}/")}
        for found in results[script]
    ]
    for number, found in enumerate(others):
        assert found.keys() == alone.keys()
        for key in alone:
            np.testing.assert_allclose(
                found[key], alone[key], rtol=1e-5, atol=1e-5, err_msg=f"{key} of {number}"
            )


def script(tmp_path, text):
    path = tmp_path / "script.py"
    path.write_text(text)
    return path


def test_only_the_chief_prints_and_writes(tmp_path):
    path = script(
        tmp_path,
        f"""
import numpy as np
import torchkeras as keras

model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.summary()
writers = [
    keras.callbacks.CSVLogger(r"{tmp_path / "log.csv"}"),
    keras.callbacks.ModelCheckpoint(
        r"{tmp_path / "model.weights.h5"}", "loss", 1, save_weights_only=True
    ),
    keras.callbacks.ModelCheckpoint(r"{tmp_path / "model.keras"}", verbose=1),
    keras.callbacks.BackupAndRestore(r"{tmp_path / "backup"}", delete_checkpoint=False),
    keras.callbacks.TensorBoard(r"{tmp_path / "logs"}", histogram_freq=1, write_images=True),
    keras.callbacks.EarlyStopping("loss", patience=0, min_delta=10, verbose=1),
    keras.callbacks.ReduceLROnPlateau("loss", patience=0, verbose=1),
    keras.callbacks.LearningRateScheduler(lambda epoch: 0.01, verbose=1),
]
data = np.ones((10, 4)), np.ones((10, 1))
model.fit(*data, epochs=3, verbose=2, callbacks=writers, validation_data=data)
model.fit(*data, epochs=2, callbacks=keras.callbacks.ProgbarLogger())
model.evaluate(*data)
model.predict(data[0])
""",
    )
    chief, other = processes.run(2, path)
    assert "Epoch 2/3" in chief
    assert "early stopping" in chief
    assert other == ""
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3  # ended early
    assert (tmp_path / "model.weights.h5").exists()
    assert (tmp_path / "model.keras").exists()
    assert len(list(tmp_path.glob("logs/train/events*"))) == 1
    assert len(list(tmp_path.glob("logs/validation/events*"))) == 1


def test_a_process_that_dies_ends_all(tmp_path):
    path = script(
        tmp_path,
        """
import numpy as np
import torchkeras as keras
from torchkeras import distribution


class Die(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if distribution.rank() == 1:
            raise OSError("the disk is full")


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((10, 4)), np.ones((10, 1)), batch_size=2, verbose=0, callbacks=[Die()])
""",
    )
    done = processes.torchrun(2, path)
    assert done.returncode != 0
    assert "OSError: the disk is full" in done.stderr.partition("Root Cause")[2]
    assert "Connection closed" not in done.stderr  # of the others there is nothing to tell


def test_one_process_is_alone():
    group = replicas()
    assert type(group) is Alone
    assert current_group() is group
    assert group.share is None


def test_weights_without_a_part_in_the_loss_are_named(tmp_path):
    path = script(
        tmp_path,
        """
import warnings
import numpy as np
import torchkeras as keras

inputs = keras.Input((4,))
outputs = [keras.layers.Dense(1, name="used")(inputs), keras.layers.Dense(2, name="idle")(inputs)]
model = keras.Model(inputs, outputs)
model.compile("sgd", ["mse", None])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(np.ones((10, 4)), np.ones((10, 1)), verbose=0)
print([str(one.message) for one in caught if "find_unused_parameters" in str(one.message)])
""",
    )
    chief, other = processes.run(2, path)
    assert chief.count("idle") == 2  # kernel and bias
    assert "used/" not in chief
    assert other.strip() == "[]"
