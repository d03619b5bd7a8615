"""Show in a few lines what Snakemake would do: for every model, what is made, reused or shared, and why it runs again.

    python -m scripts.plan
    python -m scripts.plan --configfile config/examples/qwen2.5-7b-4gpu.yaml --profile slurm results/iter3/merged

It asks Snakemake for a dry run and runs nothing. Each job is counted where its result is seen: the 16 jobs of a
generation in 16 shards, with what plans and collects them, are one cell of the table, with the rows that are wanted
where a setting says so, and with what earlier attempts at the same steps took, where there were any; what is reused,
with the rows that it holds. `snakemake -n` lists the jobs one by one.
"""

import argparse
from pathlib import Path

from tabulate import tabulate

from scripts.configuration import read_config_files
from scripts.lib import cli
from scripts.lib.run.claims import INPUT
from scripts.lib.run.dry_run import dry_run
from scripts.lib.run.plan_tables import Plan
from scripts.lib.run.reasons import summed_up
from scripts.lib.run.telling import counted


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--configfile", type=INPUT, default=Path("config/config.yaml"), help="the configuration (default %(default)s)")
    add("--profile", help="a profile of Snakemake, such as slurm (default: none but profiles/default)")
    add("targets", nargs="*", metavar="TARGET", help="files or rules, as for snakemake (default: all)")
    return parser


def main(args: argparse.Namespace) -> None:
    """Print a table for each model that has jobs, the reasons, and what it comes to."""
    _, sharing = read_config_files([args.configfile])
    plan = Plan(sharing, dry_run(args.targets, args.configfile, args.profile))
    if not plan.jobs:
        print("nothing to be done: all that is asked for is there, and none of it is stale")
        return
    for model in plan.models():
        print(tabulate(plan.table(model), tablefmt="plain", disable_numparse=True), end="\n\n")
    print("why:", *summed_up(plan.jobs), sep="\n  ")
    print(*totals(plan), sep="\n")


def totals(plan: Plan) -> list[str]:
    """Return what a plan comes to, as far as it is known."""
    lines = [f"in all: {counted(len(plan.jobs), 'job')}"]
    if plan.others:
        named = ", ".join(f"{rule} {number}" if number > 1 else rule for rule, number in sorted(plan.others.items()))
        lines[0] += f", of which in no table: {named}"
    if idle := [name for name in plan.sharing.models if name not in {model.name for model in plan.models()}]:
        lines.append(f"nothing to be done for: {', '.join(idle)}")
    if wanted := plan.wanted():
        lines.append(f"wanted: {', '.join(f'{rows} {title}' for title, rows in wanted.items())}")
    if taken := plan.earlier_hours():
        lines.append(f"all earlier attempts at these steps and trainings took {taken}")
    return lines


if __name__ == "__main__":
    cli.run(main, parser())
