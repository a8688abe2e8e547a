import io
import wave

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.callbacks import events, summaries

accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def written(tmp_path):
    """Calls ``add(writer, "tag", ...)``; gives the tensor and the description that were written."""

    def write(add, *arguments, **options):
        writer = summaries.summary_writer(str(tmp_path))
        add(writer, "tag", *arguments, **options)
        writer.close()
        found = accumulators.EventAccumulator(str(tmp_path)).Reload()
        [event] = found.Tensors("tag")
        metadata = found.SummaryMetadata("tag")
        return event, metadata.plugin_data.plugin_name, metadata.summary_description

    return write


@given(
    values=st.lists(st.floats(-1e6, 1e6), max_size=30),
    strange=st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), max_size=3),
    buckets=st.integers(1, 40),
)
def test_every_finite_number_is_counted_once(values, strange, buckets):
    bins = events.binned(np.array(values + strange), buckets)
    assert bins.shape == (buckets, 3)
    assert bins[:, 2].sum() == len(values)
    if values:
        assert (bins[0, 0], bins[-1, 1]) == (min(values), max(values))


def test_bins_are_those_of_tensorflow(written):
    event, plugin, description = written(
        events.add_histogram, torch.tensor([0.0, 1.0, 4.0]), 7, buckets=2, description="why"
    )
    bins = np.frombuffer(event.tensor_proto.tensor_content, "<f8").reshape(2, 3)
    # tf.summary.histogram("tag", [0.0, 1.0, 4.0], 7, buckets=2)
    assert bins.tolist() == [[0, 2, 2], [2, 4, 1]]
    assert (event.step, plugin, description) == (7, "histograms", "why")


def test_half_precision_and_equal_numbers_have_bins(written):
    event, _, _ = written(events.add_histogram, torch.full((5,), 2.0, dtype=torch.bfloat16), 0)
    bins = np.frombuffer(event.tensor_proto.tensor_content, "<f8").reshape(30, 3)
    assert bins[-1].tolist() == [2, 2, 5]
    assert bins[:-1, 2].sum() == 0


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_images_of_any_channels_keep_their_numbers(written, channels, mode):
    given = np.random.default_rng(0).integers(0, 256, (4, 2, 5, channels))
    event, plugin, _ = written(events.add_images, given, 0, max_outputs=2)
    width, height, *pictures = event.tensor_proto.string_val
    assert (width, height, plugin) == (b"5", b"2", "images")
    assert len(pictures) == 2
    for picture, expected in zip(pictures, given, strict=False):
        image = Image.open(io.BytesIO(picture))
        assert image.mode == mode
        assert np.array_equal(np.asarray(image).reshape(expected.shape), expected)


def test_fractions_of_images_are_clipped(written):
    given = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, np.nan]).reshape(1, 1, 6, 1)
    event, _, _ = written(events.add_images, given, 0)
    picture = Image.open(io.BytesIO(event.tensor_proto.string_val[2]))
    assert np.asarray(picture).ravel().tolist() == [0, 0, 127, 255, 255, 0]


def test_sounds_are_files_in_the_tensor(written):
    given = np.array([[[0.0], [0.5], [-2.0]]] * 4)
    event, plugin, _ = written(events.add_audio, given, 0, 8000, max_outputs=2)
    sounds = event.tensor_proto.string_val
    assert (plugin, len(sounds), sounds[1]) == ("audio", 4, b"")
    with wave.open(io.BytesIO(sounds[0])) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
        assert np.frombuffer(file.readframes(3), "<i2").tolist() == [0, 16383, -32767]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a", [b"a"]), (b"a", [b"a"]), (["a", "bc"], [b"a", b"bc"]), (np.array([["a"], [1]]), None)],
)
def test_texts_may_come_in_arrays(written, text, kept):
    event, plugin, _ = written(events.add_text, text, 0)
    assert plugin == "text"
    assert list(event.tensor_proto.string_val) == (kept or [b"a", b"1"])


def test_sounds_are_of_one_kind(tmp_path):
    with (
        summaries.create_file_writer(tmp_path).as_default(step=0),
        pytest.raises(ValueError, match="encoding is 'mp3'; expected \"wav\""),
    ):
        summaries.audio("sound", np.zeros((1, 3, 1)), 8000, encoding="mp3")
