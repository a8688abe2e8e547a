import os
import sys
import threading
import warnings

import pytest
import torch

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


def resized_at_once():
    """Status of a forked process whose threads use torch for the first time, all together."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status = 1
    try:
        begin, image = threading.Barrier(COUNT), torch.ones(1, 3, 64, 64)

        def resize(_):
            begin.wait(10)
            return torch.nn.functional.interpolate(image, (8, 8), mode="bilinear").sum().item()

        with thread_pool(COUNT) as pool:
            status = int(list(pool.map(resize, range(COUNT))) != [192.0] * COUNT)
    finally:
        os._exit(status)


@pytest.mark.skipif(sys.platform != "linux", reason="processes with threads aren't copied here")
def test_threads_of_a_forked_process_use_torch_at_once():
    # Without the pool's first question some of them say "Invalid thread pool!", now and then.
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert [resized_at_once() for _ in range(20)] == [0] * 20
    finally:
        torch.set_num_threads(before)
