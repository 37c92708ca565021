// Pictures from bytes: every kind of PNG against its samples, JPEG against libjpeg-turbo, and what is refused.
import { deflateSync } from 'node:zlib';
import { DataError, Random } from '../../core/index.js';
import { decodePicture } from '../../node/pictures/readPicture.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { chunk, ihdr, JPEG_SIZE, jpegs, type Png, png, SIGNATURE, segment, withOrientation } from './encode.js';

const test = subject('Pictures');

async function refuses(bytes: Uint8Array, message: RegExp): Promise<void> {
  const { message: text } = await refusalOf(() => decodePicture(bytes, 'a.png'), DataError);
  assert.match(text, /^a\.png: [^\n]*$/);
  assert.match(text, message);
}

const drawn = (n: number, below: number, seed = 1) => {
  const stream = new Random(seed).stream('samples');
  return Array.from({ length: n }, () => stream.below(below));
};

/** The red, green and blue values of a PNG over white, computed from the definition of its colour type. */
function meaning({ width, height, type = 2, depth = 8, samples, palette, transparency }: Png): number[] {
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[type]!;
  const over = (value: number, alpha: number) => Math.round(value * alpha + 255 * (1 - alpha));
  return Array.from({ length: width * height }, (_, i) => {
    const pixel = Array.from({ length: channels }, (_, c) => samples[i * channels + c]);
    if (type === 3) {
      const alpha = (transparency?.[pixel[0]] ?? 255) / 255;
      return palette!.slice(3 * pixel[0], 3 * pixel[0] + 3).map((v) => over(v, alpha));
    }
    const scaled = pixel.map((v) => (255 * v) / (2 ** depth - 1));
    const colours = type % 4 === 0 ? [scaled[0], scaled[0], scaled[0]] : scaled.slice(0, 3);
    const isClear = transparency && pixel.every((v, c) => v === 256 * transparency[2 * c] + transparency[2 * c + 1]);
    const alpha = type >= 4 ? scaled.at(-1)! / 255 : isClear ? 0 : 1;
    return colours.map((v) => over(v, alpha));
  }).flat();
}

test('PNG: every colour type and depth, interlaced or not, with every filter, gives the samples', async () => {
  const kinds = [0, 2, 3, 4, 6].flatMap((type) => {
    const depths = { 0: [1, 2, 4, 8, 16], 3: [1, 2, 4, 8] }[type] ?? [8, 16];
    return depths.map((depth) => [type, depth]);
  });
  assert.is(kinds.length, 15);
  for (const [type, depth] of kinds) {
    for (const interlaced of [false, true]) {
      for (const [width, height] of [
        [11, 9],
        [1, 1],
        [3, 2],
      ]) {
        const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[type]!;
        const samples = drawn(width * height * channels, 2 ** depth, depth + type);
        const palette = type === 3 ? drawn(3 * 2 ** depth, 256) : undefined;
        const file: Png = { width, height, type, depth, samples, interlaced, filters: [4, 3, 2, 1, 0, 4], palette };
        const picture = await decodePicture(png(file), 'a.png');
        assert.equal([picture.width, picture.height, picture.orientation], [width, height, 1]);
        assert.equal([...(picture.rgb as Uint8Array)], meaning(file), `type ${type}, ${depth} bits, ${interlaced}`);
      }
    }
  }
});

test('PNG: transparent colours, from a palette or a single one, are shown over white', async () => {
  const size = { width: 4, height: 1 };
  for (const file of [
    { ...size, type: 3, depth: 2, samples: [0, 1, 2, 3], palette: drawn(12, 256), transparency: [0, 128, 255] },
    { ...size, type: 0, depth: 8, samples: [0, 7, 9, 7], transparency: [0, 7] },
    { ...size, type: 0, depth: 16, samples: [0, 700, 9, 65535], transparency: [2, 188] },
    { ...size, type: 2, depth: 8, samples: [1, 2, 3, 1, 2, 4, 0, 0, 0, 1, 2, 3], transparency: [0, 1, 0, 2, 0, 3] },
  ]) {
    const { rgb } = await decodePicture(png(file), 'a.png');
    assert.equal([...(rgb as Uint8Array)], meaning(file));
    assert.ok((rgb as Uint8Array).includes(255), 'some is white');
  }
});

test('JPEG: baseline, progressive, optimized, grey, RGB, subsampled files and files with restarts are decoded as by libjpeg-turbo', async () => {
  const found = Object.entries(jpegs()).filter(([, { rgb }]) => rgb.length > 0);
  assert.is(found.length, 7);
  for (const [name, { file, rgb }] of found) {
    const picture = await decodePicture(file, name);
    assert.equal([picture.width, picture.height], [JPEG_SIZE.width, JPEG_SIZE.height]);
    // The two decoders round the transform and the conversion of colours differently.
    const worst = rgb.reduce((most, v, i) => Math.max(most, Math.abs(v - picture.rgb[i])), 0);
    assert.ok(worst <= 4, `${name}: differs by ${worst}`);
  }
});

test("JPEG: EXIF's orientation is read in either byte order; damaged EXIF is ignored", async () => {
  const { file } = jpegs().baseline;
  for (const little of [true, false]) {
    for (let o = 1; o <= 8; o++) assert.is((await decodePicture(withOrientation(file, o, little), 'a')).orientation, o);
    assert.is((await decodePicture(withOrientation(file, 9, little), 'a')).orientation, 1);
  }
  for (const damage of [10, 14, 20]) {
    const damaged = withOrientation(file, 6, true);
    damaged.fill(0xff, 2 + 4 + 6 + 4, 2 + 4 + 6 + damage);
    assert.is((await decodePicture(damaged, 'a')).orientation, 1);
  }
});

test('a file cut at any byte is refused, even if only the last pixels are missing', async () => {
  const files = [
    png({ width: 5, height: 4, samples: drawn(60, 256) }),
    jpegs().baseline.file,
    jpegs().progressive.file,
    jpegs().restarts.file,
  ];
  for (const file of files)
    for (let n = 0; n < file.length; n += 1 + (n >> 6))
      await refuses(file.subarray(0, n), /truncated|damaged|not a picture|an empty file/);
  // Cut within the first segment: after its marker, and within its length.
  for (const n of [4, 5]) await refuses(jpegs().baseline.file.subarray(0, n), /truncated/);
});

test('JPEG: codes that end too early are refused, even if the file has its end marker', async () => {
  for (const [name, { file, rgb }] of Object.entries(jpegs())) {
    if (rgb.length === 0) continue;
    const end = file.length - 2;
    // If whole scans are missing, a progressive picture is only coarser, so the cut lies in the last scan.
    const cut = Buffer.concat([file.subarray(0, end - 8), file.subarray(end)]);
    await refuses(cut, /damaged JPEG: |truncated/).catch((error) => assert.unreachable(`${name}: ${error.message}`));
  }
});

test('PNG: a file with a bit changed anywhere after its signature is refused', async () => {
  const file = png({ width: 3, height: 2, samples: drawn(18, 256) });
  for (let at = 8; at < file.length; at++) {
    const damaged = Buffer.from(file);
    damaged[at] ^= 4;
    await refuses(damaged, /./);
  }
});

/** A PNG of these chunks, with the usual first and last one. */
const of = (width: number, height: number, ...chunks: Buffer[]) =>
  Buffer.concat([SIGNATURE, ihdr(width, height, 8, 0), ...chunks, chunk('IEND')]);
const packed = (n: number) => chunk('IDAT', deflateSync(new Uint8Array(n)));

test('PNG: files that contradict themselves are refused', async () => {
  await refuses(of(2, 2, packed(7)), /a\.png: damaged PNG: it unpacks to more than its pixels/);
  await refuses(of(2, 2, packed(5)), /damaged PNG: pixels are missing: 5 of 6 bytes/);
  await refuses(of(2, 2), /damaged PNG: no pixels/);
  await refuses(of(2, 2, chunk('IDAT', [1, 2, 3])), /damaged PNG: incorrect header check/);
  await refuses(of(2, 2, chunk('IDAT', deflateSync(Uint8Array.of(9, 0, 0, 0, 0, 0)))), /damaged PNG: filter 9/);
  await refuses(of(2, 2, chunk('ABCD'), packed(6)), /damaged PNG: unknown chunk ABCD/);
  await refuses(of(2, 2, chunk('IHDR', new Uint8Array(13)), packed(6)), /damaged PNG: IHDR is there twice/);
  const colour = { width: 1, height: 1, type: 3, samples: [5], palette: [1, 2, 3] };
  await refuses(png(colour), /damaged PNG: colour 5 of a palette of 1/);
  await refuses(png({ ...colour, palette: undefined }), /damaged PNG: no palette/);
  await refuses(Buffer.concat([SIGNATURE, ihdr(1, 1, 4, 2), packed(4), chunk('IEND')]), /colour type 2 with 4 bits/);
});

test('JPEG: structures that contradict themselves are refused before they are decoded', async () => {
  const { file } = jpegs().baseline;
  const changed = (marker: number, offset: number, ...bytes: number[]) => {
    const damaged = Buffer.from(file);
    damaged.set(bytes, segment(file, marker) + 2 + offset);
    return damaged;
  };
  await refuses(changed(0xc0, 2, 12), /a JPEG of 12 bits a sample/);
  await refuses(changed(0xc0, 9, 0x51), /damaged JPEG: sampling 5 x 1/);
  await refuses(changed(0xc0, 11, 1), /damaged JPEG: /);
  await refuses(changed(0xda, 3, 77), /damaged JPEG: a scan of unknown components/);
  await refuses(changed(0xc4, 3, 200), /damaged JPEG: a table shorter or longer than its segment/);
  await refuses(changed(0xdb, 2, 0x33), /damaged JPEG: a table shorter or longer/);
  const twice = Buffer.concat([file.subarray(0, segment(file, 0xda)), file.subarray(2)]);
  await refuses(twice, /damaged JPEG: two frames/);
  const dnl = Buffer.concat([file.subarray(0, -2), Buffer.from([0xff, 0xdc, 0, 4, 0xff, 0xff, 0xff, 0xd9])]);
  await refuses(dnl, /damaged JPEG: its height is stated after the picture/);
  const scan = file.subarray(segment(file, 0xda), -2);
  const many = Buffer.concat([file.subarray(0, -2), ...Array.from({ length: 101 }, () => scan), file.subarray(-2)]);
  await refuses(many, /damaged JPEG: over 100 scans/);
});

test('kinds that are not decoded are refused by name: CMYK, arithmetic codes, lossless, and other formats', async () => {
  const { file } = jpegs().baseline;
  const at = segment(file, 0xc0);
  const cmyk = Buffer.concat([
    file.subarray(0, at + 4),
    file.subarray(at + 4, at + 9),
    Buffer.from([4]),
    file.subarray(at + 10),
  ]);
  await refuses(cmyk, /a\.png: a JPEG of 4 components: CMYK colours are not decoded; save it as RGB/);
  await refuses(jpegs().arithmetic.file, /a JPEG of arithmetic codes/);
  const lossless = Buffer.from(file);
  lossless[at + 1] = 0xc3;
  await refuses(lossless, /a JPEG of lossless or hierarchical frames/);
  await refuses(Buffer.from('GIF89a..........'), /a\.png: a GIF file; save it as PNG or JPEG/);
  await refuses(Buffer.from('RIFF....WEBPVP8 '), /a WebP file/);
  await refuses(Buffer.from('....ftypheic....'), /a HEIC or AVIF file/);
  await refuses(Buffer.from('II*\0............'), /a TIFF file/);
  await refuses(Buffer.from('hello'), /not a picture that is known/);
  await refuses(Buffer.alloc(0), /an empty file/);
});

test('pictures over 64 megapixels are refused by their header, before memory is allocated; 64 are accepted', async () => {
  const before = process.memoryUsage().rss;
  await refuses(of(8001, 8000, packed(1)), /too large: 8001 x 8000 pixels; at most 64 million/);
  await refuses(of(2 ** 31 - 1, 2 ** 31 - 1, packed(1)), /too large/);
  // The size is accepted, and pixels are missing, so the test needs no memory for them.
  await refuses(of(8000, 8000, packed(1)), /pixels are missing: 1 of 64008000 bytes/);
  const { file } = jpegs().baseline;
  const huge = Buffer.from(file);
  huge.fill(0xff, segment(file, 0xc0) + 5, segment(file, 0xc0) + 9);
  await refuses(huge, /too large: 65535 x 65535 pixels/);
  huge.fill(0, segment(file, 0xc0) + 5, segment(file, 0xc0) + 9);
  await refuses(huge, /no pixels: 0 x 0/);
  assert.ok(process.memoryUsage().rss - before < 64e6, 'memory was taken');
});
