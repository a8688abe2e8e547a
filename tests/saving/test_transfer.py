"""Numbers reach arrays of any strides, whatever pieces they are moved in."""

import os
import threading
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torchkeras.saving import transfer, turning
from torchkeras.saving.files import DamagedFileError
from torchkeras.saving.transfer import (
    Checksums,
    Crew,
    Place,
    checksum,
    fill,
    read_once,
    store,
    summing,
)  # fmt: skip

pytestmark = pytest.mark.skipif(not transfer.IS_POSSIBLE, reason="the system can't read at places")
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def arrays(draw):
    """An array in C order, and another with the same shape and any strides."""
    shape = tuple(draw(st.lists(st.integers(1, 40), min_size=1, max_size=4)))
    kind = draw(st.sampled_from(["int8", "int16", "int32", "int64"]))
    axes = draw(st.permutations(range(len(shape))))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    values = rng.integers(-100, 100, shape).astype(kind)
    stored = np.zeros([shape[axis] for axis in axes], kind)
    return values, stored.transpose(np.argsort(axes))


@st.composite
def cuts(draw):
    """Sizes of what is moved at a time."""
    part = draw(st.sampled_from([1, 64, 500, 4096]))
    share = part * draw(st.integers(1, 3))
    band = draw(st.sampled_from([8, 64, 128]))
    return {
        (transfer, "_PART"): part,
        (transfer, "_WRITTEN"): part,
        (turning, "_PART"): part,
        (transfer, "SHARE"): share,
        (turning, "SHARE"): share,
        (turning, "_BAND"): band,
        (turning, "_OF_BANDS"): band * draw(st.sampled_from([1, 7, 100])),
        (turning, "_LINE"): draw(st.sampled_from([8, 64])),
        (turning, "_ALIASING"): draw(st.sampled_from([1, 64, 1024])),
        (turning, "_MOST_TURNED"): draw(st.sampled_from([1, 2**23])),
        (transfer, "_MOST_BUFFERS"): draw(st.sampled_from([1, 2, 1024])),
    }


def cut(patch, sizes):
    for (module, name), size in sizes.items():
        patch.setattr(module, name, size)


@pytest.fixture
def place_of(tmp_path):
    """Puts bytes into a file, behind some others, and gives their place."""
    descriptors = []

    def put(content):
        path = tmp_path / str(len(descriptors))
        path.write_bytes(b"before" + content + b"behind")
        descriptors.append(os.open(path, os.O_RDONLY))
        return Place(descriptors[-1], 6, len(content))

    yield put
    for descriptor in descriptors:
        os.close(descriptor)


@pytest.fixture(params=[1, 3], ids=["alone", "threads"])
def processors(request, monkeypatch):
    monkeypatch.setattr(transfer, "_processors", lambda: request.param)


@quick
@given(pair=arrays(), sizes=cuts(), looks=st.none() | st.sampled_from([0, 1, 3, 1000]))
def test_any_array_is_filled_in_any_pieces(place_of, processors, pair, sizes, looks):
    """From memory as long as that is safe."""
    values, target = pair
    content = b"at" + values.tobytes() + b"behind"
    memory = None if looks is None else memoryview(bytearray(content))
    left = iter([True] * (looks or 0))
    place = place_of(content)._replace(memory=memory, is_safe=lambda: next(left, False))
    place = place.part(2, values.nbytes)
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, sizes)
        with Crew() as crew:
            fill(crew, target, place)
    assert np.array_equal(target, values)


@quick
@given(pair=arrays(), sizes=cuts())
def test_any_array_is_stored_in_any_pieces(tmp_path, processors, pair, sizes):
    values, source = pair
    source[...] = values
    sums = Checksums(3)
    with pytest.MonkeyPatch.context() as patch, open(tmp_path / "stored", "wb") as file:
        cut(patch, sizes)
        with Crew() as crew:
            store(crew, source, Place(file.fileno(), 3, values.nbytes), sums)
    assert (tmp_path / "stored").read_bytes()[3:] == values.tobytes()
    assert sums.whole(values.nbytes) == zlib.crc32(values.tobytes())


@quick
@given(content=st.binary(max_size=3000), sizes=cuts(), in_memory=st.booleans())
def test_the_checksum_is_that_of_all_bytes(place_of, processors, content, sizes, in_memory):
    memory = memoryview(content) if in_memory else None
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, sizes)
        assert checksum(place_of(content)._replace(memory=memory)) == zlib.crc32(content)


@quick
@given(
    pairs=st.lists(arrays(), max_size=3),
    sizes=cuts(),
    in_memory=st.booleans(),
    gap=st.integers(0, 9),
    is_read_twice=st.booleans(),
)
def test_what_is_used_is_summed_meanwhile(
    place_of, processors, pairs, sizes, in_memory, gap, is_read_twice
):
    content, starts = b"", []
    for values, _ in pairs:
        content += bytes(gap)
        starts.append(len(content))
        content += values.tobytes()
    memory = memoryview(bytearray(content)) if in_memory else None
    place = place_of(content)._replace(memory=memory)
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, sizes)
        with summing(place) as place, Crew() as crew:
            for start, (values, target) in list(zip(starts, pairs, strict=True)) * (
                1 + is_read_twice
            ):
                fill(crew, target, place.part(start, values.nbytes))
        gaps = sum(size for _, size in place.sums.gaps(place.size))
        assert gaps == (0 if in_memory else gap * len(pairs))
        assert checksum(place) == zlib.crc32(content)


def test_pieces_that_overlap_are_summed_again():
    content = b"one and another one"
    found = Checksums(0)
    for start, end in ((0, 7), (4, 11), (16, 19), (0, 3)):
        found.add(start, end - start, zlib.crc32(content[start:end]))
    gaps = list(found.gaps(len(content)))
    assert gaps[-1][0] + gaps[-1][1] == 16
    for start, size in gaps:
        found.add(start, size, zlib.crc32(content[start : start + size]))
    assert not list(found.gaps(len(content)))
    assert found.whole(len(content)) == zlib.crc32(content)


def test_checksums_of_pieces_come_in_any_order():
    found = Checksums(10)
    found.add(13, 4, zlib.crc32(b"lost"))
    found.add(10, 3, zlib.crc32(b"not"))
    assert found.whole(7) == zlib.crc32(b"notlost")


@pytest.mark.parametrize("array", [np.zeros(100), np.zeros((20, 30)).T], ids=["plain", "turned"])
def test_a_file_that_ends_too_early_is_damaged(place_of, processors, array):
    place = place_of(bytes(array.nbytes - 20))._replace(size=array.nbytes)
    with pytest.raises(DamagedFileError, match="cut off"), Crew() as crew:
        fill(crew, array.view(np.int64), place)
    for read in (checksum, lambda place: read_once([place])):
        with pytest.raises(DamagedFileError, match="cut off"):
            read(place)


def test_what_a_system_reads_in_portions_is_read_whole(place_of, monkeypatch):
    real = os.preadv
    values = np.arange(600.0).reshape(20, 30)
    portions = lambda fd, buffers, offset: real(fd, [buffers[0][:7]], offset)  # noqa: E731
    monkeypatch.setattr(os, "preadv", portions)
    target = np.zeros((30, 20)).T
    with Crew() as crew:
        fill(crew, target, place_of(values.tobytes()))
    assert np.array_equal(target, values)


def test_the_first_error_ends_the_work(processors):
    done = []

    def work(number):
        if number == 3:
            raise OSError("no more")
        done.append(number)

    with pytest.raises(OSError, match="no more"):
        have_done(work, 10_000)
    assert len(done) < 100


def have_done(work, times):
    with Crew() as crew:
        for number in range(times):
            crew.do(work, number)


def test_an_error_of_the_caller_is_the_one_raised(processors):
    def numbers():
        yield from range(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Crew() as crew:
        any(crew.do(len, ()) for _ in numbers())


def test_where_no_thread_can_begin_the_caller_does_the_work(monkeypatch):
    def start(thread):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.setattr(transfer, "_processors", lambda: 3)
    done = []
    have_done(done.append, 5)
    assert done == [0, 1, 2, 3, 4]


def test_little_work_takes_no_threads(monkeypatch):
    monkeypatch.setattr(transfer, "_processors", lambda: 3)
    names = []
    with Crew(100) as crew:
        crew.do(lambda: names.append(threading.current_thread()))
        crew.do(lambda: names.append(threading.current_thread()))
    assert set(names) == {threading.current_thread()}
