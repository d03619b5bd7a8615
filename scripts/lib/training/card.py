"""The README.md of an adapter: how peft loads it, from any folder and after an upload."""

from pathlib import Path


def write_card(path: Path, base: str, revision: str | None) -> None:
    """Write the card of an adapter: lines that load it, whether its base is a pinned hub model or a folder.

    A folder is named as seen from the project, so that equal adapters have equal bytes wherever the project lies.
    """
    text = _OF_FOLDER.format(base=base) if revision is None else _OF_HUB.format(base=base, revision=revision)
    path.write_text(text, encoding="utf-8")


_OF_HUB = """\
---
library_name: peft
base_model: {base}
---
A LoRA adapter of {base} at revision {revision}. It loads by its path, or by its name on the hub after an upload, from
anywhere, and fetches its base:

```python
from peft import AutoPeftModelForCausalLM

model = AutoPeftModelForCausalLM.from_pretrained("PATH/OF/THIS/FOLDER")
```
"""

_OF_FOLDER = """\
---
library_name: peft
---
A LoRA adapter of the model in {base}, a path as seen from the folder of the project that made it. From there,
`AutoPeftModelForCausalLM.from_pretrained` finds the base by itself. From anywhere else, and after an upload of both
folders, name the base (by its path, or its name on the hub), and then the adapter:

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained("PATH/OF/{base}")
model = PeftModel.from_pretrained(base, "PATH/OF/THIS/FOLDER")
```
"""
