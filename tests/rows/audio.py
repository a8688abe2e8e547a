"""Rows and argument changes of spectrograms."""

import numpy as np
from influence import Change, Subject
from row import Row

SOUND, LINES = (2, 40, 3), (2, 400)
SMALL = {"frame_length": 16, "frame_step": 8}
MEL = {"fft_length": 64, "sequence_stride": 16, "num_mel_bins": 6, "sampling_rate": 8000}

TABLE = [
    Row("STFTSpectrogram", SMALL, SOUND),
    Row("STFTSpectrogram", {**SMALL, "mode": "stft", "trainable": False}, SOUND),
    Row(
        "STFTSpectrogram",
        {**SMALL, "mode": "psd", "padding": "same", "expand_dims": True, "fft_length": 32},
        SOUND,
    ),
    Row("STFTSpectrogram", {**SMALL, "mode": "real", "data_format": "channels_first"}, (2, 3, 40)),
    Row("MelSpectrogram", MEL, LINES),
    Row("MelSpectrogram", {**MEL, "power_to_db": False, "mag_exp": 1.0, "window": None}, LINES),
]
