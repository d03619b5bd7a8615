"""Models beside all entries, which judge, supervise or classify and are raised by nobody: fetched, pinned, proven."""


use rule fetch_base as fetch_beside with:
    output:
        "work/beside/{beside}/fetched.json",
    log:
        "results/beside/{beside}/logs/fetch_base.log",
    params:
        *code("fetch_base"),
        base=lambda wildcards: BESIDE[wildcards.beside].base,
        revision=lambda wildcards: flags(revision=BESIDE[wildcards.beside].revision),


use rule prepare_base as prepare_beside with:
    input:
        fetched="work/beside/{beside}/fetched.json",
        files=whole_or_again(
            "results/beside/{beside}/merged/manifest.json", beside_files
        ),
        chat_template=lambda wildcards: BESIDE[wildcards.beside].chat_template or [],
    output:
        "results/beside/{beside}/merged/manifest.json",
    log:
        "results/beside/{beside}/logs/prepare_base.log",
    wildcard_constraints:
        beside=beside_pattern(lambda chosen: isinstance(chosen, Base)),
    threads: HASHING_CORES
    resources:
        **asks(proving_job),
    params:
        *code("prepare_base"),
        base=lambda wildcards: BESIDE[wildcards.beside].base,
        options=lambda wildcards: flags(
            revision=BESIDE[wildcards.beside].revision,
            chat_template=BESIDE[wildcards.beside].chat_template,
            pad_token=BESIDE[wildcards.beside].pad_token,
        ),
