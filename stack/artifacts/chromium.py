"""A headless Chromium for pictures and browser tests: npm's build for servers, with its libraries and fonts."""

import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import brotli

from stack.artifacts.cache import Advance
from stack.artifacts.catalogue import CHROMIUM
from stack.artifacts.npm import NpmPackage

BLOCK = 1 << 20
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """The browser out of its npm package, where everything is packed with brotli."""

    package: NpmPackage

    @property
    def key(self) -> str:
        return self.package.key

    @property
    def title(self) -> str:
        return self.package.title

    @property
    def bytes(self) -> int:
        return self.package.bytes

    def fetch(self, folder: Path, advance: Advance) -> None:
        """Leave `chromium`, `lib/` and `fonts/` in the folder."""
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            packed = Path(work)
            self.package.fetch(packed, advance)
            _unpack(packed / "chromium.br", folder / "chromium")
            (folder / "chromium").chmod(0o755)
            for name in ("al2023", "fonts"):
                _unpack(packed / f"{name}.tar.br", packed / name)
                with tarfile.open(packed / name) as archive:
                    archive.extractall(folder, filter="data")
        (folder / "fonts.conf").write_text(FONTS)  # theirs looks in folders of another place


BROWSER = Chromium(CHROMIUM)


def environment(folder: Path) -> dict[str, str]:
    """What the browser needs to find its libraries and fonts, whatever the machine has."""
    return {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_FILE": str(folder / "fonts.conf")}


def _unpack(source: Path, target: Path) -> None:
    unpacking = brotli.Decompressor()
    with source.open("rb") as packed, target.open("wb") as output:
        while block := packed.read(BLOCK):
            output.write(unpacking.process(block))
