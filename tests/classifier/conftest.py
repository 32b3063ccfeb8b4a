"""Leaves torch as it was, and gives one small net with random weights to every test that needs one."""

import pytest
import torch

from tests.classifier.builders import random_net, state_of


@pytest.fixture(autouse=True)
def torch_as_before():
    threads, chance = torch.get_num_threads(), torch.get_rng_state()
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(chance)


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "small.pt"
    torch.save(state_of(random_net()), path)
    return path
