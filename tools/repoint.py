"""Point badges, install cells, citation, workflows and links to a fork: `make repoint`.

    python tools/repoint.py https://github.com/you/course [BRANCH]

Where the course lives now is read from _config.yml. Only whole addresses are rewritten, never a
word that happens to look like the name. Running it twice changes nothing the second time. Install
cells keep the tag that they install from, which a fork often comes without: a line tells of it, and
until it is there, they install the branch.
"""

import re
import sys
from pathlib import Path

REPOSITORY = re.compile(
    r"(?:https://github\.com/)?(?P<owner>[A-Za-z\d](?:-?[A-Za-z\d]){0,38})"
    r"/(?P<name>[A-Za-z\d._-]+?)(?:\.git)?/?")
BRANCH = re.compile(r"(?!.*(?:\.\.|//|\.lock$))[A-Za-z\d][\w./-]*(?<![./])")
# The ways to say where a repository is: on GitHub, in Colab and Binder, in an install cell.
PLACE = r"(github\.com[/:]|githubusercontent\.com/|githubtocolab\.com/|/github/|/gh/)"
KEPT = (".git", ".venv", "_build", "node_modules", ".ipynb_checkpoints", "vendor")
TEXTS = (".md", ".yml", ".toml", ".cff", ".ipynb", ".json", ".py", "LICENSE-PROSE")


def pages(owner: str, name: str) -> str:
    """Where GitHub Pages publishes a repository."""
    host = f"{owner.lower()}.github.io"
    return f"https://{host}" if name.lower() == host else f"https://{host}/{name}"


def current(config: str) -> tuple[str, str, str]:
    """Owner, name and branch, as _config.yml has them."""
    url = REPOSITORY.fullmatch(re.search(r"^  url: *(\S+)", config, re.M)[1])
    return url["owner"], url["name"], re.search(r"^  branch: *(\S+)", config, re.M)[1]


def rewrite(text: str, old: tuple[str, str, str], new: tuple[str, str, str]) -> str:
    """A file's text, with every address of the old place turned into the new one's."""
    (owner, name, branch), (new_owner, new_name, new_branch) = old, new
    end = r"(?![\w-])"
    slug, new_slug = f"{re.escape(owner)}/{re.escape(name)}", f"{new_owner}/{new_name}"
    text = re.sub(
        rf"{PLACE}{slug}((?:\.git)?@|/(?:blob|tree|raw|edit)/|/(?=[^/\s]*\?)){re.escape(branch)}{end}",
        rf"\g<1>{new_slug}\g<2>{new_branch}", text)
    text = re.sub(rf"{PLACE}{slug}{end}", rf"\g<1>{new_slug}", text)
    return re.sub(re.escape(pages(owner, name)) + end, pages(new_owner, new_name), text)


def texts(root: Path):
    """Every file that may name the place, with its text."""
    for path in sorted(root.rglob("*")):
        if not path.name.endswith(TEXTS) or not path.is_file():
            continue
        inside = path.relative_to(root).parts
        if any(part in KEPT or part.endswith(".egg-info") for part in inside):
            continue
        yield path, path.read_text(encoding="utf-8")


def main(root: Path, repository: str, branch: str = "") -> str:
    """Rewrite the tree at `root`; what was done, in a line. ValueError if an argument is bad."""
    found = REPOSITORY.fullmatch(repository)
    if not found or set(found["name"]) <= {"."}:
        raise ValueError(f"not a repository on GitHub: {repository!r}; "
                         "say make repoint REPO=https://github.com/you/course BRANCH=main")
    config = root / "_config.yml"
    old = current(config.read_text(encoding="utf-8"))
    branch = branch or old[2]
    if not BRANCH.fullmatch(branch):
        raise ValueError(f"not the name of a branch: {branch!r}")
    new = found["owner"], found["name"], branch
    changed, tags = 0, set()
    for path, before in texts(root):
        text = rewrite(before, old, new)
        if path.suffix == ".ipynb":
            tags.update(re.findall(rf"{re.escape(new[1])}@([\w.-]+)", text))
        if path == config:
            text = re.sub(r"^(  branch: *)\S+", rf"\g<1>{branch}", text, flags=re.M)
        if path.parent == root / ".github" / "workflows":
            text = re.sub(r"^( *branches: *)\[[^\]]*\]", rf"\g<1>[{branch}]", text, flags=re.M)
        if text != before:
            path.write_text(text, encoding="utf-8")
            changed += 1
    said = [f"{found['owner']}/{found['name']}, branch {branch}: {changed} files changed"]
    said += [f"The notebooks install colorlib from the tag {tag}. If the fork lacks it: "
             f"git tag {tag} && git push origin {tag}" for tag in sorted(tags - {branch})]
    return "\n".join(said)


if __name__ == "__main__":
    try:
        print(main(Path(__file__).parents[1], *sys.argv[1:3]))
    except (ValueError, TypeError) as error:
        sys.exit(f"repoint: {error}")
