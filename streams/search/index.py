"""The product index in Meilisearch: settings, and batches of documents."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import meilisearch
from meilisearch.errors import MeilisearchApiError
from meilisearch.models.task import TaskInfo

from streams.search.documents import SETTINGS, Document
from streams.views import SEARCH_CUT_ID, Published, search_cut_index

PRIMARY_KEY = "id"
TIMEOUT_S = 10
MIGRATE_TIMEOUT_MS = 60_000
ABOUT_THE_BODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class TaskFailedError(RuntimeError):
    """Meilisearch refused a batch, at once or after it had taken it; the message is its own."""


class RefusedError(TaskFailedError):
    """It refused the batch for what stands in its documents: sent again, they are refused again."""


def _failure(error: Mapping[str, Any], said: str) -> TaskFailedError:
    of_documents = error.get("type") == "invalid_request" and error.get("code") != "index_not_found"
    return RefusedError(said) if of_documents else TaskFailedError(said)


class Index:
    """One index. Calls block, so the worker makes them in a thread; MeilisearchError when the server does not take it.

    Batches are queued by the server and applied in order: `pending` tells about the last one.
    """

    def __init__(self, url: str, key: str, name: str) -> None:
        self._client = meilisearch.Client(url, key, timeout=TIMEOUT_S)
        self._name = name
        self._index = self._client.index(name)
        self._cut = self._client.index(search_cut_index(name))

    def prepare(self) -> None:
        """Create the index and apply its settings, and wait until they hold. Idempotent."""
        if not self._has(self._cut.uid):
            self._create(self._cut.uid)
        if not self.exists():
            self._finish(self._cut.delete_all_documents().task_uid)
            self._create(self._name)
        if any(self._settings().get(name) != wanted for name, wanted in SETTINGS.items()):
            self._finish(self._index.update_settings(dict(SETTINGS)).task_uid)

    def _create(self, name: str) -> None:
        self._finish(self._client.create_index(name, {"primaryKey": PRIMARY_KEY}).task_uid)

    def exists(self) -> bool:
        """Whether the index is there."""
        return self._has(self._name)

    def _has(self, name: str) -> bool:
        try:
            self._client.get_raw_index(name)
        except MeilisearchApiError as error:
            if error.code == "index_not_found":
                return False
            raise
        return True

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = self._index.get_settings()
        return settings

    def _finish(self, task_uid: int) -> None:
        task = self._client.wait_for_task(task_uid, timeout_in_ms=MIGRATE_TIMEOUT_MS)
        if task.status == "failed" and (task.error or {}).get("code") != "index_already_exists":
            raise TaskFailedError(str(task.error))

    def replace(self, documents: Sequence[Document]) -> int:
        """Put whole documents in place of what is there; the number of the task. RefusedError."""
        return self._queue(self._index.add_documents, documents)

    def update(self, documents: Sequence[Document]) -> int:
        """Change single fields of documents; the number of the task. RefusedError."""
        return self._queue(self._index.update_documents, documents)

    def complete(self, cut: Published) -> int:
        """Say up to where the documents are complete; the number of the task."""
        said = {"id": SEARCH_CUT_ID, "tx": cut.tx, "at": cut.at.isoformat()}
        return int(self._cut.add_documents([said], PRIMARY_KEY).task_uid)

    def _queue(self, call: Callable[[list[Document], str], TaskInfo], documents: Sequence[Document]) -> int:
        try:
            return int(call(list(documents), PRIMARY_KEY).task_uid)
        except MeilisearchApiError as error:
            if error.status_code in ABOUT_THE_BODY:
                raise RefusedError(str(error)) from error
            raise

    def remove(self, ids: Sequence[str]) -> int:
        """Take documents out; the number of the task."""
        named = ", ".join(f'"{each}"' for each in ids)
        return int(self._index.delete_documents(filter=f"{PRIMARY_KEY} IN [{named}]").task_uid)

    def is_done(self, task_uid: int) -> bool:
        """Whether a task has ended; TaskFailedError when it ended badly, RefusedError when for its documents."""
        task = self._client.get_task(task_uid)
        if task.status in ("failed", "canceled"):
            raise _failure(task.error or {}, f"task {task_uid}: {task.error}")
        return bool(task.status == "succeeded")
