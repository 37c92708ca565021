// What the command line refuses: in one line on stderr, with code 2, before it writes anything.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary, tiny } from './command.js';

const test = subject('The command line refuses');
const folder = temporary();
const file = join(folder, 'a-file');
writeFileSync(file, '');
const taken = join(folder, 'taken');
mkdirSync(join(taken, 'report.html'), { recursive: true });

/** A name that no file system takes. */
const long = 'a'.repeat(300);

const refusals: [words: string[], line: RegExp][] = [
  [['tain'], /command: unknown: 'tain'; one of train, compare.*; did you mean train\?/],
  [['train', '--modle', 'mlp'], /--modle: unknown option; did you mean --model\?/],
  [['train', '--qqqq', '1'], /--qqqq: unknown option; see --help/],
  [['train', '-x'], /-x: unknown option/],
  [['train', 'mlp'], /'mlp': not an option/],
  [['train', '--model', 'mpl'], /--model: unknown: 'mpl'; .*; did you mean mlp\?/],
  [['train', '--optim', 'amda'], /--optim: unknown: 'amda'; .*; did you mean adam\?/],
  [['train', '--model', 'lenett'], /--model: unknown: 'lenett'; one of mlp, lenet.*; did you mean lenet\?/],
  [['train', '--data', 'moon'], /--data: unknown: 'moon'; one of .*; did you mean moons\?/],
  [['compare', '--optim', 'adam,adabond'], /--optim: unknown: 'adabond'; .*did you mean adabound\?/],
  [['compare', '--optim', 'adam,adam'], /--optim: adam is listed twice/],
  [['train', '--optim', 'adam,sgdm'], /--optim: train takes one optimizer: 'adam,sgdm'; boundgrad compare/],
  [['train', '--backend', 'cuda'], /--backend: unknown: 'cuda'; one of wasm, reference/],
  [['train', '--epochs', '0'], /--epochs: must be an integer of at least 1: '0'/],
  [['train', '--epochs', '1.5'], /--epochs: must be an integer of at least 1: '1.5'/],
  [['train', '--batch-size', '-4'], /--batch-size: must be an integer of at least 1: '-4'/],
  [['train', '--seed', 'x'], /--seed: must be an integer: 'x'/],
  [['train', '--lr', 'fast'], /--lr: not a number: 'fast'; write it as 0.001 or 1e-3/],
  [['train', '--lr', '-0.1'], /--lr: must be positive: '-0.1'/],
  [['train', '--gamma', '0'], /AdaBound: gamma must be positive and finite: 0/],
  [
    ['train', '--betas', '0.9'],
    /--betas: takes 2 or 3 numbers with a comma between them, for example 0.9,0.999: '0.9'/,
  ],
  [['train', '--betas', '0.9,1'], /AdaBound: .*\[0, 1\): 1/],
  [['train', '--optim', 'sgdm', '--nesterov', 'maybe'], /--nesterov: must be true or false: 'maybe'/],
  [['train', '--optim', 'adam', '--gamma', '0.1'], /--gamma: no chosen optimizer has it: adam; it belongs to adabound/],
  [['train', '--sgdm.lr', '0.1'], /--sgdm.lr: sgdm is not among the chosen optimizers: adabound; add it to --optim/],
  [['train', '--sgdm.gamma', '0.1'], /--sgdm.gamma: unknown option/],
  [['train', '--lr'], /--lr: a value is missing/],
  [['train', '--lr', '--json'], /--lr: a value is missing/],
  [['train', '--json=yes'], /--json: takes no value: 'yes'/],
  [['train', '--lr', '0.1', '--lr', '0.2'], /--lr: given twice: '0.1' and '0.2'/],
  [['train', '--data', 'mnist'], /--data mnist: it is read from files: --data-dir DIR/],
  [
    ['train', '--data-dir', folder],
    /--data-dir: it is for --data fashion-mnist, .*: the data are fashion-mnist-sample; leave/,
  ],
  [
    ['train', '--data', 'csv:a.csv', '--target', 'y', '--data-dir', folder],
    /--data-dir: it is for --data .*: the data are csv:a.csv; leave it out/,
  ],
  [
    ['train', '--data', 'mnist', '--data-dir', join(folder, 'none'), '--backend', 'reference'],
    /--data mnist: MNIST: no such file: .*none/,
  ],
  [['train', '--model', 'lenet', '--data', 'blobs', '--backend', 'reference'], /--model lenet: cannot take these data/],
  [['train', ...tiny(), '--out', file], /--out: cannot write to '.*a-file': there is a file of that name/],
  [['train', ...tiny(), '--out', join(file, 'x')], /--out: cannot write to .*: a part of the path is not a folder/],
  [['train', ...tiny(), '--out', '/proc/none'], /--out: cannot write to '\/proc\/none'/],
  [['train', ...tiny(), '--out', taken], /--out: cannot write to '.*report\.html': there is a folder of that name/],
  [['train', '--max-steps', '0'], /--max-steps: must be an integer of at least 1: '0'/],
  [['train', '--eval-every', '0'], /--eval-every: must be an integer of at least 1: '0'/],
  [['train', '--threads', '0'], /--threads: must be an integer of at least 1: '0'/],
  [
    ['train', '--threads', '99', '--backend', 'reference'],
    /--threads: setThreads: must be an integer from 1 to 64: 99/,
  ],
  [['train', '--checkpoint-every', '0'], /--checkpoint-every: must be positive: '0'/],
  [['train', '--label-smoothing', '1'], /--label-smoothing: must lie in \[0, 1\): '1'/],
  [['train', '--schedule', 'one-cicle'], /--schedule: unknown: 'one-cicle'; one of .*; did you mean one-cycle\?/],
  [['train', '--milestones', '5,5'], /--milestones: epochs must rise, for example 150,200: '5,5'/],
  [['train', '--milestones', '0'], /--milestones: must be an integer of at least 1: '0'/],
  [['train', '--milestones', '5', '--lr-decay', '-1'], /--lr-decay: must be at least 0: '-1'/],
  [['train', '--milestones', '5', '--schedule', 'cosine'], /--milestones: the schedule is cosine already/],
  [
    ['train', '--optim', 'adagrad', '--lr-decay', '0.1'],
    /--lr-decay: it is the factor of --milestones and .*--adagrad.lr-decay/,
  ],
  [['train', '--augment', 'crop'], /--augment: fashion-mnist-sample is not augmented: 'crop'/],
  [
    ['train', '--data', 'cifar10', '--data-dir', folder, '--augment', 'flop'],
    /--augment: unknown: 'flop'; .*did you mean flip\?/,
  ],
  [
    ['train', '--data', 'cifar10', '--data-dir', folder, '--augment', 'crop,none'],
    /--augment: none excludes other names: 'crop,none'/,
  ],
  [
    ['train', '--train-batches', '1'],
    /--train-batches: fashion-mnist-sample has no batches: '1'; only cifar10 has them/,
  ],
  [
    ['train', '--data', 'cifar10', '--data-dir', folder, '--train-batches', '1,6'],
    /--train-batches: must be numbers from 1 to 5, such as 1,2: '1,6'/,
  ],
  [['eval', '--data', 'blobs'], /eval: --checkpoint RUN is missing; see --help/],
  [
    ['eval', '--checkpoint', file, '--data', 'blobs', '--backend', 'reference'],
    /--checkpoint: '.*a-file': checkpoint: not a checkpoint, or damaged/,
  ],
  [
    ['eval', '--checkpoint', join(folder, 'none'), '--data', 'blobs', '--backend', 'reference'],
    /--checkpoint: cannot read '.*none': no such file/,
  ],
  [
    ['train', '--data', 'cifar10', '--data-dir', folder, '--backend', 'reference'],
    /--data cifar10: CIFAR-10: no such file: .*data_batch_1\.bin/,
  ],
  [['train', '--data', long], /--data: unknown: 'a+'; one of /],
  [
    ['train', '--data', `csv:${long}`, '--target', 'y', '--backend', 'reference'],
    /--data csv:a+: cannot read .*: the name is too long/,
  ],
  [['train', '--out', long, '--backend', 'reference'], /--out: cannot write to 'a+': the name is too long/],
  [['train', '--resume', long], /--resume: no such folder: 'a+'/],
  [['report', long], /report: no such folder: 'a+'/],
  [['predict', '--checkpoint', long, 'x'], /--checkpoint: cannot read 'a+': the name is too long/],
  [['sweep', '--file', long], /--file: cannot read 'a+': the name is too long/],
  [['lab', '--out', long], /--out: cannot write to 'a+': the name is too long/],
];

for (const [words, line] of refusals) {
  const shown = words.map((w) => w.replace(folder, 'DIR').replace(long, 'LONG')).join(' ');
  test(shown, async () => {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.match(stderr, line);
    assert.is(code, 2);
    assert.match(stderr, /^boundgrad: [^\n]*\n$/);
    assert.is(stdout, '');
  });
}
