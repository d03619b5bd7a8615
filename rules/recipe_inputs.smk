"""What the steps of recipes read: rounds, examples and prompts, whatever the recipe is, and what only one of them has."""

from scripts.autoif import recipe as autoif
from scripts.isheep import recipe as isheep
from scripts.self_align import recipe as self_align


def earlier_rounds(step, name, first=1):
    """A function that gives a file of a step's rounds before the job's, from `first` on (-1: only the last)."""

    def files(wildcards):
        before = int(wildcards.round) - 1
        rounds = range(before if first == -1 else first, before + 1)
        folder = f"work/{wildcards.model}/iter{wildcards.iteration}"
        return [f"{folder}/{step}_{number}/{name}" for number in rounds if number]

    return files


def last_round(step, name):
    """A function that gives a file of the last round of a step."""

    def file(wildcards):
        rounds = by_recipe(step, f"{step}.rounds")(wildcards)
        folder = f"work/{wildcards.model}/iter{wildcards.iteration}"
        return f"{folder}/{step}_{rounds}/{name}"

    return file


def by_recipe(step, key):
    """A function that gives a value of a step that several recipes have, each under its own name."""

    def found(wildcards):
        recipe = model_of(wildcards).recipe
        return value(wildcards, recipe.step(step).artifact, f"{recipe.name}.{key}")

    return found


def flags_by_recipe(step, section, *keys):
    """A function that gives values of a section of such a step as command line flags."""

    def given(wildcards):
        recipe = model_of(wildcards).recipe
        artifact = recipe.step(step).artifact
        return setting_flags(artifact, f"{recipe.name}.{section}", *keys)(wildcards)

    return given


def seed_of_step(step):
    """A function that gives the seed of a step that several recipes have."""
    return lambda wildcards: value(
        wildcards, model_of(wildcards).recipe.step(step).artifact, "seed"
    )


def example_seeds(wildcards):
    """The seeds that examples are chosen from, with what choosing them needs."""
    chosen = settings(wildcards)
    plain = model_of(wildcards).recipe is not isheep.RECIPE
    return path(
        wildcards, "seeds.jsonl" if plain else f"{isheep.example_seeds(chosen)}.jsonl"
    )


def example_rows(wildcards):
    """The rows of the round before that examples are chosen from, with what choosing them needs."""
    plain = model_of(wildcards).recipe is not isheep.RECIPE
    name = "kept" if plain else isheep.kept_rows(settings(wildcards))
    return earlier_rounds("synthesis", f"{name}.jsonl", first=-1)(wildcards)


def held_out_before(step):
    """A function that gives the held-out tasks that a step of several recipes must do without: a list of one file."""
    return lambda wildcards: held_out_tasks(
        model_of(wildcards).recipe.step(step).artifact
    )(wildcards)


# Prompts of SELF-ALIGN are written by the base model, or given.
GIVEN_PROMPTS, WRITES_PROMPTS = (
    SHARING.own_pattern(
        lambda model, given=given: model.recipe is self_align.RECIPE
        and self_align.given_prompts(model.settings) == given
    )
    for given in (True, False)
)


def written_instructions(wildcards):
    """The instructions that the base model of SELF-ALIGN wrote from seeds: a list of one file, or of none."""
    written = self_align.writes_instructions(settings(wildcards))
    return [path(wildcards, "iter1/instructions.jsonl")] if written else []


def written_questions(wildcards):
    """The questions that it wrote about topics: a list of one file, or of none."""
    written = self_align.writes_questions(settings(wildcards))
    return [path(wildcards, "iter1/questions.jsonl")] if written else []


def verbose_prompts(wildcards):
    """What the engraved model is asked, to have it reply at length: all prompts, and the questions about itself."""
    chosen, iteration = settings(wildcards), int(wildcards.iteration)
    rows = ("prompts", "identity")
    return [
        path(
            wildcards,
            model_of(wildcards).artifacts[source.artifact].first_file(source.iteration),
        )
        for source in self_align.verbose_sources(chosen, iteration)
        if source.artifact in rows
    ]


def answering_format(wildcards):
    """How this iteration's tasks are asked: as plain text of a base model, or in the chat template."""
    chosen = value(wildcards, "outputs", "isheep.answering.format")
    return isheep.answering_format(chosen, int(wildcards.iteration))


def assessment_templates(wildcards):
    """The prompt templates of the chosen criteria; none where an oracle rates."""
    return value(wildcards, "evaluated", "isheep.assessment.templates")


def assessments(attempts):
    """A function that gives the completions of the first `attempts` (of its wildcards) attempts at rating."""
    return lambda wildcards: [
        file
        for attempt in range(1, attempts(wildcards) + 1)
        for file in completions(f"assessment_{attempt}")(wildcards)
    ]


def assessing_module(wildcards):
    """The module that puts scores beside rows: from the model's own ratings, or an oracle's."""
    oracle = value(wildcards, "evaluated", "isheep.assessment.oracle")
    return oracle or "scripts.isheep.collect_assessment"


def own_ratings(wildcards, input):
    """What the module that collects the model's own ratings needs; nothing where an oracle rates."""
    if not input.completions:
        return ""
    return flags(
        templates=list(input.templates),
        completions=list(input.completions),
        **{
            key: value(wildcards, "evaluated", f"isheep.assessment.{key}")
            for key in ("score", "minimum_mass")
        },
    )


def consistency_labels(wildcards):
    """What tells whether functions contradict their instructions: the supervisor's completions, or a classifier's."""
    by = value(wildcards, "consistent", "autoif.consistency.by")
    if by == "supervisor":
        return completions("consistency")(wildcards)
    return [
        "work/{model}/iter{iteration}/consistency/classified.jsonl".format(**wildcards)
    ]


def verifying_functions(wildcards):
    """The functions that verify answers, which AutoIF's first iteration has kept, whoever answers."""
    return path(wildcards, f"iter1/{autoif.verifying(settings(wildcards))}.jsonl")


def answers_to_pair(name):
    """A function that gives a file of the verified answers that this iteration of AutoIF makes pairs of."""
    return lambda wildcards: path(
        wildcards, f"iter{autoif.answers_of(int(wildcards.iteration))}/{name}.jsonl"
    )


def cases_to_pair(wildcards):
    """The functions of which test cases are made pairs, too: a list of one file, or of none."""
    sources = autoif.pairs_sources(settings(wildcards), int(wildcards.iteration))
    return [
        verifying_functions(wildcards)
        for source in sources
        if source.artifact == autoif.verifying(settings(wildcards))
    ]


# The stages of AutoIF whose rows are functions, of which another program tells whether they are right.
STAGES_OF_FUNCTIONS = "verifiers|cross_validated|consistent"
