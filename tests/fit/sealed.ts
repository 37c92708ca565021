import { crc32, hex } from '../../fit/crc32.js';

/** The position of the checksum in a checkpoint. */
const PLACE = 8 + '{"__metadata__":{"checksum":"'.length;

/** A copy of a changed checkpoint whose checksum is computed again, as a forger would do. */
export function sealed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < PLACE + 8) return bytes;
  const copy = bytes.slice();
  copy.set(new TextEncoder().encode('00000000'), PLACE);
  copy.set(new TextEncoder().encode(hex(crc32(copy))), PLACE);
  return copy;
}
