import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from torchkeras.callbacks import CallbackList, TensorBoard
from torchkeras.callbacks import tensorboard as room


@pytest.fixture
def model(stand_in):
    made = stand_in()
    made.layers = [
        SimpleNamespace(name="dense", weights=[Weight("dense/kernel", (3, 4))]),
        SimpleNamespace(name="conv", weights=[Weight("conv/kernel", (1, 2, 2, 5))]),
    ]
    return made


class Weight:
    def __init__(self, path, shape):
        self.path = path
        self.values = np.linspace(0, 1, int(np.prod(shape))).reshape(shape)

    def __array__(self, dtype=None, copy=None):
        return self.values


def train(callback, model, logs, steps=0):
    calls = CallbackList([callback], model=model, epochs=len(logs), steps=steps, verbose=0)
    calls.on_train_begin()
    for epoch, entry in enumerate(logs):
        calls.on_epoch_begin(epoch)
        for step in range(steps):
            calls.on_train_batch_begin(step)
            calls.on_train_batch_end(step, {"loss": float(step)})
        model.optimizer.iterations += steps
        calls.on_epoch_end(epoch, entry)
    calls.on_train_end()


def events(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder), size_guidance={"histograms": 0}).Reload()


def scalars(folder, tag):
    return [(event.step, event.value) for event in events(folder).Scalars(tag)]


def test_epochs_are_written_to_two_runs(model, tmp_path):
    train(TensorBoard(tmp_path), model, [{"loss": 0.5, "val_loss": 0.75}, {"loss": 0.25}])
    assert scalars(tmp_path / "train", "epoch_loss") == [(0, 0.5), (1, 0.25)]
    assert scalars(tmp_path / "validation", "epoch_loss") == [(0, 0.75)]
    [(_, rate), _] = scalars(tmp_path / "train", "epoch_learning_rate")
    assert rate == pytest.approx(0.1)


def test_steps_are_written_when_asked(model, tmp_path):
    board = TensorBoard(tmp_path, update_freq=2, write_steps_per_second=True)
    train(board, model, [{"loss": 3.5}], steps=5)
    assert scalars(tmp_path / "train", "epoch_loss") == [(0, 3.5)]  # step 5 is no multiple of 2
    assert scalars(tmp_path / "train", "batch_loss") == [(2, 1.0), (4, 3.0)]
    assert len(scalars(tmp_path / "train", "batch_steps_per_second")) == 2
    assert scalars(tmp_path / "train", "epoch_steps_per_second")[0][1] > 0


def test_evaluation_is_written_by_iterations(model, tmp_path):
    callback = TensorBoard(tmp_path)
    calls = CallbackList([callback], model=model)
    model.optimizer.iterations = 7
    calls.on_test_begin()
    calls.on_test_end({"loss": 0.5})
    callback.on_train_end()
    tag = "evaluation_loss_vs_iterations"
    assert scalars(tmp_path / "validation", tag) == [(7, 0.5)]


def test_weights_become_histograms_and_images(model, tmp_path):
    model.layers.append(SimpleNamespace(name="rgba", weights=[Weight("rgba/kernel", (5, 3, 2, 4))]))
    train(TensorBoard(tmp_path, histogram_freq=2, write_images=True), model, [{"loss": 1.0}] * 3)
    found = events(tmp_path / "train")
    assert [event.step for event in found.Tensors("dense/kernel/histogram")] == [0, 2]

    def sizes(name):
        texts = found.Tensors(f"{name}/kernel/image")[0].tensor_proto.string_val
        return int(texts[0]), int(texts[1]), len(texts) - 2

    assert sizes("dense") == (4, 3, 1)
    assert sizes("conv") == (2, 2, 3)
    assert sizes("rgba") == (2, 3, 3)  # no more than three


def test_the_layers_of_a_sequential_model_make_a_graph(model, tmp_path):
    class Sequential(type(model)):
        def to_json(self):
            return json.dumps({"class_name": "Sequential", "config": {"layers": []}})

    model.__class__ = Sequential
    train(TensorBoard(tmp_path), model, [{"loss": 1.0}])
    found = events(tmp_path / "train")
    assert found.SummaryMetadata("keras").plugin_data.plugin_name == "graph_keras_model"
    [event] = found.Tensors("keras")
    assert json.loads(event.tensor_proto.string_val[0])["class_name"] == "Sequential"


def test_a_graph_that_cannot_be_written_is_a_warning(model, tmp_path):
    class Functional(type(model)):
        def to_json(self):
            raise TypeError("no config")

    model.__class__ = Functional
    with pytest.warns(UserWarning, match="Model failed to serialize as JSON"):
        TensorBoard(tmp_path).set_model(model)


@pytest.mark.parametrize("profile_batch", [2, "2,3", (2, 3)])
def test_a_range_of_steps_is_profiled(model, tmp_path, profile_batch):
    callback = TensorBoard(tmp_path, profile_batch=profile_batch)
    train(callback, model, [{"loss": 1.0}], steps=4)
    [trace] = (tmp_path / "train" / "plugins" / "profile").glob("*/*.pt.trace.json")
    assert "traceEvents" in json.loads(trace.read_text())


@pytest.mark.parametrize("profile_batch", [-1, "a,b", (3, 2), (1, 2, 3)])
def test_profile_batch_is_checked(profile_batch):
    with pytest.raises(ValueError, match="profile_batch must be a non-negative integer"):
        TensorBoard("logs", profile_batch=profile_batch)


def test_embedding_tables_are_written_for_the_projector(model, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "Embedding", SimpleNamespace)
    table = np.arange(6.0).reshape(3, 2)
    model.layers = [SimpleNamespace(name="words", embeddings=table, weights=[])]
    callback = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "words.txt"})
    train(callback, model, [{"loss": 1.0}])
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "words.tsv"' in config
    assert 'metadata_path: "words.txt"' in config
    assert np.array_equal(np.loadtxt(tmp_path / "words.tsv"), table)


def test_names_of_tables_are_texts_in_the_configuration(model, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "Embedding", SimpleNamespace)
    name = 'a\\"\n}\nembeddings {\n  metadata_path: "x"\n'
    model.layers = [SimpleNamespace(name=name, embeddings=np.ones((3, 2)), weights=[])]
    train(TensorBoard(tmp_path, embeddings_freq=1), model, [{"loss": 1.0}])
    lines = (tmp_path / "projector_config.pbtxt").read_text().splitlines()
    assert [line.partition(":")[0].strip() for line in lines] == [
        "embeddings {", "tensor_name", "tensor_path", "}",
    ]  # fmt: skip


def test_metadata_must_name_embedding_layers(model, tmp_path):
    callback = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"wrods": "w.txt"})
    with pytest.raises(ValueError, match="Unrecognized `Embedding` layer names"):
        callback.set_model(model)


def test_arguments_of_tf_keras_2_have_no_effect_and_say_so(tmp_path):
    with pytest.warns(UserWarning, match="write_grads has no effect"):
        TensorBoard(tmp_path, write_grads=True)
    with pytest.raises(TypeError, match="histogram_frequency"):
        TensorBoard(tmp_path, histogram_frequency=1)


def test_whatever_is_called_tensorflow_is_left_alone(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise RuntimeError('tensorflow was imported')")
    code = (
        "from torchkeras.callbacks.summaries import summary_writer\n"
        f"writer = summary_writer({str(tmp_path / 'logs')!r})\n"
        "writer.add_scalar('loss', 0.5, 0)\n"
        "writer.close()\n"
    )
    path = [str(tmp_path), *sys.path]
    code = f"import sys; sys.path[:] = {path!r}\n{code}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
