// The backend for trainings of tests that are about something else.
import { existsSync } from 'node:fs';

/** wasm. Where the fast kernels have been taken away the loops train too, more slowly. */
export const fastBackend = existsSync('core/backends/wasm/backend.ts') ? 'wasm' : 'reference';
