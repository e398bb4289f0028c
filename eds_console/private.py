"""What the console writes is for its own user alone. Imports nothing, since it runs before anything else."""

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
            # It is somebody else's, who decides.
            continue
