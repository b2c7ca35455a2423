"""What has run, written down outside of every clone; and a stop for as long as somebody wants a stage to be at work."""

import os
import time
from pathlib import Path


def write(stage):
    notes = Path(os.environ["NOTES"])
    with (notes / "journal").open("a") as journal:
        journal.write(f"{stage}\n")
    end = time.monotonic() + 120
    while (notes / f"hold-{stage}").exists() and time.monotonic() < end:
        time.sleep(0.05)
