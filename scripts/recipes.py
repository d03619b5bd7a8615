"""The recipes there are, by name."""

from scripts.autoif import recipe as autoif
from scripts.fine_tuning import recipe as fine_tuning
from scripts.isheep import recipe as isheep
from scripts.lib.config.recipe import Recipe
from scripts.self_align import recipe as self_align

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe for recipe in (isheep.RECIPE, self_align.RECIPE, autoif.RECIPE, fine_tuning.RECIPE)
}
