"""The demo company: a hot-tub dealer with six months of history (see leadflow.demo.loading)."""
