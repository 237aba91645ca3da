"""Benchmarks: every path against a floor measured in the same run (`make bench`).

bench.figures says what is written down, bench.stage where it runs, bench.rows what is measured.
"""
