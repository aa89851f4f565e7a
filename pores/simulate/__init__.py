"""SHARP series with known truth."""
