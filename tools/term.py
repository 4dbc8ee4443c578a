"""An edition of the course that stays as it is for a term: `make term NAME=fall27`.

From the last commit it makes another one beside the branch, in which badges, links and install
cells name the tag NAME, and the landing page says so with the date; puts the tag NAME on it; and
writes to _build/term/NAME a zip of it, a zip of the students' notebooks, and their checksums.
Neither the branch nor the files here change. Where the tag is there already, it stays, and the
zips are made from it again, byte by byte the same.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path

from repoint import current, rewrite, texts
from student import hand_out

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"(?!v\d)[a-z][a-z\d]*(?:[.-][a-z\d]+)*")
PLACE = "% edition\n"
LANDING = Path("book", "index.md")


def git(root: Path, *arguments, **settings) -> str:
    """What git says. CalledProcessError if it fails."""
    return subprocess.run(["git", "-C", root, *arguments], check=True, text=True,
                          capture_output=True, env={**os.environ, **settings}).stdout.strip()


def known(root: Path, reference: str) -> bool:
    """Whether there is a branch or tag of this full name."""
    return subprocess.run(["git", "-C", root, "show-ref", "--verify", "--quiet", reference],
                          check=False).returncode == 0


def pin(folder: Path, name: str, date: datetime) -> None:
    """Let the tree in `folder` name the tag, and its landing page the date."""
    config = folder / "_config.yml"
    owner, repository, branch = current(config.read_text(encoding="utf-8"))
    old, new = (owner, repository, branch), (owner, repository, name)
    cell = re.compile(rf"(git\+https://github\.com/{re.escape(owner)}/{re.escape(repository)}@)"
                      r"v\d+(?![\w.])")
    said = (f"*Edition {name}, frozen on {date:%B} {date.day}, {date.year}: its notebooks, and the "
            "library that they install, stay as they are.*\n")
    for path, before in texts(folder):
        text = cell.sub(rf"\g<1>{name}", rewrite(before, old, new))
        if path == config:
            text = re.sub(r"^(  branch: *)\S+", rf"\g<1>{name}", text, flags=re.M)
        if path == folder / LANDING:
            text = text.replace(PLACE, said)
        if text != before:
            path.write_text(text, encoding="utf-8")


def freeze(root: Path, name: str, date: datetime) -> None:
    """Commit the pinned tree beside the branch, and tag it."""
    with tempfile.TemporaryDirectory() as place:
        tree, index = Path(place, "tree"), {"GIT_INDEX_FILE": str(Path(place, "index"))}
        tree.mkdir()
        git(root, "read-tree", "HEAD", **index)
        git(root, "checkout-index", "--all", f"--prefix={tree}/", **index)
        pin(tree, name, date)
        git(root, f"--work-tree={tree}", "add", "--update", ".", **index)
        made = git(root, "commit-tree", git(root, "write-tree", **index), "-p", "HEAD",
                   "-m", f"Edition {name}")
        git(root, "tag", name, made)


def notebooks(root: Path, tag: str, out: Path, date: tuple, assistant: bool) -> None:
    """A zip of what the tag has for students: notebooks without solutions."""
    with tempfile.TemporaryDirectory() as place:
        paths = []
        for file in git(root, "ls-tree", "--name-only", tag, "notebooks/").splitlines():
            if re.fullmatch(r"notebooks/\d\d\w*\.ipynb", file):
                paths.append(Path(place, Path(file).name))
                paths[-1].write_text(git(root, "show", f"{tag}:{file}") + "\n", encoding="utf-8")
        hand_out(paths, Path(place, "out"), assistant)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(place, "out").iterdir()):
                entry = zipfile.ZipInfo(f"{out.stem}/{path.name}", date)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def refusal(root: Path, name: str) -> str:
    """Why there can be no edition of this name, in a line; nothing if there can."""
    if not NAME.fullmatch(name):
        return f"not a name for an edition: {name!r}; say make term NAME=fall27"
    dirty = git(root, "status", "--porcelain").splitlines()
    if dirty:
        return (f"what is here is not the last commit: {dirty[0].split(maxsplit=1)[1]}"
                f"{f' and {len(dirty) - 1} more' if dirty[1:] else ''}; commit or undo it first")
    if known(root, f"refs/heads/{name}"):
        return f"{name} is a branch: take another name"
    if known(root, f"refs/tags/{name}"):
        page = git(root, "show", f"refs/tags/{name}:{LANDING.as_posix()}")
        if f"*Edition {name}, frozen on" not in page:
            return f"{name} is a tag already, and not of an edition: take another name"
    return ""


def main(root: Path, name: str = "", assistant: bool = True) -> str:
    """Make the edition; what was done, in lines. ValueError if it is refused."""
    problem = refusal(root, name)
    if problem:
        raise ValueError(problem)
    tag = f"refs/tags/{name}"
    state = "it was there already, "
    if not known(root, tag):
        freeze(root, name, datetime.now())
        state = ""
    said = f"tag {name}: {state}made from {git(root, 'rev-parse', '--short', f'{tag}^')}"
    out = root / "_build" / "term" / name
    out.mkdir(parents=True, exist_ok=True)
    files = [out / f"colorful-{name}.zip", out / f"colorful-{name}-notebooks.zip"]
    git(root, "archive", "--format=zip", f"--prefix=colorful-{name}/", "-o", str(files[0]), tag)
    date = datetime.fromisoformat(git(root, "log", "-1", "--format=%cI", tag)).timetuple()[:6]
    notebooks(root, tag, files[1], date, assistant)
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (out / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    return "\n".join([said, *(f"{path.relative_to(root)}: {path.stat().st_size / 1e6:.1f} MB"
                              for path in files), f"to publish it: git push origin {tag}"])


if __name__ == "__main__":
    try:
        print(main(ROOT, *sys.argv[1:2], assistant="--no-assistant" not in sys.argv[2:]))
    except (ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"term: {getattr(error, 'stderr', '') or error}".strip())
