"""Says which interpreter this is. Python 2 understands this script too, so that an old interpreter can say what it is."""

import json
import platform
import sys

version = sys.version_info
built_with_lock = True
if version >= (3, 13):
    import sysconfig

    built_with_lock = not sysconfig.get_config_var("Py_GIL_DISABLED")
try:
    # Since 3.12 each sub-interpreter can have a lock of its own, if this build has the module for sub-interpreters.
    __import__("_interpreters" if version >= (3, 13) else "_xxsubinterpreters")
    subinterpreters = version >= (3, 12)
except ImportError:
    subinterpreters = False
about = {
    "implementation": platform.python_implementation(),
    "version": list(version[:3]),
    "compiler": platform.python_compiler(),
    "executable": sys.executable or "",
    "built_with_lock": built_with_lock,
    # A build without the lock can have it switched back on.
    "locked": getattr(sys, "_is_gil_enabled", lambda: True)(),
    "subinterpreters": subinterpreters,
}
print(json.dumps(about))
