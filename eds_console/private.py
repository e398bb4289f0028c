"""Files that the console writes are for its own user alone. Imports nothing, since it runs before anything else."""

import os
from pathlib import Path

OTHERS = 0o077
VAR_DIR = Path(__file__).resolve().parent.parent / "var"


def keep_private(folder: Path = VAR_DIR) -> None:
    """Give nobody else any right to new files, nor to what is in the folder from before."""
    os.umask(OTHERS)
    if not folder.is_dir():
        return
    for path in (folder, *folder.iterdir()):
        mode = path.lstat().st_mode
        try:
            if mode & OTHERS and not path.is_symlink():
                path.chmod(mode & 0o7777 & ~OTHERS)
        except OSError:
            # The file or folder belongs to somebody else, who decides about it.
            continue
