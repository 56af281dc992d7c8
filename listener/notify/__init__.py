"""Delivering messages: one file for each channel. Failures are results; only defects raise."""
