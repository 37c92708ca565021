// `boundgrad worker`: takes runs of sweeps from a queue, on any number of machines.
import { refuse } from '../failure.js';
import { integer, path } from '../options/parsers.js';
import { isPrivate } from '../options/shared.js';
import { modelAndData } from '../options/training.js';
import { addressOf } from '../queue/address.js';
import { patience } from '../queue/options.js';
import { takeRuns } from '../queue/taker.js';
import { command } from './command.js';

export const worker = command({
  usage: 'URL [options]',
  options: {
    concurrency: {
      value: 'N',
      about: 'runs at a time, each in a process of its own',
      default: '1',
      parse: integer(1, 128),
    },
    // The option's check is for one data set, but a worker gets runs of all data sets.
    dataDir: { ...modelAndData.dataDir, check: undefined },
    out: {
      value: 'DIR',
      about: 'the folder of the checkpoints of runs in progress',
      default: 'sweeps/worker',
      parse: path,
    },
    ...patience,
    private: isPrivate,
  },
  examples: ['boundgrad worker redis://localhost:6379 --concurrency 2'],
  async run(values, { operands }) {
    if (operands.length === 0)
      throw refuse('worker: the address of a server is missing: boundgrad worker redis://host:6379');
    return takeRuns(addressOf(operands[0], 'worker'), values);
  },
});
