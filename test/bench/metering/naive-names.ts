/** Names in the modules of the naive schemes: the process that measures needs them and not binaryen. */
export const GAS_GLOBAL = "bench_gas";
export const GAS_MODULE = "bench";
export const GAS_FUNCTION = "gas";
/** More than any kernel uses. */
export const GAS_START = 2n ** 60n;
