// Decodes JPEG: baseline, extended and progressive, grey or three components. The entropy codes and the transform are PDF.js's.
//
// PDF.js repairs damaged files: it guesses sizes, skips bytes and fills gaps with grey. A data set must not hold repaired pictures.
// So PDF.js gets a new file, made of the tables, the frame and the scans after their structure was checked. If a scan ends too
// early, PDF.js accepts the end of the file but fails at a comment, so the new file has a comment before its end.
// Source: ITU-T T.81, B.2.
import { JpegImage, setVerbosityLevel } from 'pdfjs-dist/image_decoders/pdf.image_decoders.mjs';
import { DataError } from '../../core/index.js';
import { isFrame, jpegSegments, type PictureHeader, truncated } from '../../datasets/pictures/header.js';
import type { Picture } from '../../datasets/pictures/resize.js';

/** The most scans of a file. Progressive files have about ten; each takes the time of the whole picture. */
const MOST_SCANS = 100;
const COMMENT_AND_END = [0xff, 0xfe, 0, 2, 0xff, 0xd9];
// Errors only: PDF.js would print its warnings on the console.
setVerbosityLevel(0);

/** Decodes a file whose header was read. Throws DataError if it is truncated or damaged. */
export function decodeJpeg(bytes: Uint8Array, { width, height, orientation }: PictureHeader, name: string): Picture {
  const strict = checkedFile(bytes, name);
  const image = new JpegImage();
  try {
    image.parse(strict);
    const rgb = image.getData({ width, height, forceRGB: true });
    if (image.width !== width || image.height !== height || rgb.length !== 3 * width * height)
      throw new Error(`${image.width} x ${image.height} pixels in place of ${width} x ${height}`);
    return { width, height, rgb, orientation };
  } catch (error) {
    const { name: kind, message } = error as Error;
    // The decoder met the comment before it had the whole scan.
    if (message.includes('unexpected marker')) throw damaged(name, 'a scan ends too early', error);
    // If a table is missing, the decoder throws a bare TypeError.
    throw damaged(name, kind === 'JpegError' ? message : 'tables or codes are missing', error);
  }
}

function damaged(name: string, why: string, cause?: unknown): DataError {
  return new DataError(`${name}: damaged JPEG: ${why}`, { cause });
}

/** The file with the segments that decoding needs. Throws DataError if a segment contradicts its length, the frame or the others. */
function checkedFile(bytes: Uint8Array, name: string): Uint8Array {
  const parts: Uint8Array[] = [bytes.subarray(0, 2)];
  let frame: Uint8Array | null = null;
  let scans = 0;
  for (let at = 2; ; ) {
    let last = 0;
    for (const { marker, data, end } of jpegSegments(bytes, name, at)) {
      const wrong = faultOf(marker, data, frame);
      if (wrong) throw damaged(name, wrong);
      if (isFrame(marker)) frame = data;
      // Kept are tables, frame and scans, and the segments of JFIF and Adobe, which name the colours.
      const isKept = isFrame(marker) || [0xc4, 0xda, 0xdb, 0xdd, 0xe0, 0xee].includes(marker);
      if (isKept) parts.push(bytes.subarray(end - data.length - 4, end));
      [last, at] = [marker, end];
    }
    if (last === 0xd9) break;
    if (++scans > MOST_SCANS) throw damaged(name, `over ${MOST_SCANS} scans`);
    const end = endOfScan(bytes, at);
    if (end < 0) throw truncated(name);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  if (scans === 0) throw damaged(name, 'no scan');
  return Buffer.concat([...parts, Uint8Array.from(COMMENT_AND_END)]);
}

/** The offset of the marker after the codes of a scan: of the first 0xff that is not followed by 0, 0xff or a restart. -1 if there is
 *  none. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return -1;
}

/** What is wrong with a segment, or null. The decoder reads as many tables as the segment says, so the tables must fill the segment. */
function faultOf(marker: number, data: Uint8Array, frame: Uint8Array | null): string | null {
  if (isFrame(marker)) return frame ? 'two frames' : faultOfFrame(data);
  if (marker === 0xda) return frame ? faultOfScan(data, frame) : 'a scan without a frame';
  if (marker === 0xdb) return fills(data, (at) => (data[at] >> 4 > 1 ? 0 : 1 + 64 * ((data[at] >> 4) + 1)));
  if (marker === 0xc4) return fills(data, (at) => 17 + data.subarray(at + 1, at + 17).reduce((sum, n) => sum + n, 0));
  if (marker === 0xdd) return data.length === 2 ? null : 'a restart interval of the wrong length';
  if (marker === 0xdc) return 'its height is stated after the picture';
  if (marker === 0xcc) return 'arithmetic codes';
  return marker === 0xd8 || (marker >= 0xd0 && marker <= 0xd7) ? 'a marker outside a scan' : null;
}

/** Null if tables of the lengths that `lengthAt` returns fill the data exactly, else what is wrong. */
function fills(data: Uint8Array, lengthAt: (at: number) => number): string | null {
  let at = 0;
  while (at < data.length) {
    const length = lengthAt(at);
    if (length === 0) break;
    at += length;
  }
  return at === data.length ? null : 'a table shorter or longer than its segment';
}

/** What is wrong with a frame header, or null. It has bits, height, width, the number of components; then the number, the sampling in
 *  two directions and the table of each component. */
function faultOfFrame(data: Uint8Array): string | null {
  if (data.length !== 6 + 3 * data[5]) return 'a frame header of the wrong length';
  const ids = new Set<number>();
  for (let at = 6; at < data.length; at += 3) {
    const [across, down] = [data[at + 1] >> 4, data[at + 1] & 15];
    if (!(across >= 1 && across <= 4 && down >= 1 && down <= 4)) return `sampling ${across} x ${down}`;
    ids.add(data[at]);
  }
  return ids.size === data[5] ? null : 'two components with the same number';
}

/** What is wrong with a scan header, or null. It has the number of components; then the number and the tables of each component; then
 *  the range of coefficients and their bits. */
function faultOfScan(data: Uint8Array, frame: Uint8Array): string | null {
  const count = data[0];
  if (!(count >= 1 && count <= frame[5]) || data.length !== 4 + 2 * count) return 'a scan header of the wrong length';
  const known = Array.from({ length: frame[5] }, (_, i) => frame[6 + 3 * i]);
  const ids = Array.from({ length: count }, (_, i) => data[1 + 2 * i]);
  if (new Set(ids).size !== count || !ids.every((id) => known.includes(id))) return 'a scan of unknown components';
  const [first, last, bits] = data.subarray(1 + 2 * count);
  return first <= last && last <= 63 && (bits & 15) <= 13 ? null : 'a scan of unknown coefficients';
}
