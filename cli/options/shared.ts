// Options that several commands have: for the machine and the output.
import { availableParallelism } from 'node:os';
import { integer, oneOf } from './parsers.js';
import type { Schema } from './schema.js';

export const BACKENDS = ['wasm', 'reference', 'gpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** The options for the backend. */
export const computing = {
  backend: {
    value: 'NAME',
    about: BACKENDS.join(', '),
    onResume: 'free',
    default: 'wasm',
    parse: oneOf(BACKENDS),
  },
  threads: {
    value: 'N',
    about: 'how many threads share the work; the results are the same to the bit',
    onResume: 'free',
    default: '1',
    parse: integer(1),
  },
  noWide: {
    about:
      'do not compute with 256 bits, for which Node 24 and newer have an experimental flag; the results are the same to the bit',
    onResume: 'free',
  },
} satisfies Schema;

/** The option for the number of processes. */
export const workers = {
  value: 'N',
  about: 'processes that train at the same time',
  onResume: 'never',
  default: () => String(Math.min(8, availableParallelism())),
  shownDefault: 'one a core, at most 8',
  parse: integer(1, 64),
} as const;

/** The option that keeps details of the machine and its user out of the files. */
export const isPrivate = {
  about: 'write no paths, processor name or system release into the results; SECURITY.md lists what remains',
} as const;

/** The option for JSON output. */
export const json = { about: 'print one JSON object and nothing else', onResume: 'never' } as const;
