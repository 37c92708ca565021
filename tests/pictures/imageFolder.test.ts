// Data sets of pictures in folders: what is read, in which order, at which size, and what is refused.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataError } from '../../core/index.js';
import { imageBlobs, type Picture, pictureOf } from '../../datasets/index.js';
import { writeResized } from '../../datasets/pictures/resize.js';
import { imageFolder, readPicture } from '../../node/index.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { jpegs, png, withOrientation } from './encode.js';

const test = subject('imageFolder');

/** Runs the body with a folder that contains these files. */
async function inFolder(
  files: Record<string, Uint8Array | string>,
  body: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'pictures-'));
  try {
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), bytes);
    }
    await body(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A PNG of one colour. */
const plain = (red: number, green: number, blue: number, width = 2, height = 2) =>
  png({ width, height, samples: Array.from({ length: width * height }, () => [red, green, blue]).flat() });

async function refuses(body: () => Promise<unknown>, message: RegExp): Promise<void> {
  const { message: text } = await refusalOf(body, DataError);
  assert.match(text, message);
  assert.not.match(text, '\n');
}

test('classes and files are in the order of their names, by characters; names that begin with a dot, and files that are not pictures, are skipped', async () => {
  const files = {
    'b/10.png': plain(3, 0, 0),
    'b/9.PNG': plain(4, 0, 0),
    'a/x.jpeg': jpegs().baseline.file,
    'B/x.png': plain(1, 0, 0),
    'b/.hidden.png': 'no picture',
    'b/notes.txt': 'text',
    '.git/config': 'text',
    'README.md': 'text',
  };
  await inFolder(files, async (dir) => {
    const data = await imageFolder(dir, { size: 1 });
    assert.equal([data.classes, data.length, data.shape], [['B', 'a', 'b'], 4, [3, 1, 1]]);
    assert.equal([...data.labels], [0, 1, 2, 2]);
    assert.equal(
      [0, 2, 3].map((i) => data.pixels[3 * i]),
      [1, 3, 4],
    );
    const again = await imageFolder(pathToFileURL(dir), { size: 1 });
    assert.equal([...again.pixels], [...data.pixels]);
  });
});

test('inputs have mean 0 and deviation 1 in each channel, or are normalized with given statistics, for example those of other pictures', async () => {
  const files = { 'a/1.png': plain(0, 10, 50), 'a/2.png': plain(100, 20, 50), 'b/1.png': plain(200, 60, 50) };
  await inFolder(files, async (dir) => {
    const data = await imageFolder(dir, { size: 2 });
    const { mean, std } = data.preparation.pixels!;
    const near = (list: readonly number[], expected: number[]) =>
      assert.ok(
        list.every((v, i) => Math.abs(v - expected[i]) < 1e-12),
        `${list}`,
      );
    near(mean, [100 / 255, 30 / 255, 50 / 255]);
    // A constant channel is only shifted.
    near(std, [Math.sqrt(20000 / 3) / 255, Math.sqrt(1400 / 3) / 255, 1]);
    const { inputs } = data.batch([0, 1, 2]);
    const channel = (c: number) => [0, 1, 2].flatMap((i) => [...inputs.subarray((3 * i + c) * 4, (3 * i + c + 1) * 4)]);
    for (const c of [0, 1]) {
      const values = channel(c);
      assert.ok(Math.abs(values.reduce((sum, v) => sum + v, 0)) < 1e-5);
      assert.ok(Math.abs(values.reduce((sum, v) => sum + v * v, 0) / values.length - 1) < 1e-6);
    }
    const other = await imageFolder(dir, { size: 2, mean: [0, 0, 0], std: [1, 1, 1], classes: ['z', 'b', 'a'] });
    assert.equal([...other.labels], [2, 2, 1]);
    assert.ok(Math.abs(other.batch([1]).inputs[0] - 100 / 255) < 1e-7);
  });
});

const picture = (width: number, height: number, rgb: number[], orientation = 1): Picture => ({
  ...{ width, height, rgb, orientation },
});
const resized = (p: Picture, shape: [number, number, number]) => {
  const into = new Uint8Array(shape[0] * shape[1] * shape[2]);
  writeResized(p, shape, into);
  return [...into];
};
const grey = (...values: number[]) => values.flatMap((v) => [v, v, v]);

test('enlarging interpolates between pixels, reducing averages areas with parts of pixels, and the same size changes nothing', () => {
  assert.equal(resized(picture(4, 1, grey(0, 100, 200, 40)), [1, 1, 2]), [50, 120]);
  // Three pixels over two: the middle one counts half in each.
  assert.equal(resized(picture(3, 1, grey(0, 90, 240)), [1, 1, 2]), [30, 190]);
  assert.equal(resized(picture(1, 3, grey(0, 90, 240)), [1, 2, 1]), [30, 190]);
  assert.equal(resized(picture(2, 1, grey(0, 100)), [1, 1, 4]), [0, 25, 75, 100]);
  // One axis smaller, one larger.
  assert.equal(resized(picture(2, 2, grey(0, 100, 40, 60)), [1, 4, 1]), [50, 50, 50, 50]);
  const any = Array.from({ length: 30 * 3 }, (_, i) => (i * 37) % 256);
  assert.equal(
    resized(picture(6, 5, any), [3, 5, 6]),
    [0, 1, 2].flatMap((c) => any.filter((_, i) => i % 3 === c)),
  );
  assert.equal(resized(picture(7, 5, new Array(105).fill(255)), [3, 3, 4]), new Array(36).fill(255));
});

test('grey is 0.299 red + 0.587 green + 0.114 blue', () => {
  assert.equal(resized(picture(3, 1, [255, 0, 0, 0, 255, 0, 0, 0, 255]), [1, 1, 3]), [76, 150, 29]);
});

test("EXIF's eight orientations give the upright picture", () => {
  // Upright, the picture has the rows 1 2 3 and 4 5 6. This is what a camera stores for each orientation (EXIF 2.32, figure 6).
  const stored: [number[], number, number][] = [
    [[1, 2, 3, 4, 5, 6], 3, 2],
    [[3, 2, 1, 6, 5, 4], 3, 2],
    [[6, 5, 4, 3, 2, 1], 3, 2],
    [[4, 5, 6, 1, 2, 3], 3, 2],
    [[1, 4, 2, 5, 3, 6], 2, 3],
    [[3, 6, 2, 5, 1, 4], 2, 3],
    [[6, 3, 5, 2, 4, 1], 2, 3],
    [[4, 1, 5, 2, 6, 3], 2, 3],
  ];
  stored.forEach(([values, width, height], i) => {
    assert.equal(
      resized(picture(width, height, grey(...values), i + 1), [1, 2, 3]),
      [1, 2, 3, 4, 5, 6],
      `orientation ${i + 1}`,
    );
  });
});

test('a rotated JPEG is upright in the data set', async () => {
  const { file } = jpegs().baseline;
  await inFolder({ 'a/1.jpg': file, 'a/2.jpg': withOrientation(file, 3, true) }, async (dir) => {
    const data = await imageFolder(dir, { size: [13, 20] });
    const [first, second] = [0, 1].map((i) => [...data.pixels.subarray(i * 780, i * 780 + 260)]);
    assert.equal(second.reverse(), first);
  });
});

test('the error for a damaged picture names its path', async () => {
  const good = plain(1, 2, 3);
  for (const [name, bytes, why] of [
    ['a/1.png', good.subarray(0, 50), /a[/\\]1\.png: truncated/],
    ['a/1.jpg', jpegs().progressive.file.subarray(0, 500), /a[/\\]1\.jpg: truncated/],
    ['a/1.png', 'text', /a[/\\]1\.png: not a picture that is known; save it as PNG or JPEG/],
    ['a/1.png', '', /a[/\\]1\.png: an empty file/],
  ] as const) {
    await inFolder({ [name]: bytes, 'b/1.png': good }, (dir) => refuses(() => imageFolder(dir, { size: 2 }), why));
  }
});

test('entries of the folder that are not regular files are refused: links, also in place of a class, pipes, and folders in a class', async () => {
  const good = plain(1, 2, 3);
  const cases: [RegExp, (dir: string, outside: string) => void][] = [
    [/2\.png: it is a symbolic link/, (dir, outside) => symlinkSync(join(outside, 'x.png'), join(dir, 'a/2.png'))],
    [/2\.png: it is a symbolic link/, (dir) => symlinkSync('/nowhere', join(dir, 'a/2.png'))],
    [/b: it is a symbolic link/, (dir, outside) => symlinkSync(outside, join(dir, 'b'))],
    [/cannot read '.*2\.png': it is a pipe/, (dir) => execFileSync('mkfifo', [join(dir, 'a/2.png')])],
    [/sub: a folder in a class's folder/, (dir) => mkdirSync(join(dir, 'a/sub'))],
    [/cannot read '.*2\.png': too large/, (dir) => truncateSync(huge(dir), 200 * 2 ** 20)],
  ];
  const huge = (dir: string) => {
    writeFileSync(join(dir, 'a/2.png'), '');
    return join(dir, 'a/2.png');
  };
  await inFolder({ 'x.png': good }, async (outside) => {
    for (const [why, spoil] of cases) {
      await inFolder({ 'a/1.png': good }, async (dir) => {
        spoil(dir, outside);
        await refuses(() => imageFolder(dir, { size: 2 }), why);
      });
    }
    // A second name of a file is a regular file, and it is only read.
    await inFolder({ 'a/1.png': good }, async (dir) => {
      linkSync(join(outside, 'x.png'), join(dir, 'a/2.png'));
      assert.is((await imageFolder(dir, { size: 2 })).length, 2);
      // The folder that the caller names may be a link, and so may a single picture.
      symlinkSync(dir, join(outside, 'link'));
      assert.is((await imageFolder(join(outside, 'link'), { size: 2 })).length, 2);
      assert.is((await readPicture(join(outside, 'link/a/2.png'))).width, 2);
    });
  });
});

test('folders that are not a data set are refused: missing ones, loose pictures, empty classes, unknown classes, other formats', async () => {
  const good = plain(1, 2, 3);
  const load = (dir: string, options = {}) => imageFolder(dir, { size: 2, ...options });
  await inFolder({ 'file.txt': 'x' }, async (dir) => {
    await refuses(() => load(dir), /no pictures: it must have a folder for each class/);
    await refuses(() => load(join(dir, 'none')), /none: cannot be read: no such folder/);
    await refuses(() => load(join(dir, 'file.txt')), /file\.txt: cannot be read: it is not a folder/);
  });
  await inFolder({ 'a/1.png': good, '2.jpg': good }, (dir) =>
    refuses(() => load(dir), /2\.jpg: it is in no class's folder/),
  );
  await inFolder({ 'a/1.png': good, 'b/x.txt': '' }, (dir) => refuses(() => load(dir), /b: a class without pictures/));
  await inFolder({ 'a/1.png': good, 'a/2.webp': '' }, (dir) =>
    refuses(() => load(dir), /2\.webp: pictures of this kind are not decoded/),
  );
  await inFolder({ 'a/1.png': good }, (dir) =>
    refuses(() => load(dir, { classes: ['b'] }), /a: not one of the classes b/),
  );
});

test('options out of range are refused', async () => {
  await inFolder({ 'a/1.png': plain(1, 2, 3) }, async (dir) => {
    for (const [options, why] of [
      [{}, /imageFolder: size.* a number, or \[rows, columns\]/],
      [{ size: 0 }, /size/],
      [{ size: 5000 }, /at most 4096/],
      [{ size: 8, channels: 4 }, /channels must be 1 or 3: 4/],
      [{ size: 8, channels: '3' as never }, /channels must be 1 or 3/],
      [{ size: 8, channels: { toString: 1 } as never }, /channels must be 1 or 3/],
      [{ size: 8, colour: true }, /unknown option/],
      [{ size: 8, std: [1] }, /one mean and one std per channel/],
    ] as const) {
      let caught: unknown;
      await imageFolder(dir, options as never).catch((error) => {
        caught = error;
      });
      assert.match(String(caught), why);
    }
  });
});

test('a page has imageBlobs and pictureOf; outside a page each is refused by its name, with the function to use', async () => {
  const blob = new Blob([Uint8Array.from(plain(1, 2, 3))]);
  const remedy = 'no decoder: this is not a page; boundgrad/node has imageFolder and readPicture';
  for (const [what, call] of [
    ['imageBlobs', () => imageBlobs({ a: [blob] }, { size: 2 })],
    ['pictureOf', () => pictureOf(blob)],
  ] as const) {
    const caught = await (call() as Promise<unknown>).catch((error) => error);
    assert.is(String(caught), `ValueError: ${what}: ${remedy}`);
  }
  await refuses(() => imageBlobs({ a: [] }, { size: 2 }), /a class without pictures: a/);
});
