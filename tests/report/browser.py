"""A real headless Chromium for tests: open a page, measure it from inside, take its picture."""

import base64
import hashlib
import html
import json
import os
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# Runs inside the page: what it broke, what it loaded, how large it came out, which texts leave their place.
MEASURE = """
const broken = [];
document.addEventListener('securitypolicyviolation', event => broken.push(event.violatedDirective));
addEventListener('load', () => {
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const shown = [...document.querySelectorAll('svg[data-figure]')].filter(svg => svg.getBoundingClientRect().width);
  const figures = shown.map(svg => {
    const own = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent);
    const places = texts.map(text => text.getBoundingClientRect());
    const overlaps = texts.filter((text, i) => places.some((place, j) => j < i && meet(place, places[i])));
    const spills = texts.filter(text => {
      const box = text.parentNode.querySelector('rect.box');
      return box && text.getBoundingClientRect().right > box.getBoundingClientRect().right;
    });
    return {kind: svg.dataset.figure, width: own.width, height: own.height, texts: texts.length,
      overlaps: overlaps.map(text => text.textContent), spills: spills.map(text => text.textContent),
      left: Math.min(...places.map(place => place.left)), right: Math.max(...places.map(place => place.right))};
  });
  const paper = getComputedStyle(document.body).backgroundColor;
  parent.postMessage(JSON.stringify({figures, broken, paper, width: innerWidth,
    page: document.documentElement.scrollWidth, loaded: performance.getEntriesByType('resource').length,
    scrolled: [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)
      .map(e => e.getAttribute('aria-label')),
    wide: [...document.body.querySelectorAll(':not(thead *)')]
      .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
      .map(e => e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + e.textContent.slice(0, 40))}), '*');
});
"""
HOST = """<!doctype html><script>onmessage = event => document.documentElement.dataset.measured = event.data</script>
<iframe src="measured.html" width="{width}" height="1200" style="border: 0"></iframe>"""


def find_browser() -> str:
    """Path of a Chromium; skips the test where there is none, and fails it under CI, where there must be one."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium on PATH, and CI must run this test")
    if found is None:
        pytest.skip("no Chromium on PATH")
    return found


def run_browser(page: Path, width: int, height: int, *options: str) -> str:
    """Open ``page`` in a window of that size with a profile of its own; returns what Chromium prints."""
    profile = page.parent / f"profile-{page.stem}"
    command = [find_browser(), *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}", *options]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def instrument(text: str) -> str:
    """The page with the measuring script let in by its hash; everything else stays forbidden."""
    digest = base64.b64encode(hashlib.sha256(MEASURE.encode()).digest()).decode()
    policy = text.replace("default-src 'none';", f"default-src 'none'; script-src 'sha256-{digest}';", 1)
    return re.sub(r'(http-equiv="Content-Security-Policy"[^>]*>)', rf"\1<script>{MEASURE}</script>", policy, count=1)


def measure_page(text: str, folder: Path, width: int, *options: str) -> dict[str, Any]:
    """What the measuring script found in a frame ``width`` wide: a window of Chromium is never below 500."""
    (folder / "measured.html").write_text(instrument(text), encoding="utf-8")
    host = folder / "host.html"
    host.write_text(HOST.format(width=width), encoding="utf-8")
    dom = run_browser(host, 1400, 1300, "--dump-dom", "--virtual-time-budget=5000", *options)
    found = re.search(r'data-measured="([^"]*)"', dom)
    assert found, "the page never finished loading"
    measured: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return measured


def picture_page(text: str, folder: Path, width: int, height: int, *options: str) -> list[bytes]:
    """Rows of RGB bytes of a screenshot of the page as users get it."""
    page, picture = folder / "page.html", folder / "page.png"
    page.write_text(text, encoding="utf-8")
    run_browser(page, width, height, f"--screenshot={picture}", *options)
    return read_png(picture.read_bytes())


def read_png(data: bytes) -> list[bytes]:
    """Rows of RGB bytes of an 8-bit truecolour PNG without interlace, as Chromium writes them (PNG 1.2, chapter 6)."""
    width, _, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", data[16:29])
    assert (depth, interlace) == (8, 0)
    step = {2: 3, 6: 4}[colour]
    raw = zlib.decompress(b"".join(_chunks(data)))
    rows, before, length = [], bytes(width * step), width * step + 1
    for start in range(0, len(raw), length):
        before = _unfilter(raw[start], raw[start + 1 : start + length], before, step)
        rows.append(before if step == 3 else b"".join(before[k : k + 3] for k in range(0, len(before), 4)))
    return rows


def _chunks(data: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        found += [data[at + 8 : at + 8 + size]] if data[at + 4 : at + 8] == b"IDAT" else []
        at += size + 12
    return found


def _unfilter(kind: int, line: bytes, before: bytes, step: int) -> bytes:
    out = bytearray(line)
    for k in range(len(out) if kind else 0):
        left, up, corner = (out[k - step] if k >= step else 0), before[k], (before[k - step] if k >= step else 0)
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner) if kind == 4 else 0)[kind]
        out[k] = (out[k] + guess) & 255
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda value: abs(estimate - value))
