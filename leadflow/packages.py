"""Front-end packages: the few files of node_modules that pages use, served under static/vendor/."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The path under static/ → the file in node_modules/. Whole packages would take minutes to collect.
FILES = {
    "vendor/tabler/css/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    **{
        f"vendor/inter/{name}": f"@fontsource-variable/inter/files/{name}"
        for name in (
            "inter-latin-wght-normal.woff2",
            "inter-latin-ext-wght-normal.woff2",
            "inter-cyrillic-wght-normal.woff2",
            "inter-greek-wght-normal.woff2",
            "inter-vietnamese-wght-normal.woff2",
        )
    },
}


# What no page asks for: to compress it all took a minute.
UNUSED = [
    "*.map",
    "*redoc*",
    "django_htmx",  # pages have theirs from npm
    "rest_framework",  # its pages for browsers are off
    *("jquery.js", "select2.full.js", "xregexp.js"),  # the admin serves the short ones
]


def node_modules() -> Path:
    return Path(settings.BASE_DIR) / "node_modules"


class PackageStorage(FileSystemStorage):
    """Opens a static path as the package file that stands for it."""

    prefix = None

    def path(self, name: str) -> str:
        return str(node_modules() / FILES[name])


class PackageFinder(BaseFinder):
    """Finds the package files for collectstatic and for the development server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = PackageStorage(location=str(node_modules()))

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [name for name in FILES.values() if not (node_modules() / name).is_file()]
        if not missing:
            return []
        return [Error(f"{missing[0]} is not installed", hint="Run: npm ci", id="leadflow.E001")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [str(node_modules() / FILES[path])] if path in FILES else []
        found = [name for name in found if Path(name).is_file()]
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, PackageStorage]]:
        for name in FILES:
            yield name, self.storage


class AppFinder(AppDirectoriesFinder):
    """Finds for collectstatic what apps bring along and pages ask for."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        yield from super().list([*(ignore_patterns or ()), *UNUSED])


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for ever-lasting caches; source maps are not served, so not looked for."""

    patterns = (("*.css", (r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",)),)
