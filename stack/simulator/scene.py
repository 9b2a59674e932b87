"""Where a crowd is, and how it behaves: all that is chosen before anybody speaks to the API."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """Where the crowd is and how it gets in: the API, the demo's password, visits a second, a seed for its choices."""

    api: str
    password: str
    rate: float
    seed: int | None = None
    registers: bool = True
    """Whether shoppers without an account open one; else they wait until they have it."""
    cart_idle_s: float = 3_600
    """After how long a cart counts as abandoned."""
    forgets: float = 0.15
    """How likely a shopper who leaves a cart stays away until it counts as abandoned."""
    mend_after_s: float = 60.0
    """How long a price stays mistyped."""
    errand_every_s: float = 40.0
    """How often something happens beside the visits."""
