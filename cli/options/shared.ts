// Options that several commands have.
import { dataKeys, dataSources, fileKeys } from '../datasets.js';
import { refuse } from '../failure.js';
import { integer, oneOf, text } from './parsers.js';
import type { Schema } from './schema.js';

export const BACKENDS = ['wasm', 'reference', 'gpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Where a command computes. */
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
} satisfies Schema;

/** A data set. */
export const data = {
  value: 'NAME',
  about: dataKeys.join(', '),
  parse: oneOf(dataKeys),
} as const;

/** The folder of a data set that is read from files; goes with an option `data`. */
export const dataDir = {
  value: 'DIR',
  about: `the folder of a data set that is read from files: ${fileKeys.join(', ')}`,
  onResume: 'free',
  parse: text,
  check({ data, dataDir }: { data: string; dataDir?: string }) {
    const { files } = dataSources[data];
    if (files && dataDir === undefined) {
      throw refuse(`--data ${data}: it is read from files: --data-dir DIR must name their folder`);
    }
    if (files || dataDir === undefined) return;
    throw refuse(`--data-dir: ${data} is not read from files: '${dataDir}'; leave it out`);
  },
} as const;

/** Omits details of the machine and its user from the files that are written. */
export const isPrivate = {
  about:
    'leave paths, the processor and the release of the system out of what is written; SECURITY.md lists what remains',
} as const;

/** Output for programs. */
export const json = { about: 'print one JSON object and nothing else', onResume: 'never' } as const;
