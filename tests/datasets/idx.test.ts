import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from '../../core/index.js';
import { parseIdx } from '../../datasets/index.js';
import { fashionMnist, mnist } from '../../node/datasets.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { withFiles } from './withFiles.js';

/** The bytes of an IDX file: the header for a shape, then the data. */
function idx(shape: number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((n, i) => view.setUint32(4 + 4 * i, n));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

const bytes = (n: number) => Uint8Array.from({ length: n }, (_, i) => i % 251);

function refuses(body: () => unknown, message: RegExp): void {
  assert.throws(body, (e: unknown) => e instanceof DataError && message.test(e.message));
}

const test = subject('parseIdx');

test('images and labels are read with their shape and bytes, also from a view of a larger buffer', () => {
  const file = idx([2, 3, 4], bytes(24));
  const framed = new Uint8Array(file.length + 7);
  framed.set(file, 5);
  for (const b of [file, framed.subarray(5, 5 + file.length), Buffer.from(file)]) {
    const { shape, data } = parseIdx(b, 'images');
    assert.equal(shape, [2, 3, 4]);
    assert.equal([...data], [...bytes(24)]);
  }
  assert.equal([...parseIdx(idx([3], Uint8Array.of(7, 0, 9)), 'labels').data], [7, 0, 9]);
});

test('an array without elements is valid', () => {
  assert.equal(parseIdx(idx([0, 28, 28], bytes(0)), 'none').shape, [0, 28, 28]);
});

test('a file cut at any byte is refused by name, with the expected size and the actual one', () => {
  const file = idx([2, 3, 4], bytes(24));
  for (let n = 0; n < file.length; n++) {
    refuses(() => parseIdx(file.subarray(0, n), 'x/images'), new RegExp(`^x/images: truncated: found ${n} bytes`));
  }
  refuses(() => parseIdx(file.subarray(0, 39), 'f'), /found 39 bytes, expected 40 for shape \(2,3,4\)/);
  refuses(() => parseIdx(file.subarray(0, 12), 'f'), /found 12 bytes, the header of 3 axes has 16/);
});

test('trailing bytes are refused', () => {
  const file = idx([2, 2], bytes(5));
  refuses(() => parseIdx(file, 'f'), /^f: trailing bytes: found 17 bytes, expected 16 for shape \(2,2\)/);
});

test('another magic number is refused, whichever of its four bytes differs', () => {
  const change = (at: number, value: number) => {
    const file = idx([2, 2], bytes(4));
    file[at] = value;
    return file;
  };
  refuses(() => parseIdx(change(0, 1), 'f'), /it begins 0x01000802; expected 0x00000803/);
  refuses(() => parseIdx(change(1, 1), 'f'), /0x00010802/);
  refuses(() => parseIdx(change(2, 0x0d), 'f'), /0x00000d02/);
  refuses(() => parseIdx(change(3, 0), 'f'), /0x00000800/);
  refuses(() => parseIdx(gzipSync(idx([2, 2], bytes(4))), 'f'), /0x1f8b0800/);
});

test('a header that states more bytes than memory holds is refused at once', () => {
  refuses(() => parseIdx(idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], bytes(8)), 'f'), /truncated: found 24 bytes/);
  refuses(() => parseIdx(idx(new Array(255).fill(2 ** 32 - 1), bytes(0)), 'f'), /expected Infinity/);
  refuses(() => parseIdx(idx([...new Array(254).fill(2 ** 32 - 1), 0], bytes(0)), 'f'), /found 1024 bytes/);
});

const folder = subject('fashionMnist and mnist');

const images = (n: number, rows = 28) => idx([n, rows, 28], bytes(n * rows * 28));
const labels = (...values: number[]) => idx([values.length], Uint8Array.from(values));
const TRAIN = { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' };

folder('plain and gzipped files give the same data set, for the training and the test part', () =>
  withFiles(
    {
      [TRAIN.images]: images(3),
      [`${TRAIN.labels}.gz`]: gzipSync(labels(9, 0, 4)),
      't10k-images-idx3-ubyte.gz': gzipSync(images(2)),
      't10k-labels-idx1-ubyte': labels(1, 2),
    },
    async (dir) => {
      const train = await fashionMnist({ dir });
      const digits = await mnist({ dir, train: false });
      assert.equal([train.name, train.length, train.shape], ['Fashion-MNIST train', 3, [1, 28, 28]]);
      assert.equal([digits.name, digits.length], ['MNIST test', 2]);
      assert.equal([...train.labels], [9, 0, 4]);
      assert.equal([...train.pixels], [...bytes(3 * 784)]);
      assert.equal([...digits.pixels], [...bytes(2 * 784)]);
      assert.is(train.classes[9], 'Ankle boot');
      assert.is(digits.classes[7], '7');
    },
  ),
);

folder('a missing folder or file is named, with the expected files and their source', () =>
  withFiles({ [TRAIN.images]: images(1) }, async (dir) => {
    await rejects(
      fashionMnist({ dir: join(dir, 'nowhere') }),
      /no such file: .*nowhere.train-images-idx3-ubyte, nor with \.gz; .*train-labels-idx1-ubyte.*github\.com\/zalandoresearch/,
      DataError,
    );
    await rejects(fashionMnist({ dir }), /no such file: .*train-labels-idx1-ubyte, nor/, DataError);
    await rejects(
      mnist({ dir, train: false }),
      /MNIST: no such file: .*t10k-images-idx3-ubyte, .*ossci-datasets/,
      DataError,
    );
    await rejects(fashionMnist({ dir: join(dir, TRAIN.images) }), /no such file/, DataError);
  }),
);

folder('different numbers of images and labels are refused', () =>
  withFiles({ [TRAIN.images]: images(3), [TRAIN.labels]: labels(1, 2) }, (dir) =>
    rejects(
      fashionMnist({ dir }),
      /train-labels-idx1-ubyte: .*differ in number: 2 labels for the 3 images of .*train-images/,
      DataError,
    ),
  ),
);

folder('label 10 is refused', () =>
  withFiles({ [TRAIN.images]: images(2), [TRAIN.labels]: labels(9, 10) }, (dir) =>
    rejects(fashionMnist({ dir }), /a label names no class: 10 of image 1; allowed are 0\.\.9/, DataError),
  ),
);

folder('images of another size, no images, and labels in place of images are refused', async () => {
  const cases: [Uint8Array, Uint8Array, RegExp][] = [
    [images(2, 27), labels(1, 2), /train-images-idx3-ubyte: not images: shape \(2,27,28\); expected \(n,28,28\)/],
    [images(0), labels(), /not images: shape \(0,28,28\)/],
    [labels(1), labels(1), /not images: shape \(1\)/],
    [images(1), images(1), /train-labels-idx1-ubyte: not labels: shape \(1,28,28\)/],
  ];
  for (const [x, y, message] of cases) {
    await withFiles({ [TRAIN.images]: x, [TRAIN.labels]: y }, (dir) =>
      rejects(fashionMnist({ dir }), message, DataError),
    );
  }
});

folder('a truncated, damaged or foreign gzip file is refused by name', async () => {
  const packed = gzipSync(images(2));
  const damaged = packed.map((b, i) => (i === packed.length - 6 ? b ^ 1 : b));
  for (const file of [packed.subarray(0, 9), packed.subarray(0, packed.length - 1), damaged, images(2)]) {
    await withFiles({ [`${TRAIN.images}.gz`]: file, [TRAIN.labels]: labels(1, 2) }, (dir) =>
      rejects(
        fashionMnist({ dir }),
        /train-images-idx3-ubyte\.gz: cannot be read: .*; truncated or damaged\?/,
        DataError,
      ),
    );
  }
});

folder(
  'a file that is larger than the largest data set, packed or unpacked, is refused before it fills memory',
  async () => {
    const limit = 16 + 60_000 * 28 * 28;
    const bomb = gzipSync(new Uint8Array(limit + 1));
    assert.ok(bomb.length < 100_000, 'a small file');
    await withFiles({ [`${TRAIN.images}.gz`]: bomb, [TRAIN.labels]: labels(1) }, (dir) =>
      rejects(fashionMnist({ dir }), /ubyte\.gz: too large: it unpacks to more than 47040016 bytes/, DataError),
    );
    await withFiles({ [TRAIN.images]: new Uint8Array(limit + 1), [TRAIN.labels]: labels(1) }, (dir) =>
      rejects(
        fashionMnist({ dir }),
        /ubyte: cannot be read: too large: 47040017 bytes, expected at most 47040016/,
        DataError,
      ),
    );
  },
);
