"""The one decorator that compiles, with a cache that forgets when any compiled source changes."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numba

PACKAGE = Path(__file__).resolve().parents[1]
COMPILED_ROOMS = ("clinical", "engine", "trial")


def hash_sources() -> str:
    """Return a hash over every source file that can end up in compiled code.

    numba's own cache looks only at the file of the decorated function, so an edited hazard in another file would
    keep its old result.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for room in COMPILED_ROOMS:
        for path in sorted((PACKAGE / room).glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _find_cache() -> str:
    """Return a writable folder for compiled code: the user's cache folder, else a temporary one."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "trialsim" / hash_sources()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return str(folder)
    except OSError:
        pass
    return tempfile.mkdtemp(prefix="trialsim-")


CACHE_FOLDER = _find_cache()


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Compile a function without the interpreter's lock and cache the result under the sources' hash.

    Compiled functions make no arrays: they write into those of their caller. So numba need not count references
    (`_nrt`), which for the array fields of a record took half of the kernel's time in atomic instructions. numba reads
    its cache folder at decoration, so the global setting is lent for that moment only.
    """
    settings = cast(Any, numba.config)  # numba fills its attributes at run time
    before = settings.CACHE_DIR
    settings.CACHE_DIR = CACHE_FOLDER
    try:
        njit = cast(Any, numba.njit)  # its published types lack _nrt
        return cast(F, njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function))
    finally:
        settings.CACHE_DIR = before
