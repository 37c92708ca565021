// Who owns values, and for how long.
//
// Outside a scope a storage is an ordinary typed array that the garbage collector frees. Inside, it is the scope's:
// kernels may keep it in memory of their own, and it is given back when the scope closes, or before that by backward.
import type { Backend, Buffer, DType, Values } from './backends/backend.js';
import { currentBackend } from './backends/current.js';
import { ScopeError } from './errors.js';

/** Values and what is known of them. Several tensors may look at one storage. */
export class Storage {
  /** How many there have been. */
  static count = 0;
  readonly id = ++Storage.count;
  /** Counts writes in place, so that a gradient that needs the old values is refused. */
  version = 0;
  /** Why the values are gone; empty while they are there. */
  freed = '';
  owner: Scope | null = null;

  constructor(
    readonly backend: Backend,
    public buffer: Buffer,
  ) {}

  /** Gives the values back. Reading them afterwards throws ScopeError with this reason. */
  free(reason: string): void {
    if (this.freed) return;
    this.freed = reason;
    this.owner?.storages.delete(this);
    this.owner = null;
    this.backend.free(this.buffer);
  }

  /** Moves the values out of every scope, to where the garbage collector frees them. */
  release(): void {
    if (!this.owner) return;
    const { buffer, backend } = this;
    const view = { shape: [buffer.length], stride: [1], offset: 0 };
    const moved = backend.alloc(buffer.dtype, buffer.length, 'collected', false);
    backend.run(copy, [{ buffer: moved, ...view }], [{ buffer, ...view }], {});
    backend.free(buffer);
    this.buffer = moved;
    this.owner.storages.delete(this);
    this.owner = null;
  }
}

const copy = {
  name: 'copy',
  loop: ([y]: { data: Values }[], [x]: { data: Values }[]) => y.data.set(x.data),
};

/** Owns the storages made while it is open. `close` gives back those that were not kept. */
export class Scope {
  readonly storages = new Set<Storage>();
  /** Set once its function has returned a promise: other code may then run while it is open. */
  pending = false;
  #open = true;

  /** Frees what this scope owns. Throws ScopeError while a scope opened later is still open. */
  close(): void {
    if (!this.#open) return;
    if (scopes.at(-1) !== this) {
      throw new ScopeError('scope: closed out of order: a scope opened later is still open; close that one first');
    }
    scopes.pop();
    this.#open = false;
    for (const storage of [...this.storages])
      storage.free('its scope has closed; keep(t) inside the scope moves it out');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Hands a storage to the scope around this one, or to the garbage collector where there is none. */
  promote(storage: Storage): void {
    if (storage.owner !== this) return;
    const outer = scopes[scopes.indexOf(this) - 1];
    if (!outer) return storage.release();
    this.storages.delete(storage);
    outer.storages.add(storage);
    storage.owner = outer;
  }
}

const scopes: Scope[] = [];
const asyncFunction = (async () => {}).constructor;

/** Opens a scope, runs the function, and closes the scope when it has returned or its promise has settled.
 *  Without a function, returns the open scope: `using s = scope()`, or call `s.close()`.
 *  A tensor made inside and not kept is freed: reading it later throws. Scopes nest. While a scope waits for a promise
 *  other code may run, so a second asynchronous scope is refused with ScopeError rather than mixed with the first. */
export function scope(): Scope;
export function scope<T>(fn: () => T): T;
export function scope<T>(fn?: () => T): T | Scope {
  if (fn instanceof asyncFunction) refuseSecond();
  const opened = new Scope();
  scopes.push(opened);
  if (!fn) return opened;
  let result: T;
  try {
    result = fn();
  } catch (error) {
    abandon(opened);
    throw error;
  }
  if (!isPromise(result)) {
    opened.close();
    return result;
  }
  scopes.pop();
  try {
    refuseSecond();
  } catch (error) {
    result.then(undefined, () => {});
    scopes.push(opened);
    opened.close();
    throw error;
  }
  scopes.push(opened);
  opened.pending = true;
  return result.then(
    (value: unknown) => {
      opened.close();
      return value;
    },
    (error: unknown) => {
      abandon(opened);
      throw error;
    },
  ) as T;
}

function refuseSecond(): void {
  if (!scopes.some((s) => s.pending)) return;
  throw new ScopeError(
    'scope: an asynchronous scope is already open: two loops that wait would free each other’s tensors; ' +
      'await the first, or give the inner scope a function that does not wait',
  );
}

/** Closes a scope whose function has thrown, together with scopes that the error left open inside it. */
function abandon(scope: Scope): void {
  while (scopes.includes(scope)) scopes.at(-1)!.close();
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null)?.then === 'function';
}

/** The innermost open scope, or null. */
export function currentScope(): Scope | null {
  return scopes.at(-1) ?? null;
}

/** A new storage on a backend, owned by the innermost scope if one is open. */
export function allocate(dtype: DType, length: number, options: { zeroed?: boolean; backend?: Backend } = {}): Storage {
  const { zeroed = false, backend = currentBackend() } = options;
  const owner = currentScope();
  const storage = new Storage(backend, backend.alloc(dtype, length, owner ? 'scoped' : 'collected', zeroed));
  storage.owner = owner;
  owner?.storages.add(storage);
  return storage;
}

/** A storage around values that the caller gives away; the garbage collector frees it. */
export function adopt(dtype: DType, values: Values): Storage {
  const backend = currentBackend();
  return new Storage(backend, backend.adopt(dtype, values));
}

/** Moves a tensor's values out of every scope, so that they outlive it. Returns the tensor. */
export function keep<T extends { storage: Storage }>(t: T): T {
  t.storage.release();
  return t;
}
