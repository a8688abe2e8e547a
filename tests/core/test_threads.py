import sys
import threading

import pytest
import torch
from forked import forked, status_of

from torchkeras.core.threads import thread_pool

COUNT = 4  # threads of a pool


def test_each_thread_of_a_pool_asks_torch_for_its_threads_before_it_works(monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: asked.append(threading.get_ident()))
    begin = threading.Barrier(COUNT)
    with thread_pool(COUNT, "reader") as pool:
        done = list(pool.map(lambda _: (begin.wait(10), threading.get_ident()), range(COUNT)))
        names = [thread.name for thread in threading.enumerate() if thread.ident in asked]
    assert sorted(asked) == sorted(thread for _, thread in done)
    assert all(name.startswith("reader") for name in names)


def resize_at_once():
    """Threads use torch, all together; in a new process for the first time."""
    begin, image = threading.Barrier(COUNT), torch.ones(1, 3, 64, 64)

    def resize(_):
        begin.wait(10)
        return torch.nn.functional.interpolate(image, (8, 8), mode="bilinear").sum().item()

    with thread_pool(COUNT) as pool:
        assert list(pool.map(resize, range(COUNT))) == [192.0] * COUNT


@pytest.mark.skipif(sys.platform != "linux", reason="processes with threads aren't copied here")
def test_threads_of_a_forked_process_use_torch_at_once():
    # Without the pool's first question some of them say "Invalid thread pool!", now and then.
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert [status_of(forked(resize_at_once)) for _ in range(20)] == [0] * 20
    finally:
        torch.set_num_threads(before)
