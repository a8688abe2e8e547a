"""Rows and argument changes of spectrograms."""

from layer_arguments import constructed
from row import FIRST, Row

SOUND, LINES = (2, 40, 3), (2, 400)
SMALL = {"frame_length": 16, "frame_step": 8}
MEL = {"fft_length": 64, "sequence_stride": 16, "num_mel_bins": 6, "sampling_rate": 8000}

TABLE = [
    Row("STFTSpectrogram", SMALL, SOUND),
    Row("STFTSpectrogram", {**SMALL, "mode": "stft", "trainable": False}, SOUND),
    Row("STFTSpectrogram", {**SMALL, "mode": "psd", "padding": "same", "expand_dims": True}, SOUND),
    Row("STFTSpectrogram", {**SMALL, "mode": "real", **FIRST}, (2, 3, 40)),
    Row("MelSpectrogram", MEL, LINES),
    Row("MelSpectrogram", {**MEL, "power_to_db": False, "mag_exp": 1.0, "window": None}, LINES),
]

ARGUMENTS = [
    constructed(
        "STFTSpectrogram",
        {
            "mode": "angle",
            "frame_length": 17,
            "frame_step": 5,
            "fft_length": 64,
            "window": "hamming",
            "periodic": True,
            "scaling": "spectrum",
            "padding": "same",
            "expand_dims": True,
        },
        SMALL,
        Row("STFTSpectrogram", SMALL, (2, 40, 40)),
    ),
    constructed(
        "MelSpectrogram",
        {
            "fft_length": 128,
            "sequence_stride": 20,
            "sequence_length": 50,
            "window": "hamming",
            "sampling_rate": 4000,
            "num_mel_bins": 5,
            "min_freq": 100.0,
            "max_freq": 3000.0,
            "power_to_db": False,
            "top_db": 1.0,
            "mag_exp": 1.0,
            "min_power": 10.0,
            "ref_power": 2.0,
        },
        {**MEL, "sequence_length": 40},
        Row("MelSpectrogram", MEL, LINES),
    ),
]

WITHOUT = {}
