"""Twice the resolution by a neural network: what a telescope of twice HMI's aperture would see."""
