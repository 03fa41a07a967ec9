"""One torch thread, so that tests that run side by side do not stall each other."""

import torch

torch.set_num_threads(1)
