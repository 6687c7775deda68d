"""Says which interpreter this is. It is understood by Python 2 too, so that an old one can say so."""

import json
import platform
import sys

version = sys.version_info
about = {
    "implementation": platform.python_implementation(),
    "version": list(version[:3]),
    "executable": sys.executable or "",
    # Before 3.13 there was no build without the lock.
    "locked": getattr(sys, "_is_gil_enabled", lambda: True)(),
    # Since 3.12 each sub-interpreter can have a lock of its own.
    "subinterpreters": version[:2] >= (3, 12) and platform.python_implementation() == "CPython",
}
print(json.dumps(about))
