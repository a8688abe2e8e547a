import os

import numpy as np
import pytest
from keras.src.legacy.preprocessing.image import ImageDataGenerator as Theirs

import torchkeras as keras
from torchkeras.preprocessing.image import ImageDataGenerator, Iterator


class Rows(Iterator):
    def _get_batches_of_transformed_samples(self, index_array):
        return index_array


def test_next_goes_on_without_end_and_indexing_gives_one_epoch():
    rows = Rows(5, 2, shuffle=False, seed=None)
    assert len(rows) == 3
    assert [next(rows).tolist() for _ in range(4)] == [[0, 1], [2, 3], [4], [0, 1]]
    assert [rows[index].tolist() for index in range(3)] == [[0, 1], [2, 3], [4]]
    rows.reset()
    assert rows.next().tolist() == [0, 1]
    with pytest.raises(ValueError, match="below 3"):
        rows[3]


def test_each_epoch_has_an_order_of_its_own():
    rows = Rows(50, 50, shuffle=True, seed=None)
    first, second = rows[0], (rows.on_epoch_end(), rows[0])[1]
    assert sorted(first) == sorted(second) == list(range(50))
    assert first.tolist() != second.tolist()


def test_an_iterator_without_batches_says_what_it_needs():
    with pytest.raises(TypeError, match="_get_batches_of_transformed_samples"):
        next(Iterator(3, 2, False, None))


@pytest.mark.parametrize("subset", ["training", "validation"])
def test_the_split_is_that_of_keras(subset, pictures):
    y = np.arange(11) % 2
    batches = [
        next(
            side(validation_split=0.4).flow(
                (pictures, [np.arange(11), np.arange(22).reshape(11, 2)]),
                y,
                batch_size=20,
                shuffle=False,
                subset=subset,
            )
        )
        for side in (ImageDataGenerator, Theirs)
    ]
    for ours, theirs in zip(*(keras.tree.flatten(batch) for batch in batches), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_bad_arrays_are_named(pictures):
    flow = ImageDataGenerator(validation_split=0.5).flow
    with pytest.raises(ValueError, match=r"y.*same length"):
        flow(pictures, np.zeros(3))
    with pytest.raises(ValueError, match=r"sample_weight.*same length"):
        flow(pictures, np.zeros(11), sample_weight=np.zeros(3))
    with pytest.raises(ValueError, match=r"x\[1\].*same length"):
        flow((pictures, np.zeros(3)))
    with pytest.raises(ValueError, match="rank 4"):
        flow(pictures[0])
    with pytest.raises(ValueError, match="subset"):
        flow(pictures, subset="test")
    with pytest.raises(ValueError, match="different number of classes"):
        flow(pictures, np.arange(11), subset="training")
    flow(pictures, np.arange(11), subset="training", ignore_class_split=True)
    with pytest.warns(UserWarning, match="1, 3 or 4 channels"):
        flow(pictures[..., :2])


def test_changed_images_are_written(pictures, tmp_path):
    flow = ImageDataGenerator().flow
    batch = next(flow(pictures, batch_size=3, save_to_dir=tmp_path, save_prefix="a"))
    assert batch.shape == (3, 9, 12, 3)
    assert len(list(tmp_path.glob("a_*.png"))) == 3


def test_a_picture_that_can_t_be_written_whole_is_not_left(pictures, tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="stays as it was"):
        next(ImageDataGenerator().flow(pictures, save_to_dir=tmp_path))
    assert not os.listdir(tmp_path)


def test_fit_trains_on_the_batches_and_weights(pictures):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    flow = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow(
        pictures, np.arange(11) % 2, batch_size=4, sample_weight=np.ones(11)
    )
    history = model.fit(flow, epochs=2, validation_data=flow, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert model.fit(flow, steps_per_epoch=1, epochs=2, verbose=0).epoch == [0, 1]
    assert model.predict(flow, verbose=0).shape == (11, 2)
