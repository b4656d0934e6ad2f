"""A wall clock that a drill sets while the service runs, for that service alone."""

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
COMPILER = shutil.which("cc")


class ShiftedClock:
    """The library to preload, and the file that holds the shift in seconds."""

    def __init__(self, folder: Path):
        library = folder / "shifted_clock.so"
        command = [str(COMPILER), "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)]
        subprocess.run(command, check=True)
        self._shift = folder / "shift"
        self._shift.write_bytes(bytes(8))
        self.settings = {"LD_PRELOAD": str(library), "CLOCK_SHIFT_FILE": str(self._shift)}

    def set_to(self, seconds: int) -> None:
        """Shift the clock of the running process, in one step."""
        with self._shift.open("r+b") as file:  # in place: the process has mapped it
            file.write(struct.pack("q", seconds))
