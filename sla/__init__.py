"""The agreement kept: working time, contracts, clocks, compliance. Standard library only here."""
