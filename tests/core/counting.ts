// The reference backend with a count of the elements in owned buffers, which hold the values of scopes and persistent values. Another backend
// would have them in kernel memory.

import { reference } from '../../core/backends/reference.js';
import type { Backend, Buffer } from '../../core/index.js';

export interface Counting extends Backend {
  /** Elements in owned buffers that are not yet freed: now, and the largest number so far. */
  live: number;
  peak: number;
  /** The misuses found: buffers freed twice, or used after they were freed. */
  errors: string[];
}

/** A backend that runs the loops and counts. It fills an owned buffer with NaN, or with 0 if it holds integers, when it is
 *  freed, so that a late read is noticed. */
export function counting(): Counting {
  const scoped = new Set<Buffer>();
  const dead = new WeakSet<Buffer>();
  return {
    ...reference,
    name: 'counting',
    live: 0,
    peak: 0,
    errors: [],
    alloc(dtype, length, lifetime, zeroed) {
      const buffer = reference.alloc(dtype, length, lifetime, zeroed);
      if (lifetime === 'owned') {
        scoped.add(buffer);
        this.live += length;
        this.peak = Math.max(this.peak, this.live);
      }
      return buffer;
    },
    free(buffer) {
      if (dead.has(buffer)) this.errors.push('a buffer was freed twice');
      dead.add(buffer);
      if (!scoped.delete(buffer)) return;
      this.live -= buffer.length;
      buffer.values.fill(Number.NaN);
    },
    run(kernel, out, ins, attrs) {
      for (const v of [...out, ...ins]) if (dead.has(v.buffer)) this.errors.push(`${kernel.name} uses a freed buffer`);
      reference.run(kernel, out, ins, attrs);
    },
  };
}
