"""What a job asks a cluster for, computed from the settings of its model; where it runs is the profile's matter."""


def site(key):
    """A setting of the site that the rules need themselves: a value under default-resources of the profile."""
    value = workflow.resource_settings._parsed_default_resources.get(key).raw
    return None if value is None else str(value)


def gpu_request(count, nodes=1):
    """The resources that ask SLURM for `count` GPUs on each of `nodes` nodes; none at all for no GPU.

    --gpus counts over all nodes, may spread them unevenly, and is not understood everywhere; --gres counts on
    each node.
    """
    kind = site("gpu_kind")
    if not count:
        return {}
    if nodes > 1 or site("gpu_request") == "gres":
        return {"gres": ":".join(["gpu", *([kind] if kind else []), str(count)])}
    return {"gpu": count, **({"gpu_model": kind} if kind else {})}


def requested(request, key):
    """A function that gives a rule one resource of a request, or none if it is not asked for."""
    return lambda wildcards: request(wildcards).get(key)


def growing(section, key):
    """A function that gives a rule an amount of its model's settings, times the number of the attempt."""
    return (
        lambda wildcards, attempt: getattr(getattr(settings(wildcards), section), key)
        * attempt
    )


def engine_request(wildcards):
    """The GPUs of one engine, which is one process on one node."""
    return gpu_request(settings(wildcards).engine.gpus)


def training_request(wildcards):
    """The GPUs of a training, and for several nodes one task on each, which its launcher starts with srun."""
    training = settings(wildcards).training
    request = gpu_request(training.gpus_per_node, training.nodes)
    if training.nodes > 1:
        request.update(mpi="srun", tasks=training.nodes)
    return request


def training_cores(wildcards):
    """The cores that a training needs on one node: it has one process per GPU."""
    training = settings(wildcards).training
    return training.cpu_threads * max(1, training.gpus_per_node)


# Without tasks_per_gpu=0, the plugin asks for as many tasks as GPUs, each of which sees only one of them.
engine_resources = {
    **{key: requested(engine_request, key) for key in ("gpu", "gpu_model", "gres")},
    "nodes": 1,
    "tasks_per_gpu": 0,
    "cpus_per_task": setting("engine", "cpu_threads"),
    "mem_mb": growing("engine", "mem_mb"),
    "runtime": growing("engine", "runtime"),
}

training_resources = {
    **{
        key: requested(training_request, key)
        for key in ("gpu", "gpu_model", "gres", "mpi", "tasks")
    },
    "nodes": setting("training", "nodes"),
    "tasks_per_gpu": 0,
    "cpus_per_task": training_cores,
    "mem_mb": growing("training", "mem_mb"),
    "runtime": growing("training", "runtime"),
}


def training_launcher(wildcards):
    """What starts the training module: Python itself for one process, else torchrun on every node.

    The job's shell runs on the first node, where the processes meet, at a port that no other job there is likely to
    have.
    """
    training = settings(wildcards).training
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
