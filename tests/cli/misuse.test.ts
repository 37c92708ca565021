// Misuses of the commands, about in the order in which a user meets them: words, values, data, models, folders, inputs. Each is refused in
// one line with code 2. Nothing is written, and a run that the call names does not change.
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary, tiny } from './command.js';

const test = subject('Misuses of the command line');
const folder = temporary();
const at = (name: string) => join(folder, name);
const write = (name: string, text: string | Uint8Array) => writeFileSync(at(name), text);
const rows = (cells: (i: number) => string, n = 20) => Array.from({ length: n }, (_, i) => `${cells(i)}\n`).join('');

write('values.csv', `a,b,y\n${rows((i) => `${i},${i % 3},${2 * i}`)}`);
write('classes.csv', `a,b,y\n${rows((i) => `${i},${i % 3},${i % 2 ? 'p' : 'q'}`)}`);
write('one.csv', 'a,y\n1,2\n');
write('two.csv', 'a,y\n1,2\n2,3\n');
write('oneClass.csv', `a,y\n${rows((i) => `${i},p`)}`);
write('names.csv', `a,y\n${rows((i) => `${i},name${i}`)}`);
write('empty.csv', '');
write('head.csv', 'a,b\n');
write('gap.csv', 'a,y\n1,\n3,4\n5,6\n');
write('latin.csv', Buffer.from('a,straße\n1,2\n3,4\n', 'latin1'));
write('utf16.csv', Buffer.from('a,y\n1,2\n3,4\n', 'utf16le'));
write('semicolons.csv', 'a;y\n1;2\n3;4\n');
write('commas.csv', 'x;y\n1,5;2\n3;4\n');
write('x.csv', 'a,b\n1,2\n');
write(
  'net.mjs',
  'export default ({ input, outputs, random }, { Linear }) => new Linear(input[0], outputs, { random });',
);
const head = 'a,b,y\n';
write('ragged.csv', `${head}1,2,p\n1,2\n3,4,q\n`);
write('long.csv', `${head}1,2,p,9\n3,4,q\n`);
write('twice.csv', 'a,a,y\n1,2,p\n3,4,q\n');
write('quote.csv', `${head}1,"2,p\n3,4,q\n`);
write('huge.csv', `${head}1e39,2,p\n3,4,q\n`);
write('blank.csv', `${head}\n\n`);
write('headless.csv', '5.1,3.5,0.2\n4.9,3.0,0.2\n');
for (const [name, code] of Object.entries({
  three: 'export default () => 3;',
  throws: 'throw new Error("mine\\nsecond line");',
  other: 'export const net = 1;',
  syntax: 'export default (',
  seven: 'export default ({ input, random }, { Linear }) => new Linear(input[0], 7, { random });',
  frozen: 'export default (_, { ReLU }) => new ReLU();',
}))
  write(`${name}.mjs`, code);
mkdirSync(at('photos/cat'), { recursive: true });
mkdirSync(at('bare'));
symlinkSync(at('nowhere'), at('dangling'));

const loops = ['--backend', 'reference'];
const csv = (name: string) => ['--data', `csv:${at(name)}`, '--target', 'y', ...loops];
const values = [...csv('values.csv'), '--epochs', '1'];
const images = (name: string) => ['--data', `images:${at(name)}`, ...loops];
const [run, own, points] = ['run', 'own', 'points'].map(at);
for (const words of [
  ['train', ...values, '--out', run],
  ['train', ...values, '--model', at('net.mjs'), '--out', own],
  ['train', ...tiny(1), '--max-steps', '1', '--out', points],
]) {
  const { code, stderr } = await boundgradHere(words);
  if (code !== 0) throw new Error(stderr);
}
const evaluate = (...words: string[]) => ['eval', '--checkpoint', run, ...loops, ...words];
const predict = (...words: string[]) => ['predict', '--checkpoint', run, ...loops, ...words];
const fetch = (...words: string[]) => ['data', 'fetch', 'mnist', '--dir', at('none'), ...words];
const resume = (...words: string[]) => ['train', '--resume', run, ...words];

const misuses: [words: string[], message: string][] = [
  // The words.
  [['  '], "command: unknown: ' '; one of train, compare"],
  [['TRAIN'], "command: unknown: 'TRAIN'; one of .*; did you mean train\\?"],
  [['training'], "command: unknown: 'training'; one of .*; did you mean train\\?"],
  [['evaluate'], '; did you mean eval\\?'],
  [['constructor'], "command: unknown: 'constructor'"],
  [['help', 'train', 'now'], "help: one word too many: 'now'"],
  [['--version', '1'], "--version: one word too many: '1'"],
  [['train', '--batchSize', '3'], '--batchSize: unknown option; did you mean --batch-size\\?'],
  [['train', '--batch', '3'], '--batch: unknown option; did you mean --batch-size\\?'],
  [['train', '--optimizer', 'adam'], '--optimizer: unknown option; did you mean --optim\\?'],
  [['train', '--OUT', 'x'], '--OUT: unknown option; did you mean --out\\?'],
  [['train', '-lr', '0.1'], '-l: unknown option; options begin with --'],
  [['train', '--no-json'], '--no-json: unknown option'],
  [['train', '--private=1'], "--private: takes no value: '1'"],
  [['train', '--adam.lr', '0.1', '--adam.lr', '0.2', '--optim', 'adam'], "--adam.lr: given twice: '0.1' and '0.2'"],
  // The checkpoint has the seed that chose the held-out part.
  [evaluate('--data', `csv:${at('values.csv')}`, '--seed', '3'), '--seed: unknown option; see --help$'],
  [['train', 'csv:houses.csv'], "'csv:houses.csv': not an option; did you mean --data csv:houses.csv\\?$"],
  [['train', 'my houses.csv'], "not an option; did you mean --data 'csv:my houses.csv'\\?$"],
  [['eval', run], `not an option; did you mean --checkpoint ${run}\\?$`],
  [evaluate('extra'), "'extra': not an option; options begin with --$"],
  [evaluate('--fill', 'mean'), '--fill: unknown option; the checkpoint has the value of the training: leave it out$'],
  [
    predict('--missing', 'fill', at('x.csv')),
    '--missing: unknown option; the checkpoint has the value of the training: leave it out$',
  ],
  [
    evaluate('--data', `csv:${at('x.csv')}`),
    "x.csv: the column 'y', the target in the training, is missing: the header has a, b; add it, or predict without it$",
  ],
  [
    evaluate('--missing', 'drop', '--data', `csv:${at('x.csv')}`),
    "x.csv: the column 'y', the target in the training, is missing: the header has a, b; add it, or predict without it$",
  ],
  [['summary', 'lenet', '--model', 'mlp'], "'lenet': not an option; options begin with --"],
  [['summary', '--model', 'lenet,mlp'], "--model: unknown: 'lenet,mlp'"],
  // Values.
  [['train', '--lr='], '--lr: a value is missing: --lr X$'],
  [['train', '--out', '--json'], '--out: a value is missing: --out DIR$'],
  [
    ['train', '--out', '--my run'],
    "--out: a value is missing: --out DIR; if it is '--my run', write '--out=--my run'$",
  ],
  [['train', '--lr', '  '], "--lr: not a number: ' '"],
  [['train', '--lr', '1e999'], "--lr: not a number: '1e999'"],
  [['train', '--lr', 'NaN'], "--lr: not a number: 'NaN'"],
  [['train', '--lr', '0,1'], "--lr: not a number: '0,1'"],
  [['train', '--epochs', '1e3'], "--epochs: must be an integer of at least 1: '1e3'"],
  [['train', '--epochs', '99999999999999999999'], '--epochs: must be an integer of at least 1'],
  [['train', '--seed', '1.5'], "--seed: must be an integer: '1.5'"],
  [['train', '--checkpoint-every', 'NaN'], "--checkpoint-every: not a number: 'NaN'"],
  [['train', '--checkpoint-every', '-1'], "--checkpoint-every: must be positive: '-1'"],
  [['train', ...tiny(), '--threads', '65'], '--threads: setThreads: must be an integer from 1 to 64: 65'],
  [['train', '--milestones', '1,,2'], "--milestones: a value is missing: '1,,2'; separate values by one comma"],
  [['train', '--optim', 'adam,'], "--optim: a value is missing: 'adam,'"],
  [['train', '--betas', '0.9,'], "--betas: a value is missing: '0.9,'"],
  [['train', '--optim', 'adam', '--betas', '0.9,0.99,0.9'], 'Adam: betas must be two'],
  [['train', '--optim', 'adam', '--amsgrad', 'True'], "--amsgrad: must be true or false: 'True'"],
  [['train', '--form', 'Paper'], 'AdaBound: unknown form: Paper; one of code, paper'],
  [['train', '--schedule', 'one_cycle'], '; did you mean one-cycle\\?'],
  [['train', '--channels', '2', ...images('photos')], "--channels: unknown: '2'; one of 1, 3$"],
  [['summary', '--model', 'lenet', '--shape', '1x28x28'], "--shape: must be an integer of at least 1: '1x28x28'"],
  [['summary', '--model', 'lenet', '--depth', '-1'], "--depth: must be an integer of at least 0: '-1'"],
  [['poster', '--workers', '1000'], "--workers: must be an integer from 1 to 64: '1000'"],
  [['poster', '--panels', 'funnel,funnel'], "--panels: funnel is listed twice: 'funnel,funnel'"],
  [['poster', '--seeds', '0'], "--seeds: must be an integer of at least 1: '0'"],
  // Options that contradict each other.
  [
    ['train', ...tiny(3), '--milestones', '1,3'],
    '--milestones: no epoch comes after 3: there are 3; change it, or --epochs',
  ],
  [
    ['train', '--optim', 'adam', '--adam.lr', '0.1', '--lr', '0.2'],
    '--lr: every optimizer has its own: --adam.lr; leave it out',
  ],
  [['train', ...values, '--val', '0.3', '--folds', '3'], '--folds: --val is given too'],
  [['poster', '--quick', '--full'], '--quick and --full: give one of the two'],
  [evaluate('--data', 'moons', '--missing', 'drop'), '--missing: it is for --data csv:FILE: the data are moons'],
  [['summary', '--model', 'lenet', '--data', 'mnist', '--shape', '1,28,28'], '--shape: --data gives the shape'],
  [resume('--private'), 'has other settings: --private \\(not given\\) then, \\(given\\) now'],
  [resume('--val', '0.3'), 'has other settings: --val \\(not given\\) then, 0.3 now'],
  [resume('--data', 'blobs'), 'has other settings: --data csv:.* then, blobs now'],
  [resume('--resume', own), '--resume: given twice'],
  [resume('--epochs', '0'), "--epochs: must be an integer of at least 1: '0'"],
  // Data.
  [['train', '--data', 'csv:  ', '--target', 'y'], '--data: a path is missing: csv:FILE'],
  [['train', '--data', 'csv'], "--data: unknown: 'csv'; a table is csv:FILE"],
  [['train', '--data', 'CSV:x.csv'], '--data: .*; a table is csv:x.csv'],
  [['train', '--data', 'bare'], "--data: unknown: 'bare'; one of .*, csv:FILE, images:DIR, text:FILE$"],
  [['train', '--data', 'tests'], "--data: unknown: 'tests'; a folder of pictures is images:tests$"],
  [['train', '--data', './my.txt'], "--data: unknown: './my.txt'; a text is text:./my.txt, a table csv:./my.txt$"],
  [['train', '--data', 'README.md'], '; a text is text:README.md, a table csv:README.md$'],
  [['train', '--data', 'image:photos'], '--data: .*; a folder of pictures is images:photos'],
  [['train', ...csv('one.csv')], 'one.csv: one sample; training and testing need one each'],
  [['train', ...csv('two.csv')], 'a part is empty: 0.8 of 2 samples is 2; give another --val'],
  [['train', ...csv('oneClass.csv')], 'oneClass.csv: one class: p; training needs two'],
  [['train', ...csv('names.csv')], 'every class has one sample: is this the column to predict\\?'],
  [['train', ...csv('empty.csv')], 'empty.csv: no rows: the text must have a header and a row below it'],
  [['train', ...csv('gap.csv')], "row 2, column 'y': no value to predict; give --missing drop, or remove the row"],
  [
    ['train', ...csv('latin.csv')],
    'latin.csv: cannot be read: it is not UTF-8; save it as UTF-8, in Excel as CSV UTF-8',
  ],
  [['train', ...csv('utf16.csv')], 'utf16.csv: cannot be read: it has NUL characters: it is not text, or it is UTF-16'],
  [['train', ...csv('commas.csv'), '--delimiter', ';'], "'1,5'; give --decimal ',', or name 'x' in --categories"],
  [['train', ...csv('semicolons.csv')], "the cells are separated by ';', not by ','; give --delimiter ';'"],
  [['train', ...csv('photos')], "cannot read '.*photos': there is a folder of that name"],
  [['train', ...csv('dangling')], "cannot read '.*dangling': no such file"],
  [['train', '--data', 'csv:/dev/zero', '--target', 'y', ...loops], 'a pipe, a socket or a device, not a file'],
  [['train', ...csv('values.csv').slice(0, 3), 'y,y'], "--target: y is listed twice: 'y,y'"],
  [['train', ...values, '--columns', 'a,a'], "--columns: a is listed twice: 'a,a'"],
  [['train', ...values, '--columns', 'a, '], "--columns: a value is missing: 'a, '"],
  [['train', ...values, '--columns', 'y'], "'y' is an input and the target"],
  [['train', ...values, '--columns', 'q'], 'unknown column: q; one of a, b, y$'],
  [['train', ...values, '--folds', '21'], 'more folds than samples: 21 of 20'],
  [['train', ...values, '--val', '0.999'], 'a part is empty: .*; give another --val'],
  [['train', ...images('bare')], 'bare: no pictures: it must have a folder for each class'],
  [['train', ...images('x.csv')], 'x.csv: cannot be read: it is not a folder'],
  [['train', ...images('photos'), '--size', '100000'], 'size must be at most 4096: 100000'],
  [evaluate('--data', `csv:${at('classes.csv')}`), "row 2, column 'y': not a number: 'q'"],
  [evaluate('--data', `images:${at('photos')}`), '^--data images:\\S*photos: the model was not trained on pictures$'],
  [['eval', '--checkpoint', points, ...loops, '--data', 'moons'], '--data moons: .* is for other data'],
  // Models.
  [['train', ...values, '--model', at('none.mjs')], "^--model: cannot read '.*none.mjs': no such file"],
  [['train', ...values, '--model', 'net.py'], "--model: 'net.py': a model's file ends in .mjs or .js"],
  [['train', ...values, '--model', 'https://a.org/net.mjs'], "--model: 'https.*': an address; download the file"],
  [['train', ...values, '--model', 'RESNET20'], "--model: unknown: 'RESNET20'; .*; did you mean resnet20\\?"],
  [['eval', '--checkpoint', own, '--data', 'moons', '--model', 'mlp'], "--model: 'mlp': a model's file ends in"],
  [['predict', '--checkpoint', own, '--model', '', at('x.csv')], '--model: a value is missing: --model FILE'],
  // Files and folders.
  [['train', ...values, '--out', '  '], "--out: not a path: ' '; give the path of a file or folder"],
  [['train', ...values, '--out', 'a\0b'], '--out: not a path: '],
  [['train', ...values, '--out', at('dangling')], "--out: cannot write to '.*dangling': there is a file of that name"],
  [['train', ...values, '--out', '/proc/none'], "--out: cannot write to '/proc/none': no folder can be made there"],
  [['train', '--resume', at('x.csv')], "--resume: no run in '.*x.csv': it is a file"],
  [['eval', '--checkpoint', at('bare'), '--data', 'moons', ...loops], "--checkpoint: '.*bare': no checkpoint"],
  [['eval', '--checkpoint', '/dev/null', '--data', 'moons', ...loops], '--checkpoint: .*not a file'],
  [['poster', '--out', at('x.csv')], "--out: cannot write to '.*x.csv': there is a file of that name"],
  [['poster', '--reference', at('none')], "--reference: cannot read '.*none': no such file"],
  // Inputs of predict.
  [predict(at('empty.csv')), 'empty.csv: no rows: a table has a header and a row below it'],
  [predict(at('head.csv')), 'head.csv: no rows: the text must have a header and a row below it'],
  [predict(at('utf16.csv')), 'utf16.csv: cannot be read: it has NUL characters'],
  [predict(`csv:${at('x.csv')}`), "^predict: write an input as a path alone, without 'csv:': .*x.csv"],
  [predict('--data', `csv:${at('x.csv')}`), '--data: unknown option'],
  [predict(''), "cannot read '': no such file"],
  [predict('--json', 'true', at('x.csv')), "cannot read 'true': no such file"],
  // Tables that are cut, doubled or without a header.
  [['train', ...csv('ragged.csv')], 'ragged.csv: row 3 has 2 cells, the header 3; is a delimiter missing\\?'],
  [['train', ...csv('long.csv')], 'long.csv: row 2 has 4 cells, the header 3'],
  [['train', ...csv('twice.csv')], "twice.csv: column 2 of the header has the name of another: 'a'"],
  [['train', ...csv('quote.csv')], 'quote.csv: row 2: a quote is missing or misplaced'],
  [['train', ...csv('huge.csv')], "huge.csv: row 2, column 'a': .*'1e39'"],
  [['train', ...csv('blank.csv')], 'blank.csv: no rows: the text must have a header and a row below it'],
  [['train', ...csv('headless.csv')], 'headless.csv: the first row holds numbers: 5.1, ..; it must be the names'],
  // Files of models.
  [['train', ...values, '--model', at('three.mjs')], 'three.mjs: its function returns no Module of this boundgrad'],
  [['train', ...values, '--model', at('throws.mjs')], 'throws.mjs: it fails at throws.mjs:1:7: mine second line'],
  [['train', ...values, '--model', at('other.mjs')], 'other.mjs: it has no default export; it exports net'],
  [['train', ...values, '--model', at('syntax.mjs')], 'syntax.mjs: it fails .*Unexpected end of input'],
  [
    ['train', ...values, '--model', at('seven.mjs')],
    'seven.mjs: .* it returns \\(1,7\\) for one sample: the data need',
  ],
  [['train', ...values, '--model', at('frozen.mjs')], 'frozen.mjs: .* it has no parameters: nothing can be trained'],
  // Rates, folders and checkpoints.
  [['train', ...values, '--lr', '0'], "--lr: must be positive: '0'"],
  [['train', ...values, '--out', join(run, 'adabound')], '--out: .* holds the checkpoints of another run'],
  [['train', ...values, '--out', at('x.csv/run')], '--out: cannot write to .*: a part of the path is not a folder'],
  [resume('--lr', '0.1'), 'has other settings: --lr \\(not given\\) then, 0.1 now'],
  [['compare', ...values, '--optim', 'adam,adam'], '--optim: adam is listed twice'],
  [['compare', ...values, '--optim', 'all'], "--optim: unknown: 'all'; one of sgdm"],
  [
    ['eval', '--checkpoint', join(run, 'run.json'), '--data', 'moons', ...loops],
    'run.json.: checkpoint: not a checkpoint, or damaged',
  ],
  [
    ['eval', '--checkpoint', join(run, 'adabound.jsonl'), '--data', 'moons', ...loops],
    'jsonl.: checkpoint: not a checkpoint, or damaged',
  ],
  [evaluate('--data', `csv:${at('values.csv')}`, '--target', 'b'), '--target: unknown option'],
  [
    ['summary', '--model', 'resnet20', '--shape', '3,8'],
    "--shape: resnet20 takes images: give channels, rows and columns: '3,8'",
  ],
  [
    ['train', ...values, '--seed', '9007199254740990', '--seeds', '3'],
    '--seeds: the last of 3 seeds from --seed 9007199254740990 would exceed 9007199254740991; give a smaller --seed',
  ],
  [['lab', '--port', '99999'], "--port: must be at most 65535: '99999'"],
  [['lab', '--state', '{'], "--state: address: an entry is not name=value: '{'"],
  // Downloads.
  [['data', '--dir', at('none')], 'data: a verb is missing: boundgrad data fetch NAME --dir DIR'],
  [['data', 'get', 'mnist'], "data: unknown: 'get'; one of fetch"],
  [fetch('cifar10'), "'cifar10': one word too many; data takes fetch NAME"],
  [fetch('--from', 'ftp://a.org/'), '--from: fetch: not a web address: ftp://a.org/'],
  [['data', 'fetch', 'mnist', '--dir', at('x.csv')], "--dir: cannot write to '.*x.csv': there is a file of that name"],
  [['data', 'fetch', '--dir', at('none'), 'moons'], "data fetch: unknown: 'moons'; one of cifar10"],
];

/** The names and contents of a folder. */
const contents = (of: string) =>
  (readdirSync(of, { recursive: true }) as string[])
    .sort()
    .map((name) => [name, statSync(join(of, name)).isFile() ? readFileSync(join(of, name), 'base64') : null]);

const [before, here] = [contents(run), readdirSync('.').sort()];
for (const [words, message] of misuses) {
  const shown = words
    .map((word) => JSON.stringify(word.replace(folder, 'DIR')).slice(1, -1))
    .map((text) => (/^\S+$/.test(text) ? text : `'${text}'`))
    .join(' ');
  test(`are refused: ${shown}`, async () => {
    const given = words[0] === 'train' && !words.some((word) => /^--(out|resume)$/.test(word));
    const { code, stdout, stderr } = await boundgradHere(given ? [...words, '--out', at('none')] : words);
    assert.match(stderr, /^boundgrad: [^\n]*\n$/);
    assert.match(stderr.slice('boundgrad: '.length).trimEnd(), new RegExp(message));
    assert.equal([code, stdout], [2, '']);
  });
}

test('write nothing', () => {
  assert.equal(contents(run), before);
  assert.equal(readdirSync('.').sort(), here);
  assert.not(readdirSync(folder).includes('none'));
});

test('with standard input are refused: an empty input, a terminal', async () => {
  const { stdin } = process;
  const of = async (input: object) => {
    Object.defineProperty(process, 'stdin', { value: input, configurable: true });
    try {
      return await boundgradHere(predict('-'));
    } finally {
      Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
    }
  };
  const none = await of((async function* () {})());
  assert.equal([none.code, none.stdout], [2, '']);
  assert.is(none.stderr, 'boundgrad: -: no rows: a table has a header and a row below it\n');
  const keyboard = await of({ isTTY: true });
  assert.equal([keyboard.code, keyboard.stdout], [2, '']);
  assert.match(
    keyboard.stderr,
    /^boundgrad: predict: -: standard input is the keyboard: give a file, or pipe one: [^\n]*\n$/,
  );
});
