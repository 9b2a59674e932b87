"""The mark that lets a consumer say up to which transaction it is complete."""

from datetime import datetime
from uuid import UUID

from streams.events.envelope import Event


class ProgressMarked(Event, frozen=True, kw_only=True):
    """Every fact with a transaction id below `complete_to` stands before this line in its partition.

    The relay writes it to every partition of every fact topic; it is no fact itself and its aggregate is the relay.
    """

    name = "progress.marked"
    topic = "*"
    landing = "progress"
    key = "relay_id"
    relay_id: UUID
    complete_to: int
    marked_at: datetime
