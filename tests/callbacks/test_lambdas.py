import pytest

from torchkeras.callbacks import CallbackList, LambdaCallback


def test_functions_are_called_at_their_moment(stand_in):
    seen = []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(("epoch", epoch)),
        on_train_end=lambda logs: seen.append("end"),
        on_test_begin=lambda logs: seen.append("test"),
    )
    stand_in().run(callback, [{}, {}])
    callback.on_test_begin({})
    assert seen == [("epoch", 0), ("epoch", 1), "end", "test"]


@pytest.mark.parametrize("name", ["on_batch_end", "on_train_batch_end"])
def test_both_spellings_of_batches_are_accepted(name):
    seen = []
    calls = CallbackList(LambdaCallback(**{name: lambda batch, logs: seen.append(logs["loss"])}))
    assert calls.overrides("on_train_batch_end")
    calls.on_train_batch_end(0, {"loss": 0.5})
    assert seen == [0.5]


def test_other_names_become_attributes():
    assert LambdaCallback(limit=3).limit == 3


def test_a_misspelt_hook_is_an_error():
    with pytest.raises(TypeError, match=r'on_epoch_ends.*Did you mean "on_epoch_end"'):
        LambdaCallback(on_epoch_ends=print)
    with pytest.raises(TypeError, match="on_epoch_end is 3; expected a function"):
        LambdaCallback(on_epoch_end=3)
