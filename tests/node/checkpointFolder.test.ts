// A folder of checkpoints, with damaged files, kills and full disks.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '../../core/index.js';
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from '../../fit/index.js';
import { type CheckpointFolder, checkpointFolder, readCheckpoint } from '../../node/checkpointFolder.js';
import { temporary } from '../cli/command.js';
import { Kept, run } from '../fit/training.js';
import { afterFile, assert, subject } from '../spec.js';

const folders = subject('Checkpoint folder');
const kept = new Kept();
await run({ checkpoints: kept, maxSteps: 4 });
const parsed = parseCheckpoint(kept.files.at(-1)!.file);
const space = temporary();
let number = 0;
const fresh = () => join(space, `folder-${number++}`);

/** The file of a checkpoint after this number of steps. */
async function at(step: number): Promise<Uint8Array> {
  const { optimizer, ...rest } = parsed;
  return serializeCheckpoint({ ...rest, optimizer: { ...optimizer, meta: { ...optimizer.meta, steps: step } } });
}
const stepOf = (found: { checkpoint: Checkpoint } | null) => found?.checkpoint.optimizer.meta.steps;

async function filled(path: string, ...steps: number[]): Promise<CheckpointFolder> {
  const folder = checkpointFolder(path);
  for (const step of steps) await folder.save(await at(step), step);
  return folder;
}

folders('the last two checkpoints are kept, by number of steps and not by name', async () => {
  const path = fresh();
  const folder = await filled(path, 5, 9, 10, 100);
  assert.equal(readdirSync(path).sort(), ['lock', 'step-10.safetensors', 'step-100.safetensors']);
  assert.is(stepOf(await folder.latest()), 100);
  folder.close();
});

folders('a cleared folder has no checkpoint', async () => {
  const folder = await filled(fresh(), 1, 2);
  folder.clear();
  assert.is(await folder.latest(), null);
  folder.close();
});

folders('a damaged checkpoint is skipped with a note, and renamed after the next one is written', async () => {
  const path = fresh();
  const folder = await filled(path, 10, 20);
  const last = join(path, 'step-20.safetensors');
  writeFileSync(last, readFileSync(last).subarray(0, 1000));
  const found = (await folder.latest())!;
  assert.is(stepOf(found), 10);
  assert.match(
    found.notes.join(),
    /^'.*step-20\.safetensors': checkpoint: truncated or damaged: .*; used step-10\.safetensors instead$/,
  );
  await folder.save(await at(15), 15);
  const damaged = /^step-20\.safetensors\.\d+\.[0-9a-f]{16}\.damaged$/;
  assert.equal(
    readdirSync(path)
      .sort()
      .map((name) => name.replace(damaged, 'aside')),
    ['lock', 'step-10.safetensors', 'step-15.safetensors', 'aside'],
  );
  const [aside] = readdirSync(path).filter((name) => damaged.test(name));
  assert.is(readFileSync(join(path, aside)).length, 1000);
  folder.close();
});

folders(
  'a file that is not a whole checkpoint is never removed: save() renames a damaged one and is refused by any other, and clear() is refused',
  async () => {
    const path = fresh();
    const folder = await filled(path, 10, 20);
    const whole = Buffer.from(await at(30));
    const edited = Buffer.from(whole);
    edited[edited.length - 1] ^= 1;
    for (const [bytes, renamed] of [
      [whole.subarray(0, 200), true],
      [edited, true],
      [Buffer.from(`12345678${whole.toString('latin1', 8, 300)}`, 'latin1'), false],
      [Buffer.from(`${whole.toString('latin1', 0, 37)}00000000","mine":"x".${'y'.repeat(200)}`, 'latin1'), false],
      [whole.subarray(0, 50), false],
    ] as const) {
      const file = join(path, 'step-30.safetensors');
      writeFileSync(file, bytes);
      assert.throws(
        () => folder.clear(),
        /^cannot remove '.*step-30\.safetensors': it is not a whole checkpoint; move it/,
      );
      const error = await folder.save(whole, 30).catch((e) => e);
      assert.is(error === undefined, renamed);
      const kept = readdirSync(path).map((name) => readFileSync(join(path, name)));
      assert.ok(
        kept.some((k) => k.equals(bytes)),
        `${bytes.length} bytes`,
      );
      unlinkSync(file);
      await folder.save(await at(20), 20);
    }
    folder.clear();
    assert.equal(
      readdirSync(path).filter((name) => !name.endsWith('.damaged')),
      ['lock'],
    );
    folder.close();
  },
);

folders('a file of another program that has the name of a checkpoint is neither replaced nor removed', async () => {
  const path = fresh();
  const folder = await filled(path, 10, 20);
  const texts = { 5: 'precious', 15: '12345678{"weight":{"dtype":"F32"}}', 30: 'x'.repeat(100) };
  for (const [step, text] of Object.entries(texts)) writeFileSync(join(path, `step-${step}.safetensors`), text);
  await folder.save(await at(25), 25);
  const save = folder.save(await at(30), 30).catch((e) => e);
  assert.match(
    (await save).message,
    /^cannot write '.*step-30\.safetensors': the file there is not a checkpoint; step-25\.safetensors is intact$/,
  );
  assert.throws(
    () => folder.clear(),
    /^cannot remove '.*step-30\.safetensors': it is not a whole checkpoint; move it elsewhere$/,
  );
  for (const [step, text] of Object.entries(texts))
    assert.is(readFileSync(join(path, `step-${step}.safetensors`), 'utf8'), text);
  assert.is(stepOf(await folder.latest()), 25);
  folder.close();
});

folders('if no checkpoint can be read, latest() throws instead of starting over', async () => {
  const path = fresh();
  const folder = await filled(path, 1, 2);
  for (const step of [1, 2]) writeFileSync(join(path, `step-${step}.safetensors`), '');
  const error = await folder.latest().catch((e) => e);
  assert.instance(error, DataError);
  assert.match(
    error.message,
    /^no checkpoint can be read: '.*step-2.*': .*; '.*step-1.*': .*; remove them to start over$/,
  );
  folder.close();
});

folders(
  'opening the folder removes the unfinished files of a killed process, and clear() the checkpoints; files of other names stay',
  async () => {
    const path = fresh();
    mkdirSync(path);
    for (const name of ['step-3.safetensors.4194304.tmp', 'notes.tmp', 'step-x.safetensors', 'step-3.safetensors.bak'])
      writeFileSync(join(path, name), '');
    const folder = await filled(path, 1, 2, 3);
    folder.clear();
    folder.close();
    assert.equal(readdirSync(path).sort(), ['notes.tmp', 'step-3.safetensors.bak', 'step-x.safetensors']);
  },
);

folders('readCheckpoint takes a file or a folder, also while a run uses the folder', async () => {
  const path = fresh();
  const folder = await filled(path, 1, 2);
  assert.equal([stepOf(readCheckpoint(path)), readCheckpoint(path).path], [2, join(path, 'step-2.safetensors')]);
  assert.is(stepOf(readCheckpoint(join(path, 'step-1.safetensors'))), 1);
  folder.close();
  assert.throws(() => readCheckpoint(join(path, 'none')), /^cannot read '.*none': no such file$/);
  assert.throws(() => readCheckpoint(space), /no checkpoint: no step-\*\.safetensors/);
  writeFileSync(join(path, 'foreign'), 'x');
  assert.throws(() => readCheckpoint(join(path, 'foreign')), /'.*foreign': checkpoint: not a checkpoint/);
});

folders('a folder is refused where there is a file, or where nothing can be written', () => {
  const path = fresh();
  writeFileSync(path, '');
  assert.throws(() => checkpointFolder(path), /^cannot write '.*': there is a file of that name$/);
  assert.throws(() => checkpointFolder('/proc/none'), /^cannot write '\/proc\/none': /);
});

const disk = mkdtempSync(join(tmpdir(), 'boundgrad-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=40k', 'tmpfs', disk]).status === 0;
afterFile(() => {
  if (mounted) spawnSync('umount', ['-l', disk]);
  rmdirSync(disk);
});
const sentence = 'on a full disk save() throws, earlier checkpoints stay intact, and it works again once there is room';
if (mounted) {
  folders(sentence, async () => {
    const path = join(disk, 'run');
    const folder = await filled(path, 1, 2);
    assert.throws(() => {
      for (;;) appendFileSync(join(disk, 'other'), new Uint8Array(4096));
    }, /ENOSPC/);
    const error = await folder.save(await at(3), 3).catch((e) => e);
    assert.instance(error, DataError);
    assert.match(
      error.message,
      /^cannot write '.*step-3\.safetensors': the disk is full; step-2\.safetensors is intact$/,
    );
    assert.equal(readdirSync(path).sort(), ['lock', 'step-1.safetensors', 'step-2.safetensors']);
    assert.is(stepOf(await folder.latest()), 2);
    unlinkSync(join(disk, 'other'));
    await folder.save(await at(3), 3);
    assert.is(stepOf(await folder.latest()), 3);
    folder.close();
  });
} else folders.skip(sentence, 'mount is not permitted here');
