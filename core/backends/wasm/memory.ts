// The allocator of the linear memory, and buffers in it.
//
// Sizes are rounded up to classes: multiples of 64 bytes, eight classes to a power of two, so at most an eighth of a large
// block is wasted. A freed block goes to the list of its class, where the next request of that class finds it: a training step
// repeats its sizes. Before the memory grows, neighbouring free blocks are merged, and new blocks are cut from them.
// (Segregated free lists: Wilson, Johnstone, Neely and Boles 1995, "Dynamic storage allocation", section 3.6.)
import { BackendError } from '../../errors.js';
import { type Buffer, type DType, type Values, windowOn } from '../backend.js';

const PAGE = 65536;
const ALIGN = 64;

/** The sizes of blocks by number. Numbers 1 to 16 are 64, 128, .. 1024. Number 8 s + k, with k from 8 to 15, is k * 64 * 2^s. */
const SIZES = Array.from({ length: 256 }, (_, i) => {
  const s = Math.max(0, (i >> 3) - 1);
  return (i - 8 * s) * ALIGN * 2 ** s;
});

/** The number of the smallest size that holds `bytes`. */
function numberOf(bytes: number): number {
  const s = Math.max(0, 22 - Math.clz32(bytes));
  // The last size is larger than any memory.
  return Math.min(8 * s + Math.max(1, Math.ceil(bytes / (ALIGN * 2 ** s))), SIZES.length - 1);
}

/** The size of the block for a request of `bytes`. */
export function blockSizeOf(bytes: number): number {
  return SIZES[numberOf(bytes)];
}

/** Allocates blocks of a memory from `start` on. Addresses are multiples of 64. */
export class Allocator {
  /** Bytes of the blocks in use. */
  used = 0;
  /** The end of the last block: all memory from here on is unused. */
  #end: number;
  /** For each 64 bytes of the memory: the size number of the block in use that begins there, or 0. */
  #live = new Uint8Array(0);
  /** The addresses of free blocks, by the number of their size. */
  #lists: number[][] = SIZES.map(() => []);
  /** Merged free blocks, which may have any size. */
  #spans: { at: number; size: number }[] = [];

  constructor(
    public memory: WebAssembly.Memory,
    start: number,
    /** The largest size of the memory, in bytes. */
    public maximum: number,
  ) {
    this.#end = Math.ceil(start / ALIGN) * ALIGN;
  }

  /** The address of a block of at least `bytes`. Throws BackendError if there is no room. */
  alloc(bytes: number): number {
    const number = numberOf(bytes);
    const size = SIZES[number];
    const at = this.#lists[number].pop() ?? this.#cut(size) ?? this.#extend(size, bytes);
    this.#live[at / ALIGN] = number;
    this.used += size;
    return at;
  }

  /** Frees the block at an address. Throws BackendError if no block in use begins there. */
  free(at: number): void {
    const number = this.#live[at / ALIGN];
    if (!number) {
      throw new BackendError(`wasm: freed twice, or never allocated: address ${at}; free each buffer once`);
    }
    this.#live[at / ALIGN] = 0;
    this.used -= SIZES[number];
    this.#lists[number].push(at);
  }

  /** Moves all blocks to another memory, to the same addresses. Throws BackendError, with nothing moved, if that memory is too small. */
  moveTo(memory: WebAssembly.Memory, maximum: number): void {
    const [bytes, there] = [this.memory, memory].map((m) => m.buffer.byteLength);
    if (bytes > maximum) {
      throw new BackendError(
        `wasm: too little memory was granted: ${bytes} bytes in use, ${maximum} granted; keep the number of threads`,
      );
    }
    try {
      if (bytes > there) memory.grow(Math.ceil((bytes - there) / PAGE));
    } catch (cause) {
      throw new BackendError(`wasm: the memory of ${bytes} bytes in use was refused; keep the number of threads`, {
        cause,
      });
    }
    this.#live.forEach((number, line) => {
      if (!number) return;
      const [from, to] = [this.memory, memory].map((m) => new Float64Array(m.buffer, line * ALIGN, SIZES[number] / 8));
      to.set(from);
    });
    this.memory = memory;
    this.maximum = maximum;
  }

  /** A block from the front of the first span that is large enough. */
  #cut(size: number): number | undefined {
    const i = this.#spans.findIndex((s) => s.size >= size);
    if (i < 0) return undefined;
    const span = this.#spans[i];
    const { at } = span;
    if (span.size === size) this.#spans.splice(i, 1);
    else this.#spans[i] = { at: at + size, size: span.size - size };
    return at;
  }

  /** A block from the unused memory, after merging free blocks and growing the memory if necessary. */
  #extend(size: number, bytes: number): number {
    if (this.#end + size > this.memory.buffer.byteLength) {
      this.#merge();
      const at = this.#cut(size);
      if (at !== undefined) return at;
    }
    if (!this.#reach(this.#end + size)) {
      throw new BackendError(
        `wasm: out of memory: ${bytes} bytes wanted, ${this.used} of at most ${this.maximum} in use; ` +
          'use smaller batches, or scopes that close sooner',
      );
    }
    const at = this.#end;
    this.#end += size;
    const lines = this.memory.buffer.byteLength / ALIGN;
    if (this.#live.length < lines) {
      const before = this.#live;
      this.#live = new Uint8Array(lines);
      this.#live.set(before);
    }
    return at;
  }

  /** Merges each run of neighbouring free blocks into a span. A run at the end becomes unused memory again. */
  #merge(): void {
    const spans = this.#spans;
    this.#lists.forEach((list, number) => {
      for (const at of list) spans.push({ at, size: SIZES[number] });
    });
    spans.sort((a, b) => a.at - b.at);
    this.#lists = SIZES.map(() => []);
    this.#spans = [];
    for (const { at, size } of spans) {
      const last = this.#spans.at(-1);
      if (last && last.at + last.size === at) last.size += size;
      else this.#spans.push({ at, size });
    }
    const last = this.#spans.at(-1);
    if (last && last.at + last.size === this.#end) {
      this.#end = last.at;
      this.#spans.pop();
    }
  }

  /** Grows the memory to at least `bytes`: by a quarter if possible, else by just enough. Returns whether it could. */
  #reach(bytes: number): boolean {
    const have = this.memory.buffer.byteLength;
    if (bytes <= have) return true;
    if (bytes > this.maximum) return false;
    for (const target of [Math.min(this.maximum, Math.max(bytes, have * 1.25)), bytes]) {
      try {
        this.memory.grow(Math.ceil((target - have) / PAGE));
        return true;
      } catch {
        // The system grants less: try the smaller size, or fail.
      }
    }
    return false;
  }
}

/** A buffer in linear memory. `values` is a typed array on the memory, renewed after the memory has grown. */
export class LinearBuffer implements Buffer {
  #values: Values | null = null;
  #freed = false;

  constructor(
    readonly dtype: DType,
    readonly length: number,
    /** The address of the first value, in bytes. */
    readonly address: number,
    readonly allocator: Allocator,
  ) {}

  get values(): Values {
    if (this.#freed)
      throw new BackendError(`wasm: a freed buffer was read: ${this.length} ${this.dtype}; keep it longer`);
    const { buffer } = this.allocator.memory;
    if (this.#values?.buffer !== buffer) this.#values = windowOn(buffer, this.dtype, this.address, this.length);
    return this.#values!;
  }

  free(): void {
    this.allocator.free(this.#freed ? -1 : this.address);
    this.#freed = true;
    this.#values = null;
  }
}
