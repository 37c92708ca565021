import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, ValueError } from '../../core/index.js';
import { parseCifar10 } from '../../datasets/index.js';
import { cifar10 } from '../../node/datasets.js';
import { rejects } from '../refusal.js';
import { assert, close, subject } from '../spec.js';
import { withFiles } from './withFiles.js';

const test = subject('CIFAR-10');

/** Entries with the given labels. Pixel k of entry i is (7 i + k) mod 251, so that entries, channels and rows differ. */
function entries(...labels: number[]): Uint8Array {
  return Uint8Array.from({ length: 3073 * labels.length }, (_, at) => {
    const [i, k] = [Math.floor(at / 3073), (at % 3073) - 1];
    return k < 0 ? labels[i] : (7 * i + k) % 251;
  });
}

const five = Object.fromEntries([1, 2, 3, 4, 5].map((b) => [`data_batch_${b}.bin`, entries(b, 0, 9)]));

test('an entry is a label, then the red, green and blue planes, row by row', () => {
  const { pixels, labels } = parseCifar10([{ bytes: entries(3, 8), name: 'f' }]);
  assert.equal([...labels], [3, 8]);
  assert.is(pixels.length, 2 * 3072);
  // Image 1, channel 2, row 5, column 6.
  assert.is(pixels[3072 + 2 * 1024 + 5 * 32 + 6], (7 + 2 * 1024 + 5 * 32 + 6) % 251);
});

test('training batches are read in the requested order, test images from their own file, normalized by channel', () =>
  withFiles({ ...five, 'test_batch.bin': entries(6) }, async (dir) => {
    const all = await cifar10({ dir });
    assert.equal([...all.labels], [1, 0, 9, 2, 0, 9, 3, 0, 9, 4, 0, 9, 5, 0, 9]);
    assert.equal([all.name, all.shape, all.classes[6]], ['CIFAR-10 train', [3, 32, 32], 'frog']);
    const some = await cifar10({ dir, batches: [4, 2] });
    assert.equal([some.name, ...some.labels], ['CIFAR-10 train, batches 4, 2', 4, 0, 9, 2, 0, 9]);
    const held = await cifar10({ dir, train: false });
    assert.equal([held.name, ...held.labels], ['CIFAR-10 test', 6]);
    const { inputs } = held.batch([0]);
    // 1024 is 20 mod 251.
    const normalized = [(10 / 255 - 0.4914) / 0.2023, (30 / 255 - 0.4822) / 0.1994, (50 / 255 - 0.4465) / 0.201];
    // Rounded to float32 once.
    close([inputs[10], inputs[1024 + 10], inputs[2048 + 10]], normalized, 1e-7);
  }));

test('a missing batch is refused by name, unless the options exclude it', async () => {
  const { 'data_batch_3.bin': _, ...four } = five;
  await withFiles(four, async (dir) => {
    await rejects(
      cifar10({ dir }),
      /^CIFAR-10: no such file: .*data_batch_3\.bin; .*cs\.toronto\.edu.*; `batches` selects the files to load$/,
      DataError,
    );
    assert.is((await cifar10({ dir, batches: [1, 2, 4, 5] })).length, 12);
    await rejects(cifar10({ dir, batches: [3] }), /no such file: .*data_batch_3\.bin/, DataError);
    await rejects(cifar10({ dir, train: false }), /no such file: .*test_batch\.bin; .*cifar\.html$/, DataError);
    await rejects(cifar10({ dir: join(dir, 'nowhere') }), /no such file: .*nowhere.data_batch_1\.bin/, DataError);
  });
});

test('a file with no entry, half an entry, or an extra byte is refused by name', async () => {
  for (const length of [0, 1, 1536, 3072, 3074, 2 * 3073 - 1]) {
    await withFiles({ 'data_batch_1.bin': entries(1, 2).slice(0, length) }, (dir) =>
      rejects(
        cifar10({ dir, batches: [1] }),
        new RegExp(`data_batch_1\\.bin: not one or more whole images: ${length} bytes, at 3073 bytes each`),
        DataError,
      ),
    );
  }
});

test('a label above 9 is refused, with the file and the entry', () =>
  withFiles({ ...five, 'data_batch_2.bin': entries(1, 9, 10) }, (dir) =>
    rejects(
      cifar10({ dir }),
      /data_batch_2\.bin: a label names no class: 10 of image 2; allowed are 0\.\.9/,
      DataError,
    ),
  ));

test('a file of more than 60,000 entries is refused before it is read', () =>
  withFiles({ 'test_batch.bin': new Uint8Array(60_001 * 3073) }, (dir) =>
    rejects(cifar10({ dir, train: false }), /test_batch\.bin: cannot be read: too large: 184383073 bytes/, DataError),
  ));

test('batches that do not exist are refused', () =>
  withFiles(five, async (dir) => {
    for (const batches of [[], [0], [6], [1, 1], [1.5]]) {
      await rejects(
        cifar10({ dir, batches }),
        /cifar10: batches must be distinct numbers in 1\.\.5, with train: true/,
        ValueError,
      );
    }
    await rejects(cifar10({ dir, train: false, batches: [1] }), /\[1\], train: false/, ValueError);
  }));

const dir = join(process.env.BOUNDGRAD_DATA ?? '', 'cifar-10-batches-bin');
const sentence = 'the full files have balanced classes, and the means and deviations of the normalization within 0.005';
if (!process.env.BOUNDGRAD_DATA || !existsSync(join(dir, 'data_batch_1.bin'))) {
  test.skip(sentence, 'BOUNDGRAD_DATA names no folder that holds cifar-10-batches-bin');
} else {
  test(sentence, async () => {
    for (const set of [await cifar10({ dir, batches: [1] }), await cifar10({ dir, train: false })]) {
      const counts = new Array<number>(10).fill(0);
      for (const label of set.labels) counts[label]++;
      // A training batch is random, with about 1,000 images of each class, within 110; the test batch has exactly 1,000.
      assert.ok(Math.max(...counts.map((c) => Math.abs(c - set.length / 10))) <= 0.011 * set.length, counts.join());
      const mean = [0, 0, 0];
      const deviation = [0, 0, 0];
      for (let plane = 0; plane < 3 * set.length; plane++) {
        let sum = 0;
        let squares = 0;
        for (const v of set.pixels.subarray(1024 * plane, 1024 * (plane + 1))) {
          sum += v / 255;
          squares += (v / 255) ** 2;
        }
        mean[plane % 3] += sum / 1024 / set.length;
        deviation[plane % 3] += Math.sqrt(Math.max(0, squares / 1024 - (sum / 1024) ** 2)) / set.length;
      }
      // The means of single images have a standard deviation of 0.12, so the mean of 10,000 has a standard error of 0.0012. Copies made from
      // JPEG pictures differ a little more.
      for (const [found, used] of [
        [mean, [0.4914, 0.4822, 0.4465]],
        [deviation, [0.2023, 0.1994, 0.201]],
      ]) {
        found.forEach((v, c) => assert.ok(Math.abs(v - used[c]) < 0.005, `${set.name}: ${found} for ${used}`));
      }
    }
  });
}
