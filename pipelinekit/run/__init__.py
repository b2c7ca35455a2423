"""Runs pipelines, and what happens around a run: results committed, MLflow's runs, models in the registry."""
