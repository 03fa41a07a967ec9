"""How long a training in a chapter may keep a student waiting, in CPU time, which other work disturbs least."""

import time

import torch

from effcourse import SmallNet, load_dataset
from effcourse.training.loop import train
from effcourse.training.sweeps import Config, run_one


def cpu_seconds(function):
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def test_digits_reach_97_percent_in_20_seconds_on_one_core():
    torch.manual_seed(0)
    seconds, result = cpu_seconds(lambda: train(SmallNet(), load_dataset("digits"), progress=False))
    print(f"{result.test_accuracy:.1%} after {seconds:.1f} s")
    assert result.test_accuracy >= 0.97
    assert seconds < 20


def test_three_shapes_and_three_seeds_take_less_than_90_seconds_on_two_cores():
    """The heaviest of the nine runs of chapter 11 nine times over, on two cores: 9 / 2 of it."""
    run_one(Config(13, 4, epochs=1))  # torch loads its optimizers when it first needs them
    seconds, _ = cpu_seconds(lambda: run_one(Config(13, 4, epochs=8)))
    print(f"{seconds:.1f} s a run")
    assert seconds * 9 / 2 < 90


def test_the_loop_costs_little_beside_its_network():
    """Against the bare steps: forward, loss, backward, optimizer. In turns, the best of three."""
    data = load_dataset("digits")
    images, labels = data.train_images, data.train_labels

    def bare():
        net = SmallNet()
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
        for _ in range(3):
            for batch in torch.randperm(len(labels)).tensor_split(22):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(net(images[batch]), labels[batch]).backward()
                optimizer.step()

    def ours():
        train(SmallNet(), data, epochs=3, progress=False)

    bare()
    times = [(cpu_seconds(ours)[0], cpu_seconds(bare)[0]) for _ in range(3)]
    ratio = min(a for a, _ in times) / min(b for _, b in times)
    print(f"{ratio:.2f} times the bare steps")
    assert ratio < 1.5  # it also evaluates after each epoch
