"""Folders of prepared data sets, as tensorflow_datasets lays them out, that are hostile.

``"prepared"`` gives a function that spoils such a folder, in which a sound one lies.
"""

import json
import os

from security.attacks import attacks_of, spoiled
from security.record_attacks import framed
from security.sandbox import MODULE

prepared = attacks_of("prepared")(spoiled)


def rewrite(folder, name, change):
    """Change what a file of JSON says."""
    path = folder / name
    told = json.loads(path.read_text())
    path.write_text(json.dumps(change(told) or told))


# --- dataset_info.json

_TOLD = {
    "is called ../../x": {"name": "../../x"},
    "is called a list": {"name": [1]},
    "is of a version that leads upwards": {"version": "../../1.0.0"},
    "has no version": {"version": None},
    "has splits that are numbers": {"splits": [1, 2]},
    "has splits of negative lengths": {"splits": [{"name": "train", "shardLengths": ["-5"]}]},
    "has splits of lengths that are no numbers": {
        "splits": [{"name": "train", "shardLengths": ["__import__('os')"]}]
    },
    "has more examples than there are": {
        "splits": [{"name": "train", "shardLengths": [str(10**15)]}]
    },
    "has more files than there are": {"splits": [{"name": "train", "shardLengths": ["1"] * 10**6}]},
    "has a split called ../../x": {"splits": [{"name": "../../x", "shardLengths": ["1"]}]},
    "has files called ../../outside/secret.txt": {
        "splits": [
            {
                "name": "train", "shardLengths": ["1"],
                "filepathTemplate": "../../../../../outside/secret.txt",
            }
        ]
    },
    "has files called by what a format gives": {
        "splits": [
            {
                "name": "train", "shardLengths": ["1"],
                "filepathTemplate": "{DATASET.__class__.__mro__}{SPLIT:>9999999999}",
            }
        ]
    },
    "is of a form that is a module": {"fileFormat": MODULE},
    "is of a module": {"moduleName": MODULE},
    "has keys of input without end": {"supervisedKeys": {"tuple": {"items": [{}] * 10**5}}},
}  # fmt: skip
# Where features are taken by their names, or only as many as there are.
_HARMLESS = ("is of a module", "has keys", "has more examples")
for _name, _change in _TOLD.items():

    @prepared(f"CVE-2026-12479 a data set that {_name}", ("*",) * _name.startswith(_HARMLESS))
    def told(folder, place, change=_change):
        rewrite(folder, "dataset_info.json", lambda info: {**info, **change})


for _name, _text in {
    "is nested without end": "[" * 100_000,
    "is a list": "[]",
    "is empty": "",
    "is a number without end": "9" * 100_000,
}.items():

    @prepared(f"a data set whose description {_name}")
    def described(folder, place, text=_text):
        (folder / "dataset_info.json").write_text(text)


# --- features.json


def feature(name, **content):
    return {"pythonClassName": f"tensorflow_datasets.core.features.{name}", **content}


def within(part):
    parts = {"features": {"x": part, "l": part}}
    return feature("features_dict.FeaturesDict", featuresDict=parts)


def nested(depth):
    part = feature("tensor_feature.Tensor", tensor={"shape": {}, "dtype": "int64"})
    for _ in range(depth):
        part = feature("sequence_feature.Sequence", sequence={"feature": part, "length": "-1"})
    return part


_FEATURES = {
    "are code": feature(f"{MODULE}.payload", x={"a": 1}),
    "are of a module": {"pythonClassName": f"{MODULE}.Payload", "content": {}},
    "are of os.system": {"type": "os.system", "content": '{"command": "true"}'},
    "are of types that are objects": feature("T.Tensor", tensor={"shape": {}, "dtype": "O"}),
    "are of types that are code": feature("T.Tensor", tensor={"shape": {}, "dtype": "os.system"}),
    "are larger than memory": feature(
        "T.Tensor", tensor={"shape": {"dimensions": [str(2**40), str(2**20)]}, "dtype": "float32"}
    ),
    "have 1000 axes": feature(
        "T.Tensor", tensor={"shape": {"dimensions": ["1"] * 1000}, "dtype": "float32"}
    ),
    "are images larger than memory": feature(
        "image_feature.Image",
        image={
            "shape": {"dimensions": [str(2**30), str(2**30), "3"]}, "dtype": "uint8",
            "encodingFormat": "png",
        },
    ),
    "are of more classes than memory": feature(
        "class_label_feature.ClassLabel", classLabel={"numClasses": str(2**60)}
    ),
    "are nested": nested(150),
    "are a list": [1, 2],
    "are nothing": {},
}  # fmt: skip
for _name, _part in _FEATURES.items():
    # Labels are numbers, however many there are; and features may be nested, within limits.
    _is_harmless = _name in ("are of more classes than memory", "are nested")

    @prepared(f"CVE-2025-1550 a data set whose features {_name}", ("*",) * _is_harmless)
    def features(folder, place, part=_part):
        (folder / "features.json").write_text(json.dumps(within(part)))


for _name in ("../../../../../outside/secret", "/etc/passwd", "a\0b", "x" * 5000):

    @prepared(f"CVE-2026-12479 a data set whose labels are called {_name[:40]!r}", ("*",))
    def labels(folder, place, name=_name):
        (place.outside / "secret.labels.txt").write_text(place.secret.read_text())
        label = feature("class_label_feature.ClassLabel", classLabel={"numClasses": "42"})
        parts = {"features": {name: label, "x": label}}
        (folder / "features.json").write_text(
            json.dumps(feature("features_dict.FeaturesDict", featuresDict=parts))
        )


# --- Files


@prepared("CVE-2026-12482 the records of a data set are a link elsewhere")
def linked(folder, place):
    path = next(folder.glob("*.tfrecord*"))
    (place.outside / "other.tfrecord").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(place.outside / "other.tfrecord")


@prepared("CVE-2026-12482 the labels of a data set are a link elsewhere")
def linked_labels(folder, place):
    (folder / "l.labels.txt").unlink(missing_ok=True)
    (folder / "l.labels.txt").symlink_to(place.secret)


@prepared("CVE-2026-69112 the records of a data set are a pipe")
def pipe(folder, place):
    path = next(folder.glob("*.tfrecord*"))
    path.unlink()
    os.mkfifo(path)


@prepared("CVE-2026-69112 features.json of a data set is a pipe", ("*",))
def pipe_features(folder, place):
    (folder / "features.json").unlink()
    os.mkfifo(folder / "features.json")


for _name, _data in {
    "declare 2 ** 62 bytes": framed(b"a", 2**62),
    "are garbage": b"\xff" * 1000,
    "are no examples": framed(b"\xff" * 100),
    "are a pickle": framed(f"c{MODULE}\npayload\n(tR.".encode()),
    "are missing": framed(b""),
}.items():

    @prepared(f"a data set whose records {_name}")
    def records(folder, place, data=_data):
        next(folder.glob("*.tfrecord*")).write_bytes(data)
