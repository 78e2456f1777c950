"""When figures are kept. One that was missed is a gap in a chart, and nothing else."""

from celery import shared_task

from cbdc.console import sampling


@shared_task(name="console.sample")
def sample() -> None:
    """Keep the figures of this minute."""
    sampling.take()


@shared_task(name="console.sample_slowly")
def sample_slowly() -> None:
    """Keep the figures that take a look at a whole table."""
    sampling.take_slowly()


@shared_task(name="console.thin")
def thin() -> None:
    """Forget figures that are too fine for their age."""
    sampling.thin()
