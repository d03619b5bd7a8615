"""A cluster without accounting: squeue is asked how jobs fare, as the profile says how to."""

from tests.cluster.workflow import ITERATION, ON_CLUSTER, finish, printed, start

MERGED = f"{ITERATION}/merged/manifest.json"


def test_squeue_will_do_where_there_is_no_accounting(cluster, copy):
    (copy.folder / MERGED).unlink()
    with cluster.without_accounting():
        finish(copy, start(copy, *ON_CLUSTER, "--slurm-status-command", "squeue", "--slurm-no-account", MERGED))
    assert (copy.folder / MERGED).exists()
    assert "Falling back" not in printed(copy)
