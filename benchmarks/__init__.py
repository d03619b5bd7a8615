"""How fast this project is beside public libraries used the way the published methods use them: `make bench`."""
