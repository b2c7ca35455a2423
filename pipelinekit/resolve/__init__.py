"""`vars`, `${}`, `foreach` and `matrix` → the concrete stages that DVC sees."""
