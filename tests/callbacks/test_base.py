import pytest
from torch import nn

from torchkeras.callbacks import Callback, History
from torchkeras.callbacks.base import listens


class Batches(Callback):
    def on_batch_end(self, batch, logs=None):
        pass


def test_a_hook_listens_when_it_is_overridden():
    assert not listens(Callback(), "on_train_batch_end")
    assert not listens(Batches(), "on_train_batch_begin")
    assert listens(Batches(), "on_batch_end")


def test_the_old_name_of_batches_is_called():
    assert listens(Batches(), "on_train_batch_end")


def test_a_hook_set_on_the_object_listens():
    callback = Callback()
    callback.on_epoch_end = lambda epoch, logs: None
    assert listens(callback, "on_epoch_end")


def test_a_callback_may_be_a_dict_too():
    class Noted(Callback, dict):
        pass

    noted = Noted()
    noted["loss"] = 1
    assert noted == {"loss": 1}
    assert noted.model is None


@pytest.mark.parametrize("base", [Callback, History])
def test_a_callback_may_forget_its_base_constructor(base):
    class Careless(base):
        def __init__(self):
            self.count = 0

    callback = Careless()
    assert callback.model is None
    assert callback.params is None
    callback.set_model("model")
    assert callback.model == "model"


def test_the_model_is_taken_out_of_ddp(monkeypatch):
    inner = nn.Linear(1, 1)
    wrapped = nn.parallel.DistributedDataParallel.__new__(nn.parallel.DistributedDataParallel)
    nn.Module.__init__(wrapped)
    wrapped.module = inner
    callback = Callback()
    callback.set_model(wrapped)
    assert callback.model is inner


def test_history_grows_by_epoch(stand_in):
    history = History()
    model = stand_in().run(history, [{"loss": 1.0}, {"loss": 0.5, "learning_rate": 0.1}])
    assert history.history == {"loss": [1.0, 0.5], "learning_rate": [0.1]}
    assert history.epoch == [0, 1]
    assert model.history is history


def test_history_answers_to_the_old_name_of_the_rate(stand_in):
    history = History()
    stand_in().run(history, [{"learning_rate": 0.1}])
    assert history.history["lr"] == [0.1]
    assert list(history.history) == ["learning_rate"]
    with pytest.raises(KeyError, match="size"):
        history.history["size"]
