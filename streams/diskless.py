"""Faust without its folders: what our apps keep stands in the log and in ClickHouse."""

import faust


class App(faust.App):
    """A Faust app that may be started in any folder, also one that it may not write to."""

    def _create_directories(self) -> None:
        """Faust would make `<name>-data` with a folder for RocksDB in the current folder, and leave it there empty."""
