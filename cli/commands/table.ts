// The commands of boundgrad, in the order of help.
import type { Entry } from './command.js';

export const commands: readonly Entry[] = [
  {
    name: 'train',
    about: 'train a net with one optimizer',
    load: async () => (await import('./train.js')).train,
  },
  {
    name: 'compare',
    about: 'train a net with several optimizers, from the same weights on the same batches, and write a report',
    load: async () => (await import('./train.js')).compare,
  },
  {
    name: 'sweep',
    about:
      'compare optimizers fairly: many configurations of each with several seeds; which one is best depends on how many you try',
    operands: ['DIR..'],
    load: async () => (await import('./sweep.js')).sweep,
  },
  {
    name: 'report',
    about: 'write the report of a run again, or of several runs side by side, with what differs in their settings',
    operands: ['RUN..'],
    load: async () => (await import('./report.js')).report,
  },
  {
    name: 'worker',
    about: 'take runs of sweeps from the queue on a server, on any number of machines: sweep --engine puts them there',
    operands: ['URL'],
    load: async () => (await import('./worker.js')).worker,
  },
  {
    name: 'poster',
    about: 'run experiments for each claim of the AdaBound paper, and draw them as a poster with verdicts',
    load: async () => (await import('./poster.js')).poster,
  },
  {
    name: 'eval',
    about: 'test the model of a checkpoint: accuracy, F1, AUC and confusion for classes; MAE, RMSE and R2 for values',
    load: async () => (await import('./eval.js')).evaluation,
  },
  {
    name: 'predict',
    about: 'predict classes or values for the rows of CSV files or for pictures, or continue texts',
    operands: ['INPUT..'],
    load: async () => (await import('./predict.js')).predict,
  },
  {
    name: 'summary',
    about: 'list the layers of a net: shapes, parameters, multiply-accumulates',
    load: async () => (await import('./summary.js')).summary,
  },
  {
    name: 'data',
    about: 'download a data set, or continue an earlier download',
    operands: ['fetch', 'NAME'],
    load: async () => (await import('./data.js')).data,
  },
  {
    name: 'lab',
    about: 'watch optimizers descend and train in a page of the browser',
    load: async () => (await import('./lab.js')).lab,
  },
];
