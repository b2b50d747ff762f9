"""A rollout's certificate IDs, looked at before anything is run: who overwrites what, and which network that costs."""
