// Reads tar archives in the ustar format and in GNU tar's variant of it: blocks of 512 bytes.
//
//   header    name 0..99   size 124..135   checksum 148..155   type 156   "ustar" 257..262   prefix 345..499
//   data      size bytes, padded with zeros to whole blocks
//   end       two blocks of zeros, and only zeros after them
//
// Numbers are octal digits. checksum: the sum of the header's bytes, its own eight counted as blanks. prefix: a folder that
// precedes the name; GNU tar uses these bytes for other things.
//
// Sources: POSIX.1-1988, section 10.1.1; GNU tar's manual, "Basic Tar Format".
import { DataError } from '../../core/index.js';

const BLOCK = 512;
const KINDS: Record<string, string> = { 1: 'a hard link', 2: 'a symbolic link', L: 'a long name', S: 'a sparse file' };

/** Yields the plain files of an archive, in order. The bytes of each are a view of the archive, not a copy.
 *  `what`: the archive's name, for messages.
 *  Throws DataError if the archive is truncated or damaged, or holds a link, a device, a file whose name is not a plain relative path, or a
 *  name or size in a header of the pax format. */
export function* untar(archive: Uint8Array, what: string): Generator<{ name: string; bytes: Uint8Array }> {
  const refuse = (why: string) => new DataError(`${what}: ${why}`);
  let at = 0;
  const take = (length: number) => {
    if (length > archive.length - at) throw refuse(`truncated: it ends at byte ${archive.length} of the archive`);
    return archive.subarray(at, (at += length));
  };
  for (let header = take(BLOCK); !isZero(header); header = take(BLOCK)) {
    const { path, size, type } = parseHeader(header, refuse);
    const bytes = take(size);
    if (!isZero(take(-size & (BLOCK - 1)))) throw refuse(`the padding after ${path} is not zero; damaged?`);
    if (type === '0' || type === '\0') yield { name: checkName(path, refuse), bytes };
    // Attributes of the next file (x) or of all files (g): lines "length key=value".
    else if (type === 'x' || type === 'g') {
      const odd = /^\d+ (path|linkpath|size)=/m.exec(String.fromCharCode(...bytes.subarray(0, 1e4)));
      if (odd) throw refuse(`a header of the pax format with a ${odd[1]}; only the ustar format is unpacked`);
    } else if (type !== '5') {
      // Folders (5) are skipped.
      const kind = KINDS[type] ?? `type ${JSON.stringify(type)}`;
      throw refuse(`${kind}: ${checkName(path, refuse)}; only files are unpacked`);
    }
  }
  take(BLOCK);
  if (!isZero(archive.subarray(at - BLOCK))) throw refuse('there are bytes after the end of the archive; damaged?');
}

function parseHeader(header: Uint8Array, refuse: (why: string) => DataError) {
  const text = (from: number, length: number) => {
    const field = header.subarray(from, from + length);
    const end = field.indexOf(0);
    return String.fromCharCode(...field.subarray(0, end < 0 ? length : end));
  };
  const octal = (from: number, length: number) => {
    const digits = text(from, length).trim();
    return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : NaN;
  };
  const sum = header.reduce((total, b, i) => total + (i >= 148 && i < 156 ? 32 : b), 0);
  const magic = text(257, 6);
  if (!/^ustar ?$/.test(magic) || octal(148, 8) !== sum)
    throw refuse('not a tar archive, or damaged: a header is wrong');
  const prefix = magic === 'ustar' ? text(345, 155) : '';
  const path = prefix ? `${prefix}/${text(0, 100)}` : text(0, 100);
  const size = octal(124, 12);
  if (Number.isNaN(size)) throw refuse(`the size of ${path} is not an octal number; damaged?`);
  return { path, size, type: String.fromCharCode(header[156]) };
}

/** The path without `.`; it must consist of plain names, so that it stays below the folder it is unpacked into. */
function checkName(path: string, refuse: (why: string) => DataError): string {
  const names = path.replace(/\/$/, '').split('/');
  const plain = names.filter((name) => name !== '.');
  if (plain.length > 0 && names.every((name) => /^[\w.+=@~-][\w.+=@~ -]*$/.test(name) && name !== '..'))
    return plain.join('/');
  throw refuse(`a name must be a plain relative path: ${JSON.stringify(path)}; nothing else is unpacked`);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((b) => b === 0);
}
