// CRC-32, the checksum of gzip and PNG: the remainder of the bytes, read as a polynomial over GF(2), by
// x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1, bits reversed.
// It detects every change within 32 neighbouring bits, and any other with probability 1 - 2^-32.  (RFC 1952, section 8)

const TABLE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** The checksum of bytes, an unsigned integer of 32 bits. `before`: the checksum of the bytes before them. Default: 0. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

/** A checksum as eight hexadecimal digits. */
export function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
