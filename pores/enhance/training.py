"""How the project's own network is made (docs/decisions/0012-enhancement.md).

What the published network makes of a real image is, but for a few thousandths of the quiet Sun, linear. So a
wide linear kernel is fitted first, in closed form; a small residual network then learns what isn't, by Adam
(Kingma & Ba 2015). All kernels are symmetric (`pores.enhance.symmetry`): every rotation and flip of what is
learnt is learnt with it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from pores.enhance.engine import tensorflow
from pores.enhance.lessons import Lesson, scene_patches, teacher_patches
from pores.enhance.recipe import Recipe
from pores.enhance.student import Student, linear_fit
from pores.enhance.topologies import Arrays

Tell = Callable[[str], object]

_TELL_EVERY = 500  # steps


def train(lesson: Lesson, recipe: Recipe, tell: Tell = lambda _: None) -> tuple[Arrays, ...]:
    """Layers of the compact network, in the order that `compact.Compact` takes.

    Parameters
    ----------
    lesson : Lesson
    recipe : Recipe
        Equal recipes and lessons give equal weights on one machine.
    tell : callable
        Called with lines on how far it is.
    """
    tf = tensorflow()
    tf.keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    rng = np.random.default_rng(recipe.seed)
    student = Student(
        recipe, *linear_fit(lesson.teacher, lesson.taught(recipe) & lesson.known, recipe.linear_px)
    )
    taught = teacher_patches(lesson, recipe, student.halo, rng)
    scenes = scene_patches(lesson, recipe, student.halo, rng)
    step = _stepper(student, recipe)
    losses = []
    for number in range(1, recipe.steps + 1):
        choice = [rng.integers(0, len(images), recipe.patches) for images, _ in (taught, scenes)]
        losses.append(
            step(*(part[k] for pair, k in zip((taught, scenes), choice, strict=True) for part in pair))
        )
        if number % _TELL_EVERY == 0 or number == recipe.steps:
            _tell_losses(tell, number, recipe.steps, losses[-_TELL_EVERY:])
    return student.layers()


def _stepper(student: Student, recipe: Recipe) -> Callable[..., Any]:
    """One step of learning from patches of the teacher and of scenes; gives the two mean squared errors."""
    tf = tensorflow()
    cooling = max(recipe.steps - recipe.warm_up, 1)
    rate = tf.keras.optimizers.schedules.CosineDecay(
        0.0, cooling, warmup_target=recipe.rate, warmup_steps=recipe.warm_up
    )
    optimiser = tf.keras.optimizers.Adam(rate, clipnorm=recipe.clip)
    optimiser.build(student.variables)

    def step(image: Any, truth: Any, scene: Any, scene_truth: Any) -> Any:
        with tf.GradientTape() as tape:
            made = student(tf.concat([image, scene], 0))
            teacher = tf.reduce_mean((made[: recipe.patches] - truth) ** 2)
            scenes = tf.reduce_mean((made[recipe.patches :] - scene_truth) ** 2)
            loss = teacher + recipe.scene_weight * scenes
        optimiser.apply_gradients(zip(tape.gradient(loss, student.variables), student.variables, strict=True))
        return teacher, scenes

    compiled: Callable[..., Any] = tf.function(step)
    return compiled


def _tell_losses(tell: Tell, number: int, steps: int, losses: list[Any]) -> None:
    squares = np.mean([[float(one), float(other)] for one, other in losses], axis=0)
    teacher, scenes = np.sqrt(squares)
    tell(
        f"step {number} of {steps}: rms on patches to learn from: teacher {teacher:.5f}, scenes {scenes:.5f}"
    )
