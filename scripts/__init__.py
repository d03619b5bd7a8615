"""One module for each step; each runs alone as `python -m scripts.<module> --help`. What one recipe alone uses lies in
its own folder."""
