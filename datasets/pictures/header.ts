// Reads the header of a picture file, so that a picture that is too large is refused before memory is allocated for it.
//
//   PNG    signature, then the chunk IHDR: width and height
//   JPEG   segments up to the frame header SOF, which has height, width and components; EXIF may come before it
//
// Sources: PNG, W3C 2003, 11.2.2; JPEG, ITU-T T.81, annex B; EXIF 2.32, 4.6.4: the tag Orientation.
import { DataError } from '../../core/index.js';

/** What is known of a picture before it is decoded. */
export interface PictureHeader {
  kind: 'png' | 'jpeg';
  /** The number of stored columns, before `orientation` is applied. */
  width: number;
  /** The number of stored rows, before `orientation` is applied. */
  height: number;
  /** EXIF's number, 1 to 8: how the stored rows and columns lie in the picture; 1 for PNG. */
  orientation: number;
}

/** The largest number of pixels of a picture: 64 megapixels. */
const MOST_PIXELS = 64_000_000;

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Other kinds of pictures, by bytes near their beginning. */
const OTHERS: [kind: string, at: number, text: string][] = [
  ['GIF', 0, 'GIF8'],
  ['WebP', 8, 'WEBP'],
  ['BMP', 0, 'BM'],
  ['TIFF', 0, 'II*\0'],
  ['TIFF', 0, 'MM\0*'],
  ['HEIC or AVIF', 4, 'ftyp'],
];

/** Reads the header of a PNG or JPEG file. name: the file's name, for messages.
 *  Throws DataError for another kind, for CMYK colours, for no pixels or over 64 megapixels, and if the header is cut off. */
export function readHeader(bytes: Uint8Array, name: string): PictureHeader {
  const header = PNG.every((byte, i) => bytes[i] === byte)
    ? pngHeader(bytes, name)
    : bytes[0] === 0xff && bytes[1] === 0xd8
      ? jpegHeader(bytes, name)
      : null;
  if (!header) throw new DataError(`${name}: ${otherKind(bytes)}; save it as PNG or JPEG`);
  const { width, height } = header;
  if (width === 0 || height === 0) throw new DataError(`${name}: no pixels: ${width} x ${height}`);
  if (width * height > MOST_PIXELS) {
    throw new DataError(
      `${name}: too large: ${width} x ${height} pixels; at most ${MOST_PIXELS / 1e6} million; make it smaller`,
    );
  }
  return header;
}

function otherKind(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const text = String.fromCharCode(...bytes.subarray(0, 16));
  const found = OTHERS.find(([, at, magic]) => text.startsWith(magic, at));
  return found ? `a ${found[0]} file` : 'not a picture that is known';
}

function pngHeader(bytes: Uint8Array, name: string): PictureHeader {
  if (bytes.length < 33) throw truncated(name);
  const view = viewOf(bytes);
  if (view.getUint32(12) !== 0x49484452) throw new DataError(`${name}: damaged PNG: it does not begin with IHDR`);
  return { kind: 'png', width: view.getUint32(16), height: view.getUint32(20), orientation: 1 };
}

/** The markers of the JPEG frames that are decoded: baseline, extended and progressive, with Huffman codes. */
const FRAMES = [0xc0, 0xc1, 0xc2];

/** Whether a marker of JPEG begins a frame header of any kind. */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function jpegHeader(bytes: Uint8Array, name: string): PictureHeader {
  let orientation = 1;
  for (const { marker, data } of jpegSegments(bytes, name)) {
    if (marker === 0xe1) orientation = exifOrientation(data) ?? orientation;
    if (marker === 0xda || marker === 0xd9) break;
    if (!isFrame(marker)) continue;
    if (data.length < 6) throw truncated(name);
    if (!FRAMES.includes(marker)) {
      const kind = marker > 0xc8 ? 'arithmetic codes' : 'lossless or hierarchical frames';
      throw new DataError(`${name}: a JPEG of ${kind}, which are not decoded; save it again as a usual JPEG`);
    }
    const [precision, components] = [data[0], data[5]];
    if (precision !== 8) throw new DataError(`${name}: a JPEG of ${precision} bits a sample; only 8 are decoded`);
    if (components === 4)
      throw new DataError(`${name}: a JPEG of 4 components: CMYK colours are not decoded; save it as RGB`);
    if (components !== 1 && components !== 3)
      throw new DataError(`${name}: a JPEG of ${components} components; 1 (grey) and 3 (colours) are decoded`);
    return { kind: 'jpeg', height: (data[1] << 8) | data[2], width: (data[3] << 8) | data[4], orientation };
  }
  throw new DataError(`${name}: damaged JPEG: it has no frame header`);
}

/** A marker segment of JPEG: the byte after 0xff, and the bytes after the length. */
export interface Segment {
  marker: number;
  data: Uint8Array;
  /** The offset after the segment. */
  end: number;
}

/** The segments from an offset up to and including the next SOS (0xda) or EOI (0xd9). The data after these have no length field.
 *  Throws DataError if a segment is cut off or if other bytes stand between segments. */
export function* jpegSegments(bytes: Uint8Array, name: string, from = 2): Generator<Segment> {
  for (let at = from; ; ) {
    if (at + 2 > bytes.length) throw truncated(name);
    if (bytes[at] !== 0xff) throw new DataError(`${name}: damaged JPEG: no marker at byte ${at}`);
    // Any number of 0xff may stand before a marker.
    if (bytes[at + 1] === 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1];
    // EOI, SOI, RST and TEM have no length.
    const isBare = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9);
    if (!isBare && at + 4 > bytes.length) throw truncated(name);
    const length = isBare ? 0 : (bytes[at + 2] << 8) | bytes[at + 3];
    const end = at + 2 + length;
    if (!isBare && length < 2)
      throw new DataError(`${name}: damaged JPEG: a segment of length ${length} at byte ${at}`);
    if (end > bytes.length) throw truncated(name);
    yield { marker, data: bytes.subarray(isBare ? end : at + 4, end), end };
    if (marker === 0xda || marker === 0xd9) return;
    at = end;
  }
}

/** The orientation in the data of an APP1 segment; undefined if it has none. */
function exifOrientation(data: Uint8Array): number | undefined {
  if (String.fromCharCode(...data.subarray(0, 6)) !== 'Exif\0\0') return undefined;
  const view = viewOf(data.subarray(6));
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    for (let entry = 0; entry < view.getUint16(directory, little); entry++) {
      const at = directory + 2 + 12 * entry;
      if (view.getUint16(at, little) !== 0x0112) continue;
      const value = view.getUint16(at + 8, little);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  } catch (error) {
    // Damaged EXIF does not damage the picture.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** The error for a file that ends too early. */
export function truncated(name: string): DataError {
  return new DataError(`${name}: truncated: the file ends within the picture`);
}

/** A DataView of bytes, which reads numbers of several bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
