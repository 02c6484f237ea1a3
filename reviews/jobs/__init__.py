"""One module per thing that can happen; each uses rules and ports, nothing else."""
