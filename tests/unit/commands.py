"""How tests run a command of the project: as its command line does, within the process of the test."""


def run(command, *arguments):
    """Run a command, a module with `parser` and `main`, with arguments of any kind as their texts."""
    command.main(command.parser().parse_args(list(map(str, arguments))))
