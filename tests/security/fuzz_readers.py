"""Mutated files for every reader: each is read, or refused by an error that is documented.

    python tests/security/fuzz_readers.py [--runs 10000] [--seed 0] [--reader archive]

Under atheris (the extra ``fuzz``) inputs are chosen by what they reach; without it, or with
``--plain``, by chance. What an input did that it shouldn't is told with the bytes that did it.
"""

import argparse
import io
import json
import os
import pickle
import random
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

SLOW_SECONDS = 10.0  # of CPU time; a reader that takes so long for some kilobytes hangs

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


class Target:
    """The readers, and an honest file for each.

    Args:
        folder: Where files are put.
    """

    def __init__(self, folder: str) -> None:
        import torch

        import torchkeras as keras
        from torchkeras.saving import snapshot

        torch.set_num_threads(1)
        self.keras = keras
        self.folder = Path(folder)
        self.snapshot = snapshot
        self.model = self.made()
        self.seeds = {name: self.seeds_of(name) for name in self.readers}

    def made(self):
        keras = self.keras
        layers = [keras.layers.Dense(3, activation="relu"), keras.layers.BatchNormalization()]
        return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(2)])

    @property
    def readers(self) -> dict[str, Callable[[bytes], None]]:
        """The readers by name."""
        return {
            "archive": self.archive,
            "weights": self.weights,
            "whole": self.whole,
            "json": self.json,
            "safetensors": self.safetensors,
            "report": self.report,
            "npz": self.npz,
            "pickle": self.pickle,
            "state": self.state,
            "checkpoint": self.checkpoint,
        }

    @property
    def documented(self) -> tuple[type[Exception], ...]:
        """What readers may raise."""
        return (ValueError, TypeError, pickle.UnpicklingError, FileNotFoundError)

    def seeds_of(self, name: str) -> list[bytes]:
        """Honest files for a reader."""
        import numpy as np

        suffix = {"archive": ".keras", "report": ".keras", "weights": ".weights.h5"}
        suffix.update(whole=".h5", safetensors=".safetensors")
        if name in suffix:
            path = self.folder / f"seed{suffix[name]}"
            is_model = suffix[name] in (".keras", ".h5")
            (self.model.save if is_model else self.model.save_weights)(path)
            return [path.read_bytes()]
        if name == "json":
            return [self.model.to_json().encode()]
        if name == "npz":
            file = io.BytesIO()
            np.savez(file, x=np.arange(6.0), y=np.array([[1, 2]], dtype=object))
            return [file.getvalue()]
        if name == "pickle":
            return [pickle.dumps({b"data": np.zeros((2, 3), "u1"), "labels": [1, 2]}, 2)]
        if name == "state":
            tensors = self.snapshot.Tensors()
            state = {"a": (1, float("nan")), "b": [self.model.get_weights()], "c": {1, 2}}
            return [json.dumps(self.snapshot.encode(state, tensors)).encode()]
        fixtures = sorted(Path(__file__).parents[1].rglob("*.index"))
        return [path.read_bytes() for path in fixtures[:2]] or [b"\0" * 48]

    # Readers

    def put(self, content: bytes, suffix: str) -> Path:
        path = self.folder / f"input{suffix}"
        path.write_bytes(content)
        return path

    def archive(self, content: bytes) -> None:
        self.keras.models.load_model(self.put(content, ".keras"))

    def weights(self, content: bytes) -> None:
        self.model.load_weights(self.put(content, ".weights.h5"))

    def whole(self, content: bytes) -> None:
        path = self.put(content, ".h5")
        self.keras.models.load_model(path)

    def json(self, content: bytes) -> None:
        self.keras.models.model_from_json(content.decode("utf-8", "replace"))

    def safetensors(self, content: bytes) -> None:
        self.model.load_weights(self.put(content, ".safetensors"))

    def report(self, content: bytes) -> None:
        self.keras.saving.report(self.put(content, ".keras")).to_json()

    def npz(self, content: bytes) -> None:
        from torchkeras.datasets import source

        source.load_npz(self.put(content, ".npz"))

    def pickle(self, content: bytes) -> None:
        from torchkeras.datasets import source

        source.load_pickle(io.BytesIO(content))

    def state(self, content: bytes) -> None:
        folder = self.folder / "backup"
        if not folder.exists():
            self.snapshot.write(folder, {"a": self.model.get_weights()})
        path = folder / "snapshot-00000001"
        (path / "state-0.json").write_bytes(content)
        self.snapshot.read_part(path, 0)

    def checkpoint(self, content: bytes) -> None:
        prefix = self.folder / "ckpt"
        Path(f"{prefix}.index").write_bytes(content)
        Path(f"{prefix}.data-00000-of-00001").write_bytes(bytes(2000))
        self.keras.saving.report(prefix)
        self.model.load_weights(prefix)

    # Running

    def run(self, name: str, content: bytes) -> str | None:
        """What the reader did wrong with ``content``; None if nothing."""
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.readers[name](content)
        except self.documented:
            pass
        except Exception as error:  # noqa: BLE001 - any other error is what is looked for
            import traceback

            return "".join(traceback.format_exception(error)[-5:])
        seconds = time.process_time() - start
        return f"took {seconds:.1f} s" if seconds > SLOW_SECONDS else None


# --- Mutations

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """``content`` with one to some changes."""
    if content[:2] == b"PK" and chance.random() < 0.6:
        return mutated_archive(content, chance)
    if content[:1] == b"{" and chance.random() < 0.7:
        return mutated_json(content, chance)
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(changed) + 1)
        size = chance.choice((1, 1, 2, 4, 8, 64))
        kind = chance.randrange(5)
        if kind == 0 and place < len(changed):
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[place : place + size] = bytes([chance.choice(_NUMBERS)]) * size
        elif kind == 2:
            changed[place : place + size] = chance.randbytes(size)
        elif kind == 3:
            other = chance.randrange(len(changed) + 1)
            changed[place : place + size] = changed[other : other + size]
        elif chance.random() < 0.3:
            del changed[place:]
    return bytes(changed)


def mutated_archive(content: bytes, chance: random.Random) -> bytes:
    """An archive with a changed member, packed anew, so that its checksum is right."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        infos = old.infolist()
        chosen = chance.choice(infos).filename
        for info in infos:
            data = old.read(info)
            if info.filename == chosen:
                data = mutated(data, chance)
            new.writestr(info.filename, data, chance.choice((0, 0, zipfile.ZIP_DEFLATED)))
    return file.getvalue()


def mutated_json(content: bytes, chance: random.Random) -> bytes:
    """JSON in which a value is another one."""
    try:
        value = json.loads(content)
    except ValueError:
        return content
    places: list = []
    texts: list = []

    def visit(holder) -> None:
        items = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, item in items:
            places.append((holder, key))
            texts.append(item if not isinstance(item, (dict, list)) else key)
            if isinstance(item, (dict, list)):
                visit(item)

    if isinstance(value, (dict, list)):
        visit(value)
    odd = (None, True, -1, 2**40, 1e308, "", "Dense", "__lambda__", [], {}, [[]], {"a": 1})
    for _ in range(chance.choice((1, 1, 2, 5))):
        if places:
            holder, key = chance.choice(places)
            item = chance.choice((chance.choice(odd), chance.choice(texts)))
            if chance.random() < 0.2 and isinstance(holder, dict):
                holder.pop(key, None)
            elif not isinstance(holder, list) or key < len(holder):
                holder[key] = item
    return json.dumps(value).encode()


def by_chance(target: Target, names: list[str], runs: int, seed: int, seconds: float) -> list[str]:
    """Run mutations of honest files; what went wrong."""
    chance = random.Random(seed)
    found: dict[str, str] = {}
    end = time.monotonic() + seconds
    done = 0
    for number in range(runs):
        if time.monotonic() > end:
            break
        name = names[number % len(names)]
        content = mutated(chance.choice(target.seeds[name]), chance)
        wrong = target.run(name, content)
        done += 1
        if wrong is not None:
            where = f"{name}: " + wrong[-600:]
            found.setdefault(where, content[:4000].hex())
    print(f"{done} executions, {len(found)} findings", file=sys.stderr)
    return [f"{where}\ninput: {content[:200]}" for where, content in found.items()]


def by_coverage(target: Target, name: str, runs: int, seed: int) -> None:
    """Run inputs that atheris chooses; it ends the process at the first finding."""
    import atheris

    def once(content: bytes) -> None:
        wrong = target.run(name, content)
        if wrong is not None:
            raise RuntimeError(wrong)

    def mutate(content: bytes, longest: int, number: int) -> bytes:
        return mutated(content or target.seeds[name][0], random.Random(number))[:longest]

    corpus = target.folder / "corpus"
    corpus.mkdir()
    for number, content in enumerate(target.seeds[name]):
        (corpus / str(number)).write_bytes(content)
    options = [f"-runs={runs}", f"-seed={seed or 1}", "-max_len=65536", "-rss_limit_mb=4096"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], once, custom_mutator=mutate)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", default=None)
    parser.add_argument("--plain", action="store_true", help="without atheris")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    is_guided = not options.plain and options.reader is not None
    if is_guided:
        try:
            import atheris
        except ImportError:
            is_guided = False
        else:
            with atheris.instrument_imports(include=["torchkeras.saving", "torchkeras.core"]):
                import torchkeras  # noqa: F401
    with tempfile.TemporaryDirectory() as folder:
        target = Target(folder)
        if is_guided:
            by_coverage(target, options.reader, options.runs, options.seed)
            return 0
        names = [options.reader] if options.reader else list(target.readers)
        found = by_chance(target, names, options.runs, options.seed, options.seconds)
    print("\n\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
