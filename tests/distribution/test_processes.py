import pytest
import torch

from torchkeras import distribution
from torchkeras.distribution import processes


def test_without_torchrun_there_is_one_process(monkeypatch):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert distribution.world_size() == 1
    assert distribution.rank() == distribution.local_rank() == 0
    assert distribution.is_chief()
    distribution.start()
    assert not torch.distributed.is_initialized()


def test_torchrun_tells_which_process_this_is(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert distribution.world_size() == 4
    assert (distribution.rank(), distribution.local_rank()) == (3, 1)
    assert not distribution.is_chief()


def test_initialize_takes_the_place_of_torchrun(monkeypatch):
    started = []
    monkeypatch.setattr(processes, "start", lambda: started.append(True))
    for name in ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.setenv(name, "0")
        monkeypatch.delenv(name)
    distribution.initialize("10.0.0.1:1234,10.0.0.2:1234", 2, 1)
    assert processes.os.environ["MASTER_ADDR"] == "10.0.0.1"
    assert processes.os.environ["MASTER_PORT"] == "1234"
    assert distribution.world_size() == 2
    assert distribution.rank() == 1
    assert started == [True]


def test_initialize_reads_what_keras_reads(monkeypatch):
    monkeypatch.setattr(processes, "start", lambda: None)
    for name in ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.setenv(name, "0")
        monkeypatch.delenv(name)
    monkeypatch.setenv("KERAS_DISTRIBUTION_JOB_ADDRESSES", "10.0.0.1:1234")
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", "1")
    distribution.initialize()
    assert (distribution.world_size(), distribution.rank()) == (2, 1)
    assert distribution.list_devices("cpu") == ["cpu:0", "cpu:1"]


def test_a_process_that_misses_another_lets_it_fail_first(monkeypatch):
    waited = []
    monkeypatch.setattr(processes.time, "sleep", waited.append)
    processes.let_first_fail(ValueError("Connection is a bad name"))
    assert not waited
    processes.let_first_fail(RuntimeError("Connection closed by peer"))
    assert waited == [12]


def test_an_address_without_a_port_is_refused():
    with pytest.raises(ValueError, match="host:port"):
        distribution.initialize("10.0.0.1", 2, 0)


def test_devices_are_listed_by_kind():
    assert distribution.list_devices("cpu") == ["cpu:0"]
    assert distribution.get_device_count("gpu") == torch.cuda.device_count()
    assert distribution.list_devices()
    with pytest.raises(ValueError, match="device_type is 'tpu'"):
        distribution.list_devices("tpu")
