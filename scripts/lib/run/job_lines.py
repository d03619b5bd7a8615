"""Snakemake, with a logger that prints each job of a dry run as a line of JSON.

    python -m scripts.lib.run.job_lines --dry-run all

Its options are Snakemake's. A logger is given the fields of a job, which the text of a dry run would have to be taken
apart for; it is Snakemake's public way, but for the registration of a logger that is not installed as a package.
"""

import json
import logging
import sys

from snakemake.cli import main as snakemake
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

NAME = "job-lines"


class LogHandler(LogHandlerBase):
    """Prints jobs and errors, and nothing else."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def emit(self, record: logging.LogRecord) -> None:
        """Print a job, or an error."""
        fields = vars(record)
        if fields.get("event") == LogEvent.JOB_INFO:
            job = {"rule": fields["rule_name"], "outputs": fields["output"], "reason": fields["reason"]}
            print(json.dumps({"job": job}), flush=True)
        elif record.levelno >= logging.ERROR:
            print(json.dumps({"error": record.getMessage()}), flush=True)


if __name__ == "__main__":
    LoggerPluginRegistry().register_plugin(NAME, sys.modules[__name__])
    snakemake(["--logger", NAME, *sys.argv[1:]])
