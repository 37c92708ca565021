// The file of a checkpoint: what it contains, and that damaged and hostile files are refused.
import { readFileSync } from 'node:fs';
import { DataError, parseSafetensors, serializeSafetensors, tensor } from '../../core/index.js';
import { crc32 } from '../../fit/crc32.js';
import { parseCheckpoint, serializeCheckpoint, VERSION } from '../../fit/index.js';
import { assert, subject } from '../spec.js';
import { checkpointFile, readOrRefuse, refusal } from './damagedFiles.js';
import { sealed } from './sealed.js';
import { net } from './training.js';

const format = subject('Checkpoint');
const file = await checkpointFile();

format('crc32 is the CRC-32 of gzip, and can be computed in parts', () => {
  const bytes = new TextEncoder().encode('123456789');
  // The check value of the catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC.
  assert.is(crc32(bytes), 0xcbf43926);
  assert.is(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4))), crc32(bytes));
  assert.is(crc32(new Uint8Array()), 0);
});

format('VERSION is the version of the package, and the one to cite', () => {
  assert.is(VERSION, JSON.parse(readFileSync('package.json', 'utf8')).version);
  assert.is(/^version: (.*)$/m.exec(readFileSync('CITATION.cff', 'utf8'))?.[1], VERSION);
});

format(
  'a checkpoint is a safetensors file: weights and states of the optimizer are tensors by name, and what is not a tensor is a text',
  () => {
    const { tensors, metadata } = parseSafetensors(file);
    const names = Object.keys(net().stateDict());
    assert.equal(
      Object.keys(tensors).filter((n) => n.startsWith('model.')),
      names.map((n) => `model.${n}`),
    );
    assert.equal(
      Object.keys(tensors)
        .filter((n) => n.startsWith('optimizer.'))
        .slice(0, 2),
      ['optimizer.0.weight.m', 'optimizer.0.weight.v'],
    );
    assert.equal(Object.keys(metadata), [
      'checksum',
      'format',
      'optimizer',
      'random',
      'position',
      'history',
      'callbacks',
      'settings',
      'maker',
      'description',
    ]);
  },
);

format('a checkpoint that is parsed and serialized again has the same bytes', async () => {
  const checkpoint = parseCheckpoint(file);
  assert.ok(Buffer.from(await serializeCheckpoint(checkpoint)).equals(file));
  const { position, history, callbacks, settings, maker, random } = checkpoint;
  assert.equal([position.epoch, position.batch, position.sums.samples, history.length], [2, 1, 8, 1]);
  assert.equal(callbacks, { mine: [1, { a: 2 }] });
  assert.equal(Object.keys(random).sort(), ['', '3'], 'the default Random, and that of the dropout');
  assert.equal([settings.model, settings.seed, settings.batchSize, settings.lr], ['net', 5, 8, 0.01]);
  assert.equal(Object.keys(maker), ['boundgrad', 'engine', 'machine', 'backend', 'kernels', 'threads']);
});

const hostile = subject('Checkpoint, hostile files');

hostile('a file cut at any byte, or with any bit of it changed, is refused', () => {
  for (let n = 0; n < file.length; n++) assert.instance(refusal(file.subarray(0, n)), DataError, `${n} bytes`);
  const bytes = file.slice();
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    bytes[bit >> 3] ^= 1 << (bit & 7);
    assert.instance(refusal(bytes), DataError, `bit ${bit}`);
    bytes[bit >> 3] ^= 1 << (bit & 7);
  }
  assert.is(refusal(bytes), null);
});

/** The file with changed texts, and the right checksum. */
async function altered(texts: Record<string, string>): Promise<Uint8Array> {
  const { tensors, metadata } = parseSafetensors(file);
  return sealed(await serializeSafetensors(tensors, { ...metadata, ...texts }));
}

const parsed = parseCheckpoint(file);
const text = (key: 'position' | 'history' | 'random' | 'settings', change: object) =>
  JSON.stringify({ ...parsed[key], ...change });
const cases: [what: string, texts: Record<string, string>, message: RegExp][] = [
  [
    'another format',
    { format: 'boundgrad checkpoint 3' },
    /another format: 'boundgrad checkpoint 3'; this version reads/,
  ],
  ['a text that is not JSON', { position: '{' }, /position: not JSON/],
  ['a position of null', { position: 'null' }, /position: must be an object: null/],
  ['epoch 0', { position: text('position', { epoch: 0 }) }, /position.epoch: must be an integer of at least 1: 0/],
  [
    'half a batch',
    { position: text('position', { batch: 1.5 }) },
    /position.batch: must be an integer of at least 0: 1.5/,
  ],
  ['missing sums', { position: text('position', { sums: undefined }) }, /position.sums: must be an object: nothing/],
  [
    'an infinite number',
    { position: text('position', {}).replace(/"seconds":[^,}]+/, '"seconds":1e999') },
    /seconds: must be a number: Infinity/,
  ],
  ['a history that is not a list', { history: '{"0":1}' }, /history: must be a list/],
  [
    'an epoch that is a string',
    { history: '[{"epoch":"one"}]' },
    /history\[0\].epoch: must be an integer of at least 1: "one"/,
  ],
  [
    'a stream of three words',
    { random: '{"":{"seed":1,"streams":{"a":{"words":[1,2,3],"spare":null}}}}' },
    /words: must be a list of 4/,
  ],
  [
    'a word of 33 bits',
    { random: '{"":{"seed":1,"streams":{"a":{"words":[4294967296,2,3,4],"spare":null}}}}' },
    /words\[0\]: must be an integer of 32 bits/,
  ],
  ['a seed that is not an integer', { random: '{"":{"seed":0.5,"streams":{}}}' }, /seed: must be an integer: 0.5/],
  ['a key __proto__', { callbacks: '{"a":{"__proto__":{"x":1}}}' }, /callbacks.a: a key that is refused: "__proto__"/],
  [
    'a key __proto__ in a group',
    { optimizer: JSON.stringify(parsed.optimizer.meta).replace('"lr"', '"__proto__"') },
    /groups\[0\]: a key that is refused/,
  ],
  [
    '5,000 nested lists',
    { callbacks: `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}` },
    /callbacks.a: nested too deep: more than 16 levels/,
  ],
  ['a text of 16 MB', { callbacks: `{"a":"${'x'.repeat(2 ** 24)}"}` }, /callbacks: too long: 16777224 characters/],
  [
    'a negative number of steps',
    { optimizer: JSON.stringify({ ...parsed.optimizer.meta, steps: -1 }) },
    /optimizer.steps: must be an integer/,
  ],
];
for (const [what, texts, message] of cases) {
  hostile(`a file with ${what} is refused with the reason, though its checksum is right`, async () => {
    const error = refusal(await altered(texts));
    assert.instance(error, DataError);
    assert.match(error!.message, message);
    assert.match(error!.message, /^checkpoint: /);
    assert.ok(error!.message.length < 300, 'a short message');
  });
}

hostile('a file that is not a checkpoint is refused', async () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(100)]) {
    assert.match(
      refusal(bytes)!.message,
      /^checkpoint: not a checkpoint, or damaged: it does not begin with a checksum$/,
    );
  }
  assert.match(
    refusal(await serializeSafetensors({ a: tensor(1) }))!.message,
    /it does not begin with a checksum; are these weights alone\? model.loadStateDict\(parseSafetensors\(bytes\).tensors\)/,
  );
  // A page that fetches a checkpoint under a wrong name gets an error page of the server.
  assert.match(
    refusal(new TextEncoder().encode('404 - Not Found\n'))!.message,
    /does not begin with a checksum; it is a text: '404 - Not Found'$/,
  );
  const { tensors, metadata } = parseSafetensors(file);
  const { position: _, ...rest } = metadata;
  assert.match(refusal(sealed(await serializeSafetensors(tensors, rest)))!.message, /checkpoint: position: missing/);
});

hostile('each of 400 files with random damage and the right checksum is read or refused with DataError', () =>
  readOrRefuse(file, 400),
);
