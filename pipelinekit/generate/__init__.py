"""Models → `dvc.yaml` files on disk: compiled, checked as DVC would, and only then written."""
