"""SHARP series with known truth; what is simulated, and how it compares, is in docs/simulation.md."""

from pores.simulate.parameters import SimulationParameters
from pores.simulate.series import SimulatedFrame, frame_of, simulate

__all__ = ["SimulatedFrame", "SimulationParameters", "frame_of", "simulate"]
