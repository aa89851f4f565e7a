"""What the process imports that workers are forked from: all that work on frames and files needs.

BLAS gets one thread in it and so in every worker: there are as many workers as cores. Ctrl-C is for the
process that has them; they end with it. Nothing else imports this.
"""

import importlib
import os
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is loaded
for _name in ("flows.cli", "flows.stages", "flows.flow", "flows.products", "pores.enhance.doubler"):
    importlib.import_module(_name)
