"""What a family of tasks without an answer is: as any family, but that there is nothing right to reply but that."""

import random
from collections.abc import Sequence
from typing import ClassVar

from scripts.tiny_world.family import Family, Slots


class Unanswerable(Family):
    """A kind of task that has no answer; its `kind` is the reason why.

    `question_type` names it where questions are asked by type, about what stands in the slot `topic`;
    one without such a slot is not asked for that way.
    """

    registered: ClassVar[list[Family]] = []
    question_type: ClassVar[str] = ""
    topic: ClassVar[str] = ""

    def answers(self, slots: Slots) -> Sequence[str]:
        raise ValueError(f"{self.name}: a task of this family has no answer")

    def lacks_answer(self, slots: Slots) -> bool:
        """Return whether a task with these words has no answer; the same words may be asked where they have one."""
        return True

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        """Return what someone replies who makes something up."""
        raise NotImplementedError
