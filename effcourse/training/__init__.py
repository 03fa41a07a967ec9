"""Data, the training loop, and sweeps of many runs with seeds."""

from .data import Dataset, DatasetError, load_dataset
from .loop import Epoch, TrainResult, evaluate, learning_curve, train
from .sweeps import Config, Run, SweepError, run_one, sweep

__all__ = [
    "Config",
    "Dataset",
    "DatasetError",
    "Epoch",
    "Run",
    "SweepError",
    "TrainResult",
    "evaluate",
    "learning_curve",
    "load_dataset",
    "run_one",
    "sweep",
    "train",
]
