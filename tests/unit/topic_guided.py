"""Seeds, templates and made-up completions for topics and questions, and the commands that take them."""

from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.self_align import collect_questions, collect_topics, finish_topics, plan_questions, plan_topics
from tests.unit.commands import run

MADE_BY = {"model": "0123", "engine": "transformers", "seed": 7}
SEEDS = [
    {"id": f"seed-{n}", "question_type": kind, "topic": topic, "instruction": f"Tell me about {topic.lower()} today."}
    for n, (kind, topic) in enumerate(
        [
            ("the sea", "Tides"),
            ("the law", "Tenancy"),
            ("the sea", "Reefs"),
            ("the law", "Fines"),
            ("the future", "Rain"),
        ]
    )
]


def prepare(folder, seeds=SEEDS):
    """Write seeds and templates into a folder."""
    write_rows(folder / "seeds.jsonl", seeds)
    (folder / "topics.txt").write_text("{{count}} topics for {{question_type}}:\n")
    (folder / "questions.txt").write_text("Lines:\n{{hints}}\nInstructions:\n")


def complete(folder, requests, texts, finish_reason="stop", shards=1):
    """Write the texts as completions of requests, in the given number of shards; return the files."""
    rows = [
        {"id": request["id"], "text": text, "finish_reason": finish_reason, "made_by": MADE_BY}
        for request, text in zip(requests, texts, strict=True)
    ]
    files = [folder / f"completions_{shard}.jsonl" for shard in range(shards)]
    for shard, file in enumerate(files):
        write_rows(file, rows[shard::shards])
    return files


def plan_of_topics(folder, *more, round_number=1):
    output = folder / f"requests_{round_number}.jsonl"
    files = ("--seeds", folder / "seeds.jsonl", "--template", folder / "topics.txt", "--output", output)
    run(plan_topics, *files, "--round", round_number, "--no-balance", *more)
    return list(read_rows(output))


def collected_topics(folder, texts, *more, round_number=1, before=(), **completing):
    """Plan a round and collect these texts as what came of it; return topics and rejected lines."""
    known = ("--known-before", folder / f"topics_{round_number - 1}.jsonl") if round_number > 1 else ()
    fallen = ("--rejected-before", folder / f"rejected_{round_number - 1}.jsonl") if round_number > 1 else ()
    requests = plan_of_topics(folder, *known, *before, round_number=round_number)
    texts = texts(requests) if callable(texts) else texts
    completions = complete(folder, requests, texts, **completing)
    output, rejected = folder / f"topics_{round_number}.jsonl", folder / f"rejected_{round_number}.jsonl"
    files = ("--requests", folder / f"requests_{round_number}.jsonl", "--seeds", folder / "seeds.jsonl")
    files += ("--completions", *completions, "--output", output, "--rejected", rejected)
    run(collect_topics, *files, *known, *fallen, "--round", round_number, *more)
    return list(read_rows(output)), list(read_rows(rejected))


def finished_topics(folder, *more):
    files = ("--input", folder / "topics_1.jsonl", "--input-rejected", folder / "rejected_1.jsonl")
    outputs = ("--output", folder / "topics.jsonl", "--rejected", folder / "topics_rejected.jsonl")
    run(finish_topics, *files, *outputs, "--counts", folder / "counts.json", "--no-balance", *more)
    return list(read_rows(folder / "topics.jsonl")), list(read_rows(folder / "topics_rejected.jsonl"))


def plan_of_questions(folder, *more):
    files = ("--topics", folder / "topics.jsonl", "--seeds", folder / "seeds.jsonl")
    run(plan_questions, *files, "--template", folder / "questions.txt", "--output", folder / "asked.jsonl", *more)
    return list(read_rows(folder / "asked.jsonl"))


def collected_questions(folder, texts, *more, planning=(), **completing):
    """Plan questions and collect these texts as what came of it; return questions and rejected lines."""
    completions = complete(folder, plan_of_questions(folder, *planning), texts, **completing)
    files = ("--requests", folder / "asked.jsonl", "--topics", folder / "topics.jsonl")
    outputs = ("--output", folder / "kept.jsonl", "--rejected", folder / "fallen.jsonl")
    run(collect_questions, *files, "--completions", *completions, *outputs, *planning, *more)
    return list(read_rows(folder / "kept.jsonl")), list(read_rows(folder / "fallen.jsonl"))
