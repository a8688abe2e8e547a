import io
import wave

import pytest
import tensorflow as tf


def test_sound_comes_back_within_the_steps_of_16_bits():
    sound = tf.sin(tf.range(100.0))[:, None]
    found = tf.audio.decode_wav(tf.audio.encode_wav(sound, 16000))
    assert int(found.sample_rate) == 16000
    assert float(tf.reduce_max(tf.abs(found.audio - sound))) < 1 / 32000
    audio, _ = tf.audio.decode_wav(tf.audio.encode_wav(sound, 16000), desired_channels=2,
                                   desired_samples=50)  # fmt: skip
    assert tuple(audio.shape) == (50, 2)


def test_what_is_no_sound_of_16_bits_is_an_error():
    with pytest.raises(ValueError, match="a WAV file"):
        tf.audio.decode_wav(b"nothing")
    with pytest.raises(ValueError, match=r"\(samples, channels\)"):
        tf.audio.encode_wav([0.0], 8000)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 1, 8000, 0, "NONE", ""))
        writer.writeframes(b"\x80")
    with pytest.raises(ValueError, match="bits"):
        tf.audio.decode_wav(file.getvalue())
