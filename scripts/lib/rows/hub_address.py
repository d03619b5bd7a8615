"""The address of a data set of the Hugging Face hub, which pins it: hf://datasets/org/name@REVISION?split=…&config=…"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from scripts.lib.errors import UserError

SCHEME = "hf://"
ADDRESS = re.compile(
    r"hf://datasets/(?P<name>[A-Za-z0-9][\w.-]*/[\w.-]+)(@(?P<revision>[\w./-]+))?(\?(?P<options>.*))?"
)
FORM = "hf://datasets/ORG/NAME@REVISION, with ?split=SPLIT&config=CONFIG behind it where they are needed"


@dataclass(frozen=True)
class HubData:
    """A data set of the hub: what pins it, and the part of it that is meant."""

    name: str
    revision: str
    split: str = "train"
    config: str | None = None

    @property
    def stem(self) -> str:
        """What rows without an id are named after."""
        return "-".join(re.findall(r"[\w.]+", f"{self.name} {self.config or ''} {self.split}"))


def is_address(text: str) -> bool:
    """Return whether a text means something on the hub, rather than a file."""
    return text.startswith(SCHEME)


def parse_address(address: str) -> HubData:
    """Return what an address means; raises UserError if it is misspelt, or if nothing pins it."""
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise UserError(f"{address}: not the address of a data set; write {FORM}")
    name, revision, options = match["name"], match["revision"], match["options"]
    if revision is None:
        raise UserError(
            f"{address}: nothing pins this data set; add @ and a revision: a commit from "
            f"https://huggingface.co/datasets/{name}/commits/main"
        )
    return HubData(name, revision, **_options(options, address)) if options else HubData(name, revision)


def _options(text: str, address: str) -> dict[str, str]:
    """Return split and config; a plus sign is one, since `train+test` is a split."""
    try:
        pairs = parse_qsl(text.replace("+", "%2B"), keep_blank_values=True, strict_parsing=True)
    except ValueError as error:
        raise UserError(f"{address}: cannot be understood behind the question mark; write {FORM}") from error
    options = dict(pairs)
    if len(options) < len(pairs) or not options.keys() <= {"split", "config"} or "" in options.values():
        raise UserError(
            f"{address}: behind the question mark may stand split and config, each once, with a value; write {FORM}"
        )
    return options
