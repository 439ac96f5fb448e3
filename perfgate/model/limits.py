"""What the driver itself may be off by before its figures are no evidence, alone or in a round."""

MAX_LATENESS_NS = 20_000_000
MAX_CLOCK_STEP_NS = 2_000_000
MAX_DRIVER_CPU_RATIO = 0.95
