"""The recipes there are, by name."""

from scripts.isheep import recipe as isheep
from scripts.lib.config.recipe import Recipe

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in (isheep.RECIPE,)}
