"""Says which interpreter this is. It is understood by Python 2 too, so that an old one can say so."""

import json
import platform
import sys

version = sys.version_info
built_with_lock = True
if version >= (3, 13):
    import sysconfig

    built_with_lock = not sysconfig.get_config_var("Py_GIL_DISABLED")
try:
    # Since 3.12 each sub-interpreter can have a lock of its own, if its builders have kept the module for them.
    __import__("_interpreters" if version >= (3, 13) else "_xxsubinterpreters")
    subinterpreters = version >= (3, 12)
except ImportError:
    subinterpreters = False
about = {
    "implementation": platform.python_implementation(),
    "version": list(version[:3]),
    "executable": sys.executable or "",
    "built_with_lock": built_with_lock,
    # A build without the lock can have it switched back on.
    "locked": getattr(sys, "_is_gil_enabled", lambda: True)(),
    "subinterpreters": subinterpreters,
}
print(json.dumps(about))
