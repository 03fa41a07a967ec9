import json
import math
import subprocess
import sys

import pytest
import torch
from torch import nn

from effcourse import Dataset, SmallNet, load_dataset
from effcourse.training.loop import Epoch, TrainResult, _batches, evaluate, train


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def few():
    return load_dataset("digits", max_train=100, max_test=50)


def net(seed=0, **kwargs):
    torch.manual_seed(seed)
    return SmallNet(**({"width": 8, "depth": 1} | kwargs))


def fit(model, dataset, **kwargs):
    return train(model, dataset, **({"epochs": 2, "progress": False} | kwargs))


def test_digits_reach_97_percent(digits):
    torch.manual_seed(0)
    model = SmallNet()
    result = train(model, digits, progress=False)
    assert result.test_accuracy >= 0.97
    assert result.test_accuracy == evaluate(model, digits.test_images, digits.test_labels)
    assert result.rows[-1].loss < result.rows[0].loss / 10
    assert result.rows[-1].train_accuracy > 0.97


def test_rows(few):
    result = fit(net(), few, epochs=3)
    assert [row.epoch for row in result.rows] == [1, 2, 3]
    assert result.test_images == 50
    assert all(row.seconds > 0 for row in result.rows)
    assert result.seconds == sum(row.seconds for row in result.rows)
    assert len(str(result).splitlines()) == 4
    with pytest.raises(AttributeError):
        result.rows[0].loss = 0


def test_standard_error():
    result = TrainResult((Epoch(1, loss=0.1, train_accuracy=1, test_accuracy=0.9, seconds=1),), test_images=400)
    assert result.standard_error == pytest.approx(math.sqrt(0.9 * 0.1 / 400))


def without_seconds(result):
    return [(row.epoch, row.loss, row.train_accuracy, row.test_accuracy) for row in result.rows]


def test_same_seed_same_result_and_another_seed_another(few):
    first, again, other = (without_seconds(fit(net(), few, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_dropout_obeys_the_seed_too(few):
    def dropping():
        return nn.Sequential(net(), nn.Dropout(0.5))

    torch.manual_seed(10)
    first = without_seconds(fit(dropping(), few))
    torch.rand(7)  # the global state must not matter
    assert without_seconds(fit(dropping(), few)) == first


def test_global_random_state_is_left_alone(few):
    model = net()
    before = torch.get_rng_state()
    fit(model, few)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_model_is_trained_in_place_and_left_in_eval_mode(few):
    model = net()
    before = [p.clone() for p in model.parameters()]
    fit(model, few)
    assert not any(m.training for m in model.modules())
    assert not any(torch.equal(p, q) for p, q in zip(before, model.parameters(), strict=True))


def test_frozen_parameters_stay(few):
    model = net()
    model.stem.requires_grad_(False)
    before = model.stem.conv.weight.clone()
    fit(model, few)
    assert torch.equal(model.stem.conv.weight, before)


def test_a_loss_of_your_own(few):
    seen = []

    def loss(logits, images, labels):
        seen.append((tuple(logits.shape[1:]), tuple(images.shape[1:]), labels.dtype))
        return (logits - 1).square().mean()

    result = fit(net(), few, loss=loss)
    assert set(seen) == {((10,), (1, 8, 8), torch.int64)}
    assert result.rows[-1].loss < result.rows[0].loss


@pytest.mark.parametrize(("n", "size", "sizes"), [(1347, 64, {61, 62}), (5, 2, {2, 3}), (3, 2, {3}), (10, 64, {10})])
def test_batches_hold_everything_in_nearly_equal_parts(n, size, sizes):
    batches = _batches(torch.arange(n), size)
    assert torch.equal(torch.cat(batches), torch.arange(n))
    assert {len(batch) for batch in batches} == sizes


def test_progress_bar(few, capsys):
    fit(net(), few, progress=True)
    shown = capsys.readouterr().err
    assert "training: 100%" in shown
    assert "test accuracy" in shown
    fit(net(), few, progress=False)
    assert capsys.readouterr().err == ""


def test_live_curve_is_drawn_in_one_place(few, monkeypatch):
    drawn = []

    class Handle:
        def update(self, shown):
            drawn.append(("update", repr(shown)))

    def display(shown, display_id):
        drawn.append(("display", repr(shown)))
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    fit(net(), few, epochs=3, live=True)
    assert [kind for kind, _ in drawn] == ["display", "update", "update"]
    assert "over 3 epochs" in drawn[-1][1]
    fit(net(), few)
    assert len(drawn) == 3


def test_figure_says_where_it_ends(few):
    result = fit(net(), few)
    assert f"{result.test_accuracy:.1%}" in repr(result.figure())


def test_evaluate_restores_every_mode(few):
    model = net().train()
    model.stem.eval()
    before = {name: m.training for name, m in model.named_modules()}
    statistics = {k: v.clone() for k, v in model.state_dict().items()}
    evaluate(model, few.test_images, few.test_labels)
    assert {name: m.training for name, m in model.named_modules()} == before
    assert all(torch.equal(v, statistics[k]) for k, v in model.state_dict().items())


def test_evaluate_does_not_depend_on_the_batches(few):
    model = net()
    fit(model, few, epochs=6, batch_size=16)
    one, many = (evaluate(model, few.test_images, few.test_labels, batch_size=n) for n in (50, 7))
    assert 0.3 < one == many < 1  # neither by chance nor by saturation
    with torch.no_grad():
        assert one == (model(few.test_images).argmax(1) == few.test_labels).double().mean().item()


class Rgb(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 10, 8)

    def forward(self, x):
        return self.conv(x).flatten(1)


@pytest.mark.parametrize(
    ("make", "kwargs", "message"),
    [
        (lambda: net(num_classes=7), {}, "7 classes apart and digits has 10; build it with num_classes=10"),
        (lambda: net(num_classes=1000), {}, "build it with num_classes=10"),
        (Rgb, {}, r"cannot take pictures of \(1, 8, 8\).*takes 3 channels, the pictures have 1"),
        (lambda: nn.Conv2d(1, 10, 3), {}, r"must return logits \(N, classes\), for 2 pictures it returned"),
        (lambda: nn.Flatten(), {}, "tells 64 classes apart"),
        (lambda: net().requires_grad_(False), {}, "nothing to train"),
        (net, {"epochs": 0}, "epochs must be"),
        (net, {"batch_size": 1}, "batch_size must be a whole number of at least 2"),
        (net, {"lr": -1}, "lr must be a number above 0"),
        (net, {"weight_decay": -1}, "weight_decay must be 0 or more"),
        (net, {"seed": 1.5}, "seed must be a whole number"),
        (net, {"loss": lambda logits, images, labels: logits}, r"must be a single number, got the shape"),
    ],
)
def test_what_does_not_fit(few, make, kwargs, message):
    with pytest.raises(ValueError, match=message):
        fit(make(), few, **kwargs)


def test_a_model_that_does_not_fit_is_untouched(few):
    model = net(num_classes=7)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    with pytest.raises(ValueError, match="7 classes"):
        fit(model, few)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert model.training


def test_no_data_set():
    with pytest.raises(ValueError, match="must be a Dataset, such as load_dataset"):
        fit(net(), "digits")


def test_pictures_of_the_wrong_kind(few):
    model = net()
    for images, message in [
        ((few.test_images * 255).to(torch.uint8), r"float32 .* got torch.uint8; use images.float\(\) / 255"),
        (few.test_images[:, 0], "add the channels"),
        (few.test_images.repeat(1, 3, 1, 1), "takes 1 channels, the pictures have 3"),
    ]:
        with pytest.raises(ValueError, match=message):
            evaluate(model, images, few.test_labels)
    with pytest.raises(ValueError, match=r"shape \(50,\), one for each picture, got \(49,\)"):
        evaluate(model, few.test_images, few.test_labels[:49])


def test_a_loss_that_is_not_finite_stops_at_once(few):
    model = net()
    with torch.no_grad():
        model.classifier.bias[0] = math.nan
    with pytest.raises(FloatingPointError, match=r"loss is nan in epoch 1, step 1: .*lower learning rate.*lr=0.001"):
        fit(model, few)


def test_a_huge_learning_rate_is_noticed(few):
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 10))
    with pytest.raises(FloatingPointError, match="try a lower learning rate"):
        fit(model, few, lr=1e12, epochs=20)


def test_a_training_of_one_step():
    tiny = Dataset(
        "tiny", torch.rand(2, 1, 8, 8), torch.tensor([0, 1]), torch.rand(1, 1, 8, 8), torch.tensor([0]), "ab"
    )
    assert len(fit(net(num_classes=2), tiny, epochs=1).rows) == 1


def test_another_process_gets_the_same(few):
    code = (
        "import json, torch; torch.set_num_threads(1)\n"
        "from effcourse import SmallNet, load_dataset\n"
        "from effcourse.training.loop import train\n"
        "torch.manual_seed(0)\n"
        "r = train(SmallNet(8, 1), load_dataset(max_train=100, max_test=50), epochs=2, progress=False)\n"
        "print(json.dumps([[x.epoch, x.loss, x.train_accuracy, x.test_accuracy] for x in r.rows]))"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert json.loads(out) == [list(row) for row in without_seconds(fit(net(), few))]
