"""What is measured on a GPU: `make bench BENCH="--device gpu"`."""
