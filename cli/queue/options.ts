// Options of `sweep` and `worker` for a queue.

import { refuse } from '../failure.js';
import { integer } from '../options/parsers.js';
import type { Schema } from '../options/schema.js';
import { type Address, addressOf } from './address.js';

export const patience = {
  patience: {
    value: 'N',
    about: 'seconds to wait for a server that is lost while runs are in progress',
    onResume: 'never',
    default: '300',
    parse: integer(1, 1_000_000),
  },
} satisfies Schema;

export const engine = {
  engine: {
    value: 'URL',
    about:
      'the server, redis://host:6379, of a queue from which boundgrad worker takes the runs on any number of machines; nothing is trained here',
    onResume: 'never',
    parse: addressOf,
    check({ engine, list, collect }: { engine?: Address; list: boolean; collect: boolean }) {
      if (engine && (list || collect))
        throw refuse(`--engine: --${list ? 'list' : 'collect'} runs nothing; leave one of the two out`);
    },
  },
  ...patience,
} satisfies Schema;
