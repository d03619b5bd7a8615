"""One module per artifact; each runs alone as `python -m scripts.<module> --help`."""
