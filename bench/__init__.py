"""Benchmarks: ratios against a peer or a limit of the machine, measured in the same run."""
