"""A SLURM cluster on one machine: two nodes with two pretended GPUs each, and accounting in a MariaDB.

The daemons are the real ones of Debian's packages, run by root in the foreground. All they write lies
in one folder; only their three configuration files stand in /etc/slurm, because a job of Snakemake's
SLURM plugin gets none of the variables that could point elsewhere. A pretended GPU is a character
device of its own that nobody opens: SLURM hands it out, and jobs see CUDA_VISIBLE_DEVICES.
"""

import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

SETTINGS = Path("/etc/slurm")
WRITTEN = ("slurm.conf", "gres.conf", "slurmdbd.conf")
PROGRAMS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sbatch", "sacctmgr")
NODES = ("n1", "n2")
GPUS = 2
NULL_DEVICE = os.makedev(1, 3)

SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={slurmctld_port}
SlurmUser=root
AuthInfo=socket={folder}/munge.socket,cred_expire=10
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdSpoolDir={folder}/spool-%n
# Nothing here needs cgroups, which containers do not have.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={slurmdbd_port}
AccountingStoragePass={folder}/munge.socket
AccountingStorageTRES=gres/gpu
# The nodes have more cores and memory than the machine: jobs then share what is really there.
SlurmdParameters=config_overrides
DefMemPerCPU=100
# Shorter than on real clusters, so that tests do not wait: a dead node is missed after 10 s, its jobs start
# again 10 s later (cred_expire), and what ignores SIGTERM gets SIGKILL after 5 s.
SlurmdTimeout=10
KillWait=5
SchedulerParameters=bf_interval=2
ReturnToService=1
{nodes}
PartitionName=main Nodes={node_names} Default=YES MaxTime=INFINITE State=UP
"""

SLURMDBD_CONF = """\
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={slurmdbd_port}
SlurmUser=root
AuthInfo=socket={folder}/munge.socket
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadb_port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
"""

DATABASE_USER = """\
CREATE DATABASE slurm;
CREATE USER slurm@127.0.0.1 IDENTIFIED BY 'slurm';
GRANT ALL ON slurm.* TO slurm@127.0.0.1;
"""


def why_not() -> str | None:
    """Return why a cluster cannot be started here, or None if it can."""
    if os.geteuid() != 0:
        return "SLURM's daemons need root; run `sudo make test-cluster`"
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        return f"{', '.join(missing)}: not installed; `make test-cluster` installs Debian's packages"
    if (SETTINGS / "slurm.conf").exists():
        return f"{SETTINGS}/slurm.conf: this machine belongs to a cluster already, and that one must stay as it is"
    try:
        with TemporaryDirectory() as folder:
            make_gpu(Path(folder) / "gpu")
    except PermissionError:
        return "no device can be made here, as in some containers, and so no pretended GPU"
    return None


def make_gpu(place: Path) -> None:
    """Make a device that does nothing."""
    os.mknod(place, 0o666 | stat.S_IFCHR, NULL_DEVICE)


def free_ports(count: int) -> list[int]:
    """Return TCP ports of 127.0.0.1 that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_for(what: str, condition: Callable[[], object], seconds: float = 60) -> None:
    """Return once the condition holds; raises TimeoutError naming what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)


class Cluster:
    """The daemons and their files; `with Cluster(folder):` starts it, and leaves nothing of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemons: dict[str, subprocess.Popen] = {}
        self._written: list[Path] = []
        names = ("mariadb_port", "slurmdbd_port", "slurmctld_port", *NODES)
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))

    def __enter__(self) -> "Cluster":
        try:
            self._write_files()
            self._start_accounting()
            self._start("slurmctld", "slurmctld", "-D")
            for node in NODES:
                self.start_node(node)
            wait_for("both nodes are idle", lambda: self.node_states() == dict.fromkeys(NODES, "idle"))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start_node(self, node: str) -> None:
        """Start a node's slurmd; a node that was down comes back."""
        self._start(node, "slurmd", "-D", "-N", node)

    def kill_node(self, node: str) -> None:
        """What a power failure does to a node: its slurmd and every process of its jobs are gone at once."""
        slurmd = self._daemons.pop(node)
        slurmd.kill()
        for process in self._job_processes(node):
            process.kill()
        slurmd.wait()

    @contextmanager
    def without_accounting(self) -> Iterator[None]:
        """Do without slurmdbd for a while: sacct and sacctmgr then fail."""
        self._end_daemon("slurmdbd")
        try:
            yield
        finally:
            self._start("slurmdbd", "slurmdbd", "-D")

    def node_states(self) -> dict[str, str]:
        """Return the state of each node, as sinfo names it."""
        listed = self.ask("sinfo", "--noheader", "--Node", "--format=%N %T", check=False)
        return dict(line.split() for line in listed.splitlines())

    def ask(self, *command: str, check: bool = True) -> str:
        """Return what a SLURM command prints."""
        return subprocess.run(command, check=check, text=True, stdout=subprocess.PIPE).stdout

    def stop(self) -> None:
        """End all jobs and daemons, newest first, and take the files out of /etc/slurm."""
        if "slurmctld" in self._daemons:
            self.ask("scancel", "--user=root", check=False)
        _end(process for node in NODES for process in self._job_processes(node))
        for name in reversed(list(self._daemons)):
            self._end_daemon(name)
        for path in reversed(self._written):
            path.unlink(missing_ok=True)
        self._written.clear()

    def _job_processes(self, node: str) -> list[psutil.Process]:
        """Return what runs on a node for its jobs: slurmstepd, known by the log it writes to, and the tasks."""
        log, found = str(self.folder / f"slurmd-{node}.log"), []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                step = process.name() == "slurmstepd" and log in (file.path for file in process.open_files())
                if step or process.environ().get("SLURMD_NODENAME") == node:
                    found.append(process)
        return found

    def _write_files(self) -> None:
        for name in ("state", "mariadb", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        host = socket.gethostname().partition(".")[0]
        nodes, gpus = [], []
        for node in NODES:
            nodes.append(
                f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={self._ports[node]}"
                f" CPUs=16 RealMemory=128000 Gres=gpu:{GPUS}"
            )
            for number in range(GPUS):
                device = self.folder / f"{node}-gpu{number}"
                make_gpu(device)
                self._written.append(device)
                gpus.append(f"NodeName={node} Name=gpu File={device}")
        values = {"folder": self.folder, "host": host, "nodes": "\n".join(nodes), "node_names": ",".join(NODES)}
        self._write_setting("slurm.conf", SLURM_CONF.format(**values, **self._ports))
        self._write_setting("gres.conf", "\n".join(gpus) + "\n")
        self._write_setting("slurmdbd.conf", SLURMDBD_CONF.format(**values, **self._ports))

    def _write_setting(self, name: str, content: str) -> None:
        path = SETTINGS / name
        path.touch(mode=0o600 if name == "slurmdbd.conf" else 0o644, exist_ok=False)
        self._written.append(path)
        path.write_text(content)

    def _start_accounting(self) -> None:
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        files = [f"--{name}-file={self.folder}/munge.{name}" for name in ("key", "log", "pid", "seed")]
        # Its folder may lie below one that others can write to, which it warns of and --force allows.
        self._start("munged", "munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket", *files)
        self._start_database()
        self._start("slurmdbd", "slurmdbd", "-D")
        wait_for(
            "slurmdbd takes the cluster",
            lambda: subprocess.run(
                ["sacctmgr", "-i", "add", "cluster", "test"], capture_output=True, timeout=30
            ).returncode == 0,
        )  # fmt: skip
        for added in (["account", "tests", "Cluster=test"], ["user", "root", "Account=tests"]):
            self.ask("sacctmgr", "-i", "add", *added)

    def _start_database(self) -> None:
        data, user = self.folder / "mariadb", self.folder / "mariadb_user.sql"
        user.write_text(DATABASE_USER)
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root", "--skip-test-db",
             "--auth-root-authentication-method=normal"],
            check=True, capture_output=True,
        )  # fmt: skip
        self._start(
            "mariadbd", "mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--init-file={user}",
            f"--socket={self.folder}/mariadb.socket", f"--pid-file={self.folder}/mariadb.pid",
            "--bind-address=127.0.0.1", f"--port={self._ports['mariadb_port']}",
        )  # fmt: skip
        wait_for("the database listens", lambda: listens(self._ports["mariadb_port"]))

    def _end_daemon(self, name: str) -> None:
        daemon = self._daemons.pop(name)
        daemon.terminate()
        try:
            daemon.wait(timeout=20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def _start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.output").open("ab") as output:
            self._daemons[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )


def listens(port: int) -> bool:
    """Return whether something listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(running: Iterable[psutil.Process]) -> None:
    """Wait for processes to end by themselves, then kill those that did not."""
    _, left = psutil.wait_procs(list(running), timeout=10)
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=10)
