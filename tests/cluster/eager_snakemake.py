"""Snakemake as it is, but that it asks every other second how its SLURM jobs fare.

Each time that nothing has changed, its SLURM plugin waits ten seconds longer before it asks again, as it
should where jobs take hours. Here that would be most of what the tests wait for.
"""

import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda executor: 2, lambda executor, seconds: None)

if __name__ == "__main__":
    sys.exit(main())
