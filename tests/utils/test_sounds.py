import wave

import numpy as np
import pytest

from torchkeras.utils import audio_dataset_from_directory


@pytest.fixture
def folder(tmp_path):
    """Two classes of sounds, of 3 to 6 samples at 8 kHz."""
    for number in range(4):
        path = tmp_path / "ab"[number % 2] / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)
        write(path, np.arange(1, number + 4) * 1024)
    return tmp_path


def write(path, samples, channels=1, width=2, rate=8000):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.astype(f"<i{width}").tobytes())


def load(folder, **options):
    return audio_dataset_from_directory(folder, **{"shuffle": False, "verbose": False, **options})


def test_sounds_of_a_batch_are_filled_up_to_the_longest(folder):
    [(sounds, labels)] = load(folder)
    assert sounds.shape == (4, 6, 1)
    assert labels.tolist() == [0, 0, 1, 1]
    assert sounds[0, :, 0].tolist() == [1 / 32, 2 / 32, 3 / 32, 0, 0, 0]  # tf.audio.decode_wav's
    assert load(folder).class_names == ["a", "b"]


def test_sounds_are_cut_or_filled_to_a_length(folder):
    [sounds] = load(folder, labels=None, output_sequence_length=4)
    assert sounds.shape == (4, 4, 1)
    assert sounds[3, :, 0].tolist() == [1 / 32, 2 / 32, 3 / 32, 4 / 32]


def test_sounds_may_keep_their_lengths(folder):
    [(sounds, _)] = load(folder, ragged=True)
    assert [len(sound) for sound in sounds.unbind()] == [3, 5, 4, 6]


def test_the_rate_is_converted(folder):
    pytest.importorskip("scipy")
    write(folder / "a" / "0.wav", np.full(800, 1024))
    [(sounds, _)] = load(folder, sampling_rate=4000, batch_size=1, subset="training",
                         validation_split=0.9)  # fmt: skip
    assert sounds.shape == (1, 400, 1)
    assert sounds[0, 50:350].numpy() == pytest.approx(1 / 32, rel=1e-2)


def test_channels_are_the_last_axis(tmp_path):
    (tmp_path / "a").mkdir()
    write(tmp_path / "a" / "0.wav", np.array([1, 2, 3, 4]) * 1024, channels=2)
    [sounds] = load(tmp_path, labels=None)
    assert (sounds[0] * 32).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ragged": True, "output_sequence_length": 3}, "Cannot set both"),
        ({"sampling_rate": 0}, "sampling_rate is 0; expected an integer, 1 or more"),
        ({"sampling_rate": 8000.0}, "sampling_rate is 8000.0"),
        ({"label_mode": "text"}, "label_mode"),
    ],
)
def test_arguments_are_checked(folder, options, message):
    with pytest.raises(ValueError, match=message):
        load(folder, **options)


def test_other_files_are_named(tmp_path):
    write(tmp_path / "0.wav", np.arange(4), width=4)
    with pytest.raises(ValueError, match="expected a WAV file of 16 bits"):
        list(load(tmp_path, labels=None))
    (tmp_path / "0.wav").write_bytes(b"not a sound")
    with pytest.raises(ValueError, match="expected a WAV file"):
        list(load(tmp_path, labels=None))
