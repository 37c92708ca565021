// The backend of tests that train and are not about backends.
import { existsSync } from 'node:fs';

/** wasm; the loops, which are slower, if the folder of the kernels was deleted. */
export const fastBackend = existsSync('core/backends/wasm/backend.ts') ? 'wasm' : 'reference';
