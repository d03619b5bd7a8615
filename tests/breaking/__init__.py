"""Kills over the whole demo: `make break`."""
