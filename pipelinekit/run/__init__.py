"""What happens around a run: MLflow gets a run per commit and one per stage, the registry gets the models."""
