import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from effcourse.training import sweeps as sweep_module
from effcourse.training.sweeps import Config, Run, SweepError, run_one, sweep

TINY = {"width": 4, "depth": 1, "epochs": 2, "max_train": 60, "max_test": 30}


def tiny(**kwargs):
    return Config(**(TINY | kwargs))


def here(configs, out, **kwargs):
    return sweep(configs, out=out, jobs=1, progress=False, **kwargs)


def numbers(runs):
    """All of the results but the time they took."""
    return [[(row.epoch, row.loss, row.train_accuracy, row.test_accuracy) for row in run.result.rows] for run in runs]


@pytest.fixture
def trained(monkeypatch):
    """The configs that were really trained."""
    trained = []

    def spy(config):
        trained.append(config)
        return run_one(config)

    monkeypatch.setattr(sweep_module, "run_one", spy)
    return trained


def test_rows_in_the_order_of_the_configs(tmp_path):
    configs = [tiny(seed=2, name="a"), tiny(seed=1, name="b"), {**TINY, "seed": 3}]
    runs = here(configs, tmp_path)
    assert [(run.config.seed, run.config.name) for run in runs] == [(2, "a"), (1, "b"), (3, "")]
    assert all(isinstance(run, Run) for run in runs)
    assert all(0 <= run.test_accuracy <= 1 for run in runs)
    assert len({str(n) for n in numbers(runs)}) == 3, "each seed its own weights and order"


def test_a_run_is_a_training(tmp_path):
    from effcourse import SmallNet, load_dataset
    from effcourse.training.loop import train

    config = tiny(seed=5, residual=False, depth=2, lr=0.02, batch_size=16)
    torch.manual_seed(5)
    net = SmallNet(4, 2, residual=False)
    data = load_dataset(max_train=60, max_test=30)
    by_hand = train(net, data, epochs=2, batch_size=16, lr=0.02, seed=5, progress=False)
    (run,) = here([config], tmp_path)
    assert numbers([run]) == numbers([Run(config, by_hand)])


def test_finished_runs_are_not_trained_again(tmp_path, trained):
    first = here([tiny(seed=0), tiny(seed=1)], tmp_path)
    assert len(trained) == 2
    again = here([tiny(seed=1, name="renamed"), tiny(seed=0), tiny(seed=2)], tmp_path)
    assert [config.seed for config in trained] == [0, 1, 2]
    assert numbers(again[:2]) == numbers(first[::-1])
    assert again[1].result == first[0].result  # the seconds, too
    assert again[0].config.name == "renamed"


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1}, {"width": 5}, {"depth": 2}, {"epochs": 3}, {"residual": False},
        {"batch_size": 32}, {"lr": 0.02}, {"max_train": 61}, {"max_test": 31}, {"dataset": "fashion_mnist"},
    ],
    ids=str,
)  # fmt: skip
def test_every_value_tells_configs_apart(other):
    assert tiny(**other).file_name != tiny().file_name
    assert tiny(name="x").file_name == tiny().file_name


def test_global_state_is_left_alone(tmp_path):
    torch.set_num_threads(2)
    try:
        before = torch.get_rng_state()
        here([tiny()], tmp_path)
        assert torch.equal(torch.get_rng_state(), before)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_results_are_files_that_say_how_they_were_made(tmp_path):
    (run,) = here([tiny(name="wide")], tmp_path)
    (path,) = tmp_path.iterdir()
    content = json.loads(path.read_text())
    assert path.name.startswith("digits-width4-depth1-seed0-")
    assert torch.__version__.startswith(content["torch"])
    assert content["config"]["epochs"] == 2
    assert content["rows"][-1]["test_accuracy"] == run.test_accuracy


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


BREAK = {
    "cut off": lambda path: path.write_text(path.read_text()[:40]),
    "empty": lambda path: path.write_text(""),
    "not json": lambda path: path.write_bytes(b"\xff\x00"),
    "a list": lambda path: path.write_text("[]"),
    "another torch": lambda path: change(path, torch="1.0"),
    "another recipe": lambda path: change(path, recipe="0"),
    "another config": lambda path: change(path, config={"width": 1}),
    "an epoch missing": lambda path: change(path, rows=json.loads(path.read_text())["rows"][:1]),
    "text for a number": lambda path: change(path, test_images="30"),
    "a value missing": lambda path: change(path, rows=[{"epoch": 1}, {"epoch": 2}]),
}


@pytest.mark.parametrize("fault", BREAK)
def test_a_file_that_cannot_be_used_is_named_and_its_run_done_again(tmp_path, trained, fault):
    first = here([tiny(seed=0), tiny(seed=1)], tmp_path)
    path = tmp_path / tiny(seed=0).file_name
    BREAK[fault](path)
    trained.clear()
    with pytest.warns(UserWarning, match="cannot be used.*done again") as caught:
        again = here([tiny(seed=0), tiny(seed=1)], tmp_path)
    assert str(path) in str(caught[0].message)
    assert caught[0].filename == __file__
    assert trained == [tiny(seed=0)]
    assert numbers(again) == numbers(first)
    assert len(here([tiny(seed=0)], tmp_path)) == 1, "mended, and so no warning"


def test_out_of_date_says_what_changed(tmp_path):
    here([tiny()], tmp_path)
    change(tmp_path / tiny().file_name, torch="1.0")
    with pytest.warns(UserWarning, match=r"out of date: torch was 1\.0 and is \d"):
        here([tiny()], tmp_path)


def test_failed_runs_do_not_stop_the_others(tmp_path, monkeypatch):
    def diverge(config):
        if config.seed == 1:
            raise FloatingPointError("the loss is nan")
        return run_one(config)

    monkeypatch.setattr(sweep_module, "run_one", diverge)
    configs = [tiny(seed=seed) for seed in range(3)]
    with pytest.raises(SweepError, match=r"1 of 3 runs failed.*seed=1.*FloatingPointError: the loss is nan.*other 2"):
        here(configs, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(configs[i].file_name for i in (0, 2))


def test_nothing_half_written_stays(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        here([tiny()], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_what_was_there(tmp_path, capsys):
    here([tiny(seed=0)], tmp_path)
    assert capsys.readouterr().err == ""
    sweep([tiny(seed=0), tiny(seed=1)], out=tmp_path, jobs=1)
    shown = capsys.readouterr().err
    assert "1/2" in shown
    assert "2/2" in shown


def test_default_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFCOURSE_DATA", str(tmp_path))
    sweep([tiny()], jobs=1, progress=False)
    assert [p.name for p in (tmp_path / "sweeps").iterdir()] == [tiny().file_name]


@pytest.mark.parametrize(
    ("configs", "message"),
    [
        ([], "at least one config, got none"),
        ([tiny(seed=1), tiny(seed=0), tiny(seed=1, name="x")], "two configs are the same run: .*seed=1"),
        ([{"width": 4}], "a config needs depth"),
        ([{"widht": 4, "depth": 1}], "unknown value of a config 'widht'; did you mean width"),
        ([{"width": 0, "depth": 1}], "width must be a whole number of at least 1, got 0"),
        ([{"width": 4, "depth": 1, "seed": "0"}], "seed must be a whole number, got '0'"),
        ([{"width": 4, "depth": 1, "dataset": "cifar"}], "unknown data set 'cifar'; .*valid: digits, fashion_mnist"),
        ([(4, 1)], "a config must be a Config or a mapping"),
    ],
)
def test_wrong_configs(tmp_path, configs, message):
    with pytest.raises(ValueError, match=message):
        here(configs, tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="out must be a folder, .*file is a file"):
        here([tiny()], tmp_path / "file")
    with pytest.raises(ValueError, match="jobs must be"):
        sweep([tiny()], out=tmp_path, jobs=0)


def test_processes_give_the_same_as_this_one(tmp_path):
    configs = [tiny(seed=seed) for seed in range(3)]
    assert numbers(sweep(configs, out=tmp_path / "many", jobs=2, progress=False)) == numbers(
        here(configs, tmp_path / "one")
    )


def test_an_unguarded_script_hears_what_to_do(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from effcourse.training.sweeps import sweep\n"
        f"sweep([{{**{TINY}, 'seed': seed}} for seed in (0, 1)], out={str(tmp_path / 'out')!r}, jobs=2)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'under `if __name__ == "__main__":`' in done.stderr


@pytest.mark.whole
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_in_the_middle_it_loses_no_finished_run(tmp_path, trained):
    configs = [Config(9, 6, seed=seed, epochs=2, max_train=400) for seed in range(8)]
    out = tmp_path / "out"
    script = tmp_path / "script.py"
    script.write_text(
        "from effcourse.training.sweeps import Config, sweep\n"
        "if __name__ == '__main__':\n"
        "    configs = [Config(9, 6, seed=seed, epochs=2, max_train=400) for seed in range(8)]\n"
        f"    sweep(configs, out={str(out)!r}, jobs=2)\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 240
        while len(finished := list(out.glob("*.json"))) < 2:
            assert process.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        children = _children(process.pid)
    finally:
        process.kill()
        process.wait()
    finished = {path: path.read_bytes() for path in out.glob("*.json")}
    assert 2 <= len(finished) < 8, "killed in the middle"

    runs = here(configs, out)
    assert len(trained) == 8 - len(finished)
    assert not {config.file_name for config in trained} & {path.name for path in finished}
    assert {path: path.read_bytes() for path in finished} == finished, "what was finished is as it was"
    assert numbers(runs) == numbers(here(configs, tmp_path / "undisturbed"))
    assert not [pid for pid in children if _runs(pid)], "its processes went with it"


def _children(pid):
    import psutil  # distributed brings it

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def _runs(pid):
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as cluster:
        yield cluster


def test_a_dask_cluster_gives_the_same(tmp_path, cluster):
    """Two threads a worker, which must not disturb each other's random numbers."""
    configs = [tiny(seed=seed, depth=2) for seed in range(6)]
    far = sweep(configs, scheduler=cluster.scheduler_address, out=tmp_path / "far", progress=False)
    assert numbers(far) == numbers(here(configs, tmp_path / "near"))
    assert len(list((tmp_path / "far").iterdir())) == 6
    with pytest.raises(SweepError, match="1 of 1 runs failed.*FloatingPointError"):
        sweep([replace(tiny(), lr=1e30, epochs=9)], scheduler=cluster.scheduler_address, out=tmp_path, progress=False)


def test_no_scheduler_at_the_address(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(sweep_module, "TIMEOUT", 0.5)
    with pytest.raises(SweepError, match="no Dask scheduler answers at 'tcp://127.0.0.1:9'.*dask scheduler"):
        sweep([tiny()], scheduler="tcp://127.0.0.1:9", out=tmp_path, progress=False)
    with pytest.raises(SweepError, match="no Dask scheduler answers at 'nonsense://x'"):
        sweep([tiny()], scheduler="nonsense://x", out=tmp_path, progress=False)


def test_a_scheduler_without_workers(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(sweep_module, "TIMEOUT", 1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster,
        pytest.raises(SweepError, match="has no workers; start some with `dask worker"),
    ):
        sweep([tiny()], scheduler=cluster.scheduler_address, out=tmp_path, progress=False)


def test_dask_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install dask distributed"):
        sweep([tiny()], scheduler="tcp://127.0.0.1:9", out=tmp_path, progress=False)


def test_workers_with_other_versions(tmp_path, monkeypatch):
    class Client:
        def wait_for_workers(self, n, timeout):
            pass

        def run(self, function):
            return {"tcp://10.0.0.7:1": function() | {"torch": "1.0"}}

    with pytest.raises(SweepError, match=r"worker tcp://10.0.0.7:1 has .*'torch': '1.0'.*same versions everywhere"):
        sweep_module._check_workers(Client(), "tcp://10.0.0.5:8786")
