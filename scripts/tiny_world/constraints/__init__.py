"""Constraints of form on top of the world's tasks: what follows them, how they are said, and functions that check them.

What AutoIF calls an instruction is a constraint here, and what it is asked about a query: a task of this world.
"""
