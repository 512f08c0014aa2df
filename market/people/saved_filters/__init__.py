"""Filters of the desk that an official keeps under a name, for nobody else."""
