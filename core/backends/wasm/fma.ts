// Whether this engine fuses a multiplication and the addition after it.
import { bytesOfName } from './instance.js';

/** Why this engine does not fuse multiplications and additions; '' if it does. An engine with f32x4.relaxed_madd may still round
 *  twice, so an example is computed: with a = 1 + 2^-13, a a - (1 + 2^-12) is 2^-26 if fused, else 0. */
export async function whyNotFused(): Promise<string> {
  // (a, b, c) => relaxed_madd(splat a, splat b, splat c)[0]
  const splats = [0, 1, 2].flatMap((i) => [0x20, i, 0xfd, 0x13]);
  const body = [0, ...splats, 0xfd, 0x85, 2, 0xfd, 0x1f, 0, 0x0b];
  const type = [1, 8, 1, 0x60, 3, 0x7d, 0x7d, 0x7d, 1, 0x7d];
  const name = [7, 5, 1, 1, ...bytesOfName('f'), 0, 0];
  const code = [10, body.length + 2, 1, body.length, ...body];
  const bytes = Uint8Array.of(0, ...bytesOfName('asm'), 1, 0, 0, 0, ...type, 3, 2, 1, 0, ...name, ...code);
  if (!WebAssembly.validate(bytes)) return 'has no relaxed SIMD';
  let exports: WebAssembly.Exports;
  try {
    exports = (await WebAssembly.instantiate(bytes)).instance.exports;
  } catch {
    // A Content-Security-Policy may forbid all compiling. Without the option `fma`, the user then sees the kernels' error.
    return 'does not compile it';
  }
  const madd = exports.f as (a: number, b: number, c: number) => number;
  return madd(1 + 2 ** -13, 1 + 2 ** -13, -1 - 2 ** -12) > 0 ? '' : 'does not fuse: its relaxed SIMD rounds twice';
}
