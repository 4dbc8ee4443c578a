"""A release: what must agree is compared, then the files are made: `make release VERSION=1.0.1`.

Into dist/ go the wheel, the source, the offline zip, the printed book (where there is a Chromium)
and SHA256SUMS. The wheel is made twice and must be the same, byte for byte; it is installed into an
empty environment and colors a photograph there. No tag is made and nothing is sent anywhere.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def git(*arguments) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, text=True,
                          capture_output=True).stdout.strip()


def disagreements(version: str, root: Path = ROOT) -> list[str]:
    """What says another version than this one, a line each."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return [f"not a version: {version!r}; say make release VERSION=1.0.1"]
    found = []
    code = (root / "colorlib" / "__init__.py").read_text(encoding="utf-8")
    said = re.search(r'__version__ = "(.*?)"', code)[1]
    if said != version:
        found.append(f"colorlib/__init__.py says {said}")
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))["version"]
    if cited != version:
        found.append(f"CITATION.cff says {cited}")
    if not re.search(rf"^## {re.escape(version)}$",
                     (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.M):
        found.append(f"CHANGELOG.md has no part '## {version}'")
    tag, branch = f"v{version.partition('.')[0]}", yaml.safe_load(
        (root / "_config.yml").read_text(encoding="utf-8"))["repository"]["branch"]
    for path in sorted((root / "notebooks").rglob("*.ipynb")):
        for other in set(re.findall(r"git\+https://\S+?@([\w.-]+)",
                                    path.read_text(encoding="utf-8"))) - {tag, branch}:
            found.append(f"{path.relative_to(root)} installs {other}, not {tag}")
    return found


def wheel(folder: Path) -> Path:
    """The wheel of this tree. Its dates are those of the last commit."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], check=True,
                   stdout=subprocess.DEVNULL,
                   env={**os.environ, "SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct")})
    return next(folder.glob("*.whl"))


def smoke(file: Path) -> str:
    """Install a wheel into an empty environment and color a photograph; the version it says."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        run = Path(place, "bin", "python")
        subprocess.run([run, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "-c", ROOT / "constraints.txt", file], check=True)
        photo = ROOT / "colorlib" / "assets" / "photos" / "china.jpg"
        subprocess.run([run, "-m", "colorlib", "colorize", photo, "-o", Path(place, "out.jpg")],
                       check=True, cwd=place)
        return subprocess.run([run, "-m", "colorlib", "--version"], check=True, text=True,
                              capture_output=True, cwd=place).stdout.strip()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(version: str = "", only: str = "") -> int:
    """Compare; then, unless `only` is "--compare", build and check. Returns the exit status."""
    wrong = disagreements(version)
    if git("status", "--porcelain"):
        wrong.append("there are changes that are not committed")
    if wrong:
        print(*(f"release: {line}" for line in wrong), sep="\n", file=sys.stderr)
        return 1
    if only == "--compare":
        return 0
    out = ROOT / "dist"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    made = wheel(out)
    with tempfile.TemporaryDirectory() as again:
        if digest(wheel(Path(again))) != digest(made):
            print("release: the wheel differs when it is made twice", file=sys.stderr)
            return 1
    said = smoke(made)
    if said != f"colorlib {version}":
        print(f"release: the wheel says {said!r}", file=sys.stderr)
        return 1
    for name in ("colorful-offline.zip", "colorful.pdf"):
        if (ROOT / "_build" / name).exists():
            shutil.copy(ROOT / "_build" / name, out)
    files = sorted(out.iterdir())
    sums = "".join(f"{digest(path)}  {path.name}\n" for path in files)
    (out / "SHA256SUMS").write_text(sums, encoding="utf-8")
    print(sums, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
