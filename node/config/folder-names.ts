/**
 * Names inside a data folder, apart from what reads them: a command that only needs a name should not load a validator.
 */
export const KEYS_FOLDER = "keys";
export const SEALER_KEY = "sealer";
export const ADMIN_KEY = "admin";
export const NODE_FILE = "node.json";
