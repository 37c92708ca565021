// The other files of a run's folder: run.json and lock; the words of a command line; published curves.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { loadCommand } from '../../../cli/commands/command.js';
import { commands as entries } from '../../../cli/commands/table.js';
import { parseCall } from '../../../cli/options/parse.js';
import { readReference } from '../../../cli/poster/reference.js';
import { lockFolder } from '../../../node/lock.js';
import { TEXTS } from '../draw.js';
import { type Format, right } from '../format.js';

const commands = await Promise.all(entries.map(loadCommand));
const train = commands.find(({ name }) => name === 'train')!;
const WORDS = ['--model', 'mlp', '--data', 'blobs', '--epochs', '3', '--lr', '0.01', '--optim', 'adam', '--seed', '5'];

const runJson: Format = {
  name: 'run.json',
  prepare: (folder) => (draw) => {
    const options = { model: 'mlp', data: 'blobs', epochs: '3', lr: '0.01', optim: 'adam' };
    const good = { boundgrad: '0.1.0', command: 'train', options };
    const altered = draw.chance(0.8) ? draw.alter(good) : good;
    const text = JSON.stringify(altered, null, 2) ?? '';
    writeFileSync(join(folder, 'run.json'), draw.chance(0.5) ? draw.damageText(text) : text, 'latin1');
    const { given, values } = parseCall(train, ['--resume', folder])!;
    right(
      Object.values(given).every((value) => typeof value === 'string'),
      'each option is a text',
    );
    right(Number.isSafeInteger(values.epochs) && values.epochs >= 1, 'epochs is a positive integer');
    right(Array.isArray(values.optim) && values.optim.length === 1, 'there is one optimizer');
    right(!('polluted' in {}), 'no prototype was changed');
  },
};

const lock: Format = {
  name: 'lock',
  prepare: (folder) => (draw) => {
    const dir = join(folder, 'locked');
    mkdirSync(dir);
    // The largest possible process id. No process of a test has it.
    const ended = 2 ** 22 - 1;
    const holder = { pid: draw.pick([ended, process.pid]), began: null, host: hostname(), since: '2025-01-01' };
    const altered = draw.chance(0.5) ? draw.alter(holder) : holder;
    const good = JSON.stringify(altered) ?? '';
    const text = draw.chance(0.5) ? draw.damageText(good) : good;
    writeFileSync(join(dir, 'lock'), text, 'latin1');
    try {
      lockFolder(dir)();
      let found: any = {};
      try {
        found = JSON.parse(Buffer.from(text, 'latin1').toString());
      } catch {
        // If the lock is not JSON, its holder is unknown.
      }
      right(found?.host === hostname(), 'a lock of another machine is kept');
      const isAlive =
        Number.isSafeInteger(found.pid) && found.pid > 0 && readdirSync('/proc').includes(String(found.pid));
      // A living process that began at another time than `began` is not the holder.
      right(!isAlive || typeof found.began === 'string', 'a lock of a living process is kept');
      right(readdirSync(dir).length === 0, 'an unlocked folder is empty');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

const words: Format = {
  name: 'words',
  prepare: (folder) => (draw) => {
    const command = draw.pick(commands);
    const names = Object.keys(command.options).map((key) => `--${key}`);
    const list = command === train ? [...WORDS] : [];
    for (let left = draw.few(); left > 0; left--) {
      const at = draw.below(list.length + 1);
      const numbers = ['0', '-1', '1e999', '0x10', '1,2', ',', '1e21', 'NaN', '9007199254740993'];
      const word = draw.pick([draw.pick(names), draw.pick(TEXTS), draw.pick(numbers), draw.pick(WORDS), folder]);
      list.splice(at, draw.below(2), draw.chance(0.2) ? draw.damageText(word) : word);
    }
    if (list.some((word) => word.startsWith('--resume'))) return;
    const call = parseCall(command, list);
    if (call === null) return;
    right(call.line.startsWith(`boundgrad ${command.name}`), 'the line names the command');
    const numbers = Object.values(call.values).filter((value) => typeof value === 'number');
    right(
      numbers.every((value) => !Number.isNaN(value)),
      'no number is NaN',
    );
  },
};

const reference: Format = {
  name: 'reference',
  prepare: (folder) => (draw) => {
    const curve = (optimizer: string) => ({ model: 'ResNet34', optimizer, test_acc: [10, 20.5, 30] });
    const good = { source: 'here', note: '', curves: ['adam', 'sgd', 'adabound'].map(curve) };
    const path = join(folder, 'curves.json');
    const text = JSON.stringify(draw.chance(0.8) ? draw.alter(good) : good) ?? '';
    writeFileSync(path, draw.chance(0.3) ? draw.damageText(text) : text, 'latin1');
    const { source, curves } = readReference(path);
    right(typeof source === 'string', 'its source is a text');
    for (const { model, optimizer, test_acc: values } of curves) {
      right(typeof model === 'string' && typeof optimizer === 'string', 'a curve has names');
      const isShare = (v: unknown) => typeof v === 'number' && v >= 0 && v <= 100;
      right(values.length > 0 && values.every(isShare), 'a curve has shares in per cent');
    }
  },
};

export const runFolder: Format[] = [runJson, lock, words, reference];
