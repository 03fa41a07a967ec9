"""What reads what, against torch.fx's graph of the same network."""

import pytest
import torch
import torchvision.models as zoo
from torch import fx, nn

from effcourse import trace
from effcourse.notebook.wiring import INPUT, wiring

NETWORKS = {
    "resnet18": zoo.resnet18,
    "mobilenet_v3_small": zoo.mobilenet_v3_small,
    "shufflenet_v2_x0_5": zoo.shufflenet_v2_x0_5,
    "squeezenet1_1": zoo.squeezenet1_1,
    "densenet121": zoo.densenet121,
    "googlenet": lambda: zoo.googlenet(aux_logits=False, init_weights=False),
}


def by_fx(module: nn.Module) -> list[tuple[int, ...]]:
    """For each row the rows it reads, by the nodes of the graph; nodes that write no row hand on what they read."""
    graph = fx.symbolic_trace(module).graph
    writers, reads = {}, []
    for node in graph.nodes:
        if node.op == "placeholder":
            writers[node] = {INPUT}
            continue
        read = set().union(*(writers[source] for source in node.all_input_nodes))
        name = getattr(node.target, "__name__", str(node.target))
        layer = module.get_submodule(node.target) if node.op == "call_module" else None
        idle = isinstance(layer, (nn.Dropout, nn.Identity)) and not getattr(layer, "inplace", False)
        if idle or node.op == "output" or name in ("flatten", "chunk", "view", "transpose", "getitem"):
            writers[node] = read
            continue
        if name in ("size", "floordiv"):  # numbers, not tensors
            writers[node] = set()
            continue
        reads.append(tuple(sorted(read)))
        writers[node] = {len(reads) - 1}
    return reads


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
def test_as_fx_sees_it(build):
    with torch.device("meta"):
        module = build().eval()
    rows = trace(module, 96).rows
    assert wiring(module, (3, 96, 96), rows) == by_fx(module)


def test_memory_that_torch_gives_twice():
    """A freed tensor's place in memory may be the next one's; its writer is forgotten with it."""

    class Long(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = nn.ModuleList(nn.Conv2d(2, 2, 1) for _ in range(50))

        def forward(self, x):
            for conv in self.convs:
                x = conv(x)
            return x

    rows = trace(Long(), (2, 4, 4)).rows
    assert wiring(Long(), (2, 4, 4), rows) == [(i - 1,) for i in range(50)]


def test_views_and_changes_in_place():
    class Halves(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(4, 4, 1), nn.Conv2d(2, 2, 1)

        def forward(self, x):
            y = self.a(x)  # row 0
            kept, changed = y.chunk(2, dim=1)
            out = self.b(changed)  # 1, reads 0
            out.mul_(2)  # 2, reads 1
            z = torch.cat([kept, out], 1)  # 3, reads 0 and 2
            return z.transpose(1, 2).add(x.transpose(1, 2))  # 4, reads 3 and the input

    rows = trace(Halves(), (4, 6, 6)).rows
    assert wiring(Halves(), (4, 6, 6), rows) == [(INPUT,), (0,), (1,), (0, 2), (INPUT, 3)]


def test_unread_parameters_read_nothing():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = nn.Conv2d(3, 4, 1), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x)

    rows = trace(Idle(), 8).rows
    assert wiring(Idle(), (3, 8, 8), rows) == [(INPUT,), ()]
