"""What a job asks a cluster for, computed from the settings of its model; where it runs is the profile's matter."""

import atexit

from snakemake_interface_executor_plugins.settings import ExecMode

from scripts.lib.engines.units import count_units
from scripts.lib.run.room import Room, weights_gigabytes

# Everything that a job may ask for.
ASKED = (
    *("gpu", "gpu_model", "gres", "slurm_partition", "nodes", "tasks", "tasks_per_gpu"),
    *("mpi", "cpus_per_task", "mem_mb", "runtime"),
)


def site(key):
    """A setting of the site that the rules need themselves: a value under default-resources of the profile."""
    # Private, but Snakemake has no public way to a default resource as it is written: its own values are evaluated
    # for a job. tests/workflow/test_resources.py would notice a change.
    value = workflow.resource_settings._parsed_default_resources.get(key).raw
    return None if value is None else str(value)


def asks(job):
    """The resources of a rule: for each, a function that gives what `job` says of it."""

    def resource(key):
        return lambda wildcards, input, attempt: job(wildcards, input, attempt).get(key)

    return {key: resource(key) for key in ASKED}


def gpu_request(count, nodes=1):
    """What asks SLURM for `count` GPUs on each of `nodes` nodes.

    --gpus counts over all nodes, may spread them unevenly, and is not understood everywhere; --gres counts on
    each node. Without tasks_per_gpu=0, the plugin asks for as many tasks as GPUs, each of which sees only one.
    """
    partition, kind = site("slurm_partition"), site("gpu_kind")
    if not count:
        return {"slurm_partition": site("cpu_partition") or partition}
    request = {"slurm_partition": partition, "tasks_per_gpu": 0}
    if nodes > 1 or site("gpu_request") == "gres":
        names = ("gpu", kind, str(count))
        return {**request, "gres": ":".join(name for name in names if name)}
    return {**request, "gpu": count, "gpu_model": kind}


def engine_environment(wildcards):
    """The environment for --sdm conda of what generates: the engine that "auto" means is known on the GPU only."""
    engine = engine_of(wildcards)
    with_vllm = engine.name == "vllm" or (engine.name == "auto" and engine.gpus > 0)
    return "../envs/vllm.yaml" if with_vllm else "../envs/generate.yaml"


# vLLM has a process for each GPU, beside the one that hands out the work.
CORES_PER_GPU = 2


def engine_job(wildcards, input, attempt):
    """One engine: one process, on one node, with all of its GPUs."""
    engine = engine_of(wildcards)
    return {
        **gpu_request(engine.gpus),
        "nodes": 1,
        "cpus_per_task": max(engine.cpu_threads, CORES_PER_GPU * engine.gpus),
        "mem_mb": engine.mem_mb * attempt,
        "runtime": engine.runtime * attempt,
    }


def idle_job(attempt):
    """A job that turned out to have no work for a GPU."""
    return {**gpu_request(0), "mem_mb": 2000 * attempt, "runtime": 10 * attempt}


def shard_job(wildcards, input, attempt):
    """A shard's engine, but nothing to speak of where the plan turned out to leave the shard without work."""
    if has_work(wildcards, input):
        return engine_job(wildcards, input, attempt)
    return idle_job(attempt)


def clusters_job(wildcards, input, attempt):
    """What embeds rows, on one GPU."""
    gpus = min(1, engine_of(wildcards).gpus)
    return {**engine_job(wildcards, input, attempt), **gpu_request(gpus)}


def classifier_job(wildcards, input, attempt):
    """What classifies rows, on one GPU, in the place of a model that is asked."""
    engine = engine_of(wildcards, "consistency")
    return {
        **gpu_request(min(1, engine.gpus)),
        "cpus_per_task": max(engine.cpu_threads, CORES_PER_GPU),
        "mem_mb": 8000 * attempt,
        "runtime": 60 * attempt,
    }


def has_work(wildcards, input):
    """Whether a shard has anything to compute on a GPU, as far as that is known before its requests are there."""
    engine = engine_of(wildcards)
    # The Snakemake inside a job has been given what was asked for: to tokenise once more would only cost seconds.
    in_a_job = workflow.workflow_settings.exec_mode != ExecMode.DEFAULT
    if in_a_job or not engine.gpus or not Path(input.requests).exists():
        return True
    units = count_units(
        Path(input.requests), Path(input.model).parent, engine.name, engine.batch_tokens
    )
    return int(wildcards.shard) <= units


def training_job(wildcards, input, attempt):
    """A training: a process for each GPU of each node, which its launcher starts; with mpi, by srun."""
    training = training_of(wildcards)
    several = {"mpi": "srun", "tasks": training.nodes} if training.nodes > 1 else {}
    return {
        **gpu_request(training.gpus_per_node, training.nodes),
        **several,
        "nodes": training.nodes,
        "cpus_per_task": training_cores(wildcards),
        "mem_mb": training.mem_mb * attempt,
        "runtime": training.runtime * attempt,
    }


def on_enough_machines(files):
    """An input function of training that refuses to run on this machine what needs several; a plan of it is fine.

    It looks at inputs because Snakemake computes them before any job starts, and resources only then.
    """

    def checked(wildcards):
        nodes = training_of(wildcards).nodes
        # Without an executor, Snakemake only answers a question about the graph.
        here = (
            workflow.executor_plugin is not None
            and workflow.executor_plugin.name == "local"
            and workflow.workflow_settings.exec_mode == ExecMode.DEFAULT
        )
        if nodes > 1 and here:
            stop(
                f"model {wildcards.model}: {training(wildcards)[1]}.nodes is {nodes}, and this command runs on"
                " one machine; add --profile slurm, or set it to 1"
            )
        return files(wildcards)

    return checked


def model_gigabytes(wildcards):
    """The size of the base model's weights, None where it is not known yet; all models of a run are alike."""
    manifest = Path(path(wildcards, "iter0/merged/manifest.json"))
    owner = manifest.relative_to("results").parts[0]
    fetched = Path(f"work/{owner}/iter0/fetched.json")
    return weights_gigabytes(
        manifest.parent, fetched, Path(settings(wildcards).base).expanduser()
    )


ROOM = Room(Path("results"))


def with_room(files):
    """An input function of merging that counts the models of a run, to tell the user if they do not fit on the disk.

    It looks at inputs because Snakemake computes them for every job of a plan, and for no other.
    """

    def checked(wildcards):
        made = f"{wildcards.model}/iter{wildcards.iteration}/merged"
        if not Path(f"results/{made}/manifest.json").exists():
            ROOM.take(made, model_gigabytes(wildcards))
        return files(wildcards)

    return checked


def say_room():
    """Tell the user what the disk has no room for, once the whole plan is known."""
    for line in ROOM.lines():
        say_once(line)


# Nothing else comes after a plan that is only printed; before a run, rules/run.smk says it.
if workflow.output_settings.dryrun:
    atexit.register(say_room)


# Merging is done in float32, twice the size of weights in bf16, with a second copy to compare with; each file is read or
# written about six times, which takes a slow shared disk (200 MB/s) half a minute for a GB.
MEMORY_PER_GB, MINUTES_PER_GB = 3000, 0.5
HASHING_CORES = 4


def merging_job(wildcards, input, attempt):
    """Merging an adapter, or proving a base model: no GPU, and memory and time by the size of the model."""
    training, size = settings(wildcards).training, model_gigabytes(wildcards)
    return weights_job(size, training.cpu_threads, training.mem_mb, attempt)


def proving_job(wildcards, input, attempt):
    """Proving a model beside all entries: as merging."""
    size = weights_gigabytes(
        Path(f"results/beside/{wildcards.beside}/merged"),
        Path(f"work/beside/{wildcards.beside}/fetched.json"),
        Path(BESIDE[wildcards.beside].base).expanduser(),
    )
    return weights_job(size, HASHING_CORES, 8000, attempt)


def weights_job(size, cores, mem_mb, attempt):
    """Reading all weights of a model of a size in GB, None where that is not known yet."""
    memory, minutes = 2000 + MEMORY_PER_GB * (size or 0), 60 + MINUTES_PER_GB * (
        size or 0
    )
    return {
        **gpu_request(0),
        "cpus_per_task": max(cores, HASHING_CORES),
        "mem_mb": max(mem_mb, round(memory)) * attempt,
        "runtime": round(minutes) * attempt,
    }


SANDBOX_CORES = 8


def sandbox_job(wildcards, input, attempt):
    """Running functions that a model wrote: no GPU, and a confined process for each core."""
    return {
        **gpu_request(0),
        "cpus_per_task": SANDBOX_CORES,
        "mem_mb": 8000 * attempt,
        "runtime": 240 * attempt,
    }


def pairs_job(wildcards, input, attempt):
    """Making pairs: functions run only where their test cases are made pairs, too."""
    return sandbox_job(wildcards, input, attempt) if input.cases else idle_job(attempt)


def tiny_job(wildcards, input, attempt):
    """Work on the tiny model: no GPU, little memory, and an hour even on one slow core."""
    return {
        **gpu_request(0),
        "cpus_per_task": 2,
        "mem_mb": 8000 * attempt,
        "runtime": 120 * attempt,
    }


def training_cores(wildcards):
    """The cores that a training needs on one node."""
    training = training_of(wildcards)
    return training.cpu_threads * max(1, training.gpus_per_node)


def training_launcher(wildcards):
    """What starts the training module: Python itself for one process, else torchrun on every node.

    The job's shell runs on the first node, where the processes meet, at a port that no other job there is likely to
    have.
    """
    training = training_of(wildcards)
    processes = max(1, training.gpus_per_node)
    if processes == training.nodes == 1 and training.deepspeed == "none":
        return "python -m"
    torchrun = f"python -m torch.distributed.run --nnodes {training.nodes} --nproc-per-node {processes}"
    if training.nodes == 1:
        return f"{torchrun} --standalone -m"
    return (
        f"srun --nodes {training.nodes} --ntasks-per-node 1 --cpus-per-task {training_cores(wildcards)}"
        f" --kill-on-bad-exit {torchrun} --rdzv-backend c10d --rdzv-id $SLURM_JOB_ID"
        " --rdzv-endpoint $(hostname):$((20000 + SLURM_JOB_ID % 20000)) -m"
    )
