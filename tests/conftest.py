"""How many threads numpy calculates with in tests: one, as the pytest workers share the CPUs already.

More of them wait for each other in busy loops, which takes CPUs away from the tests beside them.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
