// Options that several commands have.
import { dataKeys, dataSources, fileKeys } from '../datasets.js';
import { refuse } from '../failure.js';
import { integer, oneOf, text } from './parsers.js';
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
} satisfies Schema;

/** The option for the data set. */
export const data = {
  value: 'NAME',
  about: dataKeys.join(', '),
  parse: oneOf(dataKeys),
} as const;

/** The option for the folder of a data set that is read from files. The command must have the option `data` too. */
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
  about: 'write no paths, processor name or system release into the results; SECURITY.md lists what remains',
} as const;

/** The option for JSON output. */
export const json = { about: 'print one JSON object and nothing else', onResume: 'never' } as const;
