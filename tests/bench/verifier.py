"""
How long the stand-alone verifier takes for 100 000 events, a third of which are entries, and how much memory.

    uv run python tests/bench/verifier.py

To be run by hand: less than 10 seconds and 200 MB are expected.
"""

import subprocess
import sys
import tempfile
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from feedback import merkle
from feedback.canonical import commitment, event_data, exported, leaf_hash
from feedback.checkpoint import Checkpoint, SigningKey

ORIGIN = "strategi.kommun.example/register/FEL"
PROGRAM = Path(__file__).parents[2] / "feedback" / "verifier" / "verify.py"


def main(tmp_path: Path) -> None:
    key = SigningKey(ORIGIN, b64encode(bytes(32)).decode())
    size, tree, begun = 100_000, merkle.Tree(), datetime(2026, 1, 1, tzinfo=UTC)
    steps = [("received", "", "received"), ("assigned", "received", "in_progress"), ("closed", "in_progress", "closed")]
    salt, text = bytes(32), "Telefonnumret är fel. " * 8
    committed = {"message": commitment(salt, text).hex()}
    with (tmp_path / "export").open("wb") as file:
        for sequence in range(size):
            kind, before, after = steps[sequence % 3]
            data = event_data(
                sequence=sequence,
                entry=f"FEL 2026/{sequence // 3 + 1}",
                kind=kind,
                at=begun + timedelta(seconds=sequence),
                by="12",
                from_state=before,
                to_state=after,
                facts={"address": "/vision/fardplan/hallbarhet/"},
                commitments={} if before else committed,
            )
            tree.add(leaf_hash(data))
            file.write(exported(data, [] if before else [("message", salt, text)]))
    (tmp_path / "head").write_text(Checkpoint(ORIGIN, size, tree.root()).signed(key))
    asked = ["log", str(tmp_path / "export"), "--head", str(tmp_path / "head"), "--key", str(key.key)]
    measured = (
        "import resource, sys, time; sys.path.insert(0, sys.argv.pop(1)); import verify; begun = time.process_time();"
        "status = verify.main(sys.argv[1:]); print(time.process_time() - begun);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(status)"
    )
    command = [sys.executable, "-c", measured, str(PROGRAM.parent), *asked]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said, seconds, kilobytes = done.stdout.splitlines()
    print(f"{said}\n{float(seconds):.1f} s of CPU, {int(kilobytes) / 1000:.0f} MB")  # noqa: T201


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
