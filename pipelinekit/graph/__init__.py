"""The DAG of concrete stages."""
