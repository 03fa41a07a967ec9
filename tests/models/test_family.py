"""A record of a family is complete, and says so where it is not."""

import pytest
from torch import nn

from effcourse import list_models, published
from effcourse.models import FAMILIES, find_network
from effcourse.models.family import Family, Network, Reference

COMPLETE = {
    "label": "Mine",
    "build": nn.Identity,
    "reference": Reference("torch.nn", "Identity"),
    "paper": (),
    "figures": None,
    "weights": None,
}
NETWORKS = [pytest.param(family, network, id=network.name) for family in FAMILIES for network in family.networks]


@pytest.mark.parametrize("field", COMPLETE)
def test_a_forgotten_field_of_a_network_is_named(field):
    with pytest.raises(ValueError, match=f"the record of the network 'mine' lacks {field}; .*family.py"):
        Network("mine", **{key: value for key, value in COMPLETE.items() if key != field})


def test_a_forgotten_field_of_a_family_is_named():
    with pytest.raises(ValueError, match="the record of the family 'Mine' lacks axes, networks;"):
        Family("Mine")
    with pytest.raises(ValueError, match=r"must end with input_size, got \['width_mult'\]"):
        Family("Mine", axes={"width_mult": (1.0,)}, networks=[Network("mine", **COMPLETE)])


def test_names_and_labels_are_used_once():
    labels = [network.label for family in FAMILIES for network in family.networks]
    assert len(set(labels)) == len(labels) == len(list_models()) == len(set(list_models()))


@pytest.mark.parametrize(("family", "network"), NETWORKS)
def test_record(family, network):
    assert find_network(network.name) == (family, network)
    for name, value in network.start.items():
        assert value in family.axes[name], (name, value)
    for where in (*network.paper, *[network.figures] * bool(network.figures)):
        assert len(published(**where))


def test_a_reference_has_its_width_as_an_argument_or_in_its_name():
    assert Reference("torch.nn", "Linear", (3,), width="out_features").build(5).out_features == 5
    assert isinstance(Reference("torch.nn", "Identity").build(0.5), nn.Identity)
    with pytest.raises(AttributeError, match="no_such_x0_5"):
        Reference("torch.nn", "no_such_x{}").build(0.5)
