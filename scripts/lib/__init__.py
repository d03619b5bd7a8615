"""What several scripts share; importable without a GPU, and never imports a script."""
