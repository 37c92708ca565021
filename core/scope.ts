/// <reference lib="esnext.disposable" preserve="true" />
// Who owns values, and for how long.
//
// Outside a scope a storage is an ordinary typed array that the garbage collector frees. Inside, it is the scope's:
// kernels may keep it in memory of their own, and it is given back when the scope closes, or before that by backward.
// What lasts, such as a parameter, belongs to no scope and lies in that memory all the same, until it is freed or dropped.

import { describeValue } from './arguments.js';
import type { Backend, Buffer, DType, Lifetime, Values } from './backends/backend.js';
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
  /** The scope that frees it; null where the garbage collector does. */
  owner = currentScope();
  /** Whether it is outside every scope where kernels use it in place. */
  persistent = false;

  constructor(
    readonly backend: Backend,
    public buffer: Buffer,
    /** How the buffer was made. */
    public lifetime: Lifetime,
  ) {
    this.owner?.storages.add(this);
  }

  /** Gives the values back. Reading them afterwards throws ScopeError with this reason. */
  free(reason: string): void {
    if (this.freed) return;
    this.freed = reason;
    this.owner?.storages.delete(this);
    this.owner = null;
    dropped.unregister(this);
    this.backend.free(this.buffer);
  }

  /** Moves the values out of every scope: to where the garbage collector frees them, or, `persistent`, to where kernels use
   *  them in place. What lasts already stays so. */
  release(persistent: boolean): void {
    if (this.freed) throw new ScopeError(`keep: the values were freed: ${this.freed}`);
    this.owner?.storages.delete(this);
    this.owner = null;
    if (this.persistent) return;
    this.#moveTo(persistent ? 'owned' : 'collected');
    this.persistent = persistent;
    if (persistent) dropped.register(this, { backend: this.backend, buffer: this.buffer }, this);
  }

  #moveTo(lifetime: Lifetime): void {
    if (this.lifetime === lifetime) return;
    const { buffer, backend } = this;
    const view = { shape: [buffer.length], stride: [1], offset: 0 };
    this.buffer = backend.alloc(buffer.dtype, buffer.length, lifetime, false);
    this.lifetime = lifetime;
    backend.run(copy, [{ buffer: this.buffer, ...view }], [{ buffer, ...view }], {});
    backend.free(buffer);
  }
}

/** Gives back what lasts once nothing refers to it: a net that is dropped and not disposed of is a rare thing, unlike the
 *  temporaries of a loop, for which this would come too late. */
const dropped = new FinalizationRegistry<{ backend: Backend; buffer: Buffer }>(({ backend, buffer }) =>
  backend.free(buffer),
);

const copy = {
  name: 'copy',
  loop: ([y]: { data: Values }[], [x]: { data: Values }[]) => y.data.set(x.data),
};

/** Owns the storages made while it is open. `close` gives back those that were not kept. */
export class Scope {
  readonly storages = new Set<Storage>();
  /** Whether its function waits: known beforehand of an async function, else once a promise came back. Other code may then
   *  run while it is open. */
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
  moveOut(storage: Storage): void {
    if (storage.owner !== this) return;
    const outer = scopes[scopes.indexOf(this) - 1];
    if (!outer) return storage.release(false);
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
 *  other code may run, and what that makes is the scope's too; a second asynchronous scope is refused with ScopeError. */
export function scope(): Scope;
export function scope<T>(fn: () => T): T;
export function scope<T>(fn?: () => T): T | Scope {
  if (fn !== undefined && typeof fn !== 'function')
    throw new ScopeError(`scope: takes a function: got ${describeValue(fn)}`);
  if (fn instanceof asyncFunction) refuseSecondAsync(null);
  const opened = new Scope();
  opened.pending = fn instanceof asyncFunction;
  scopes.push(opened);
  if (!fn) return opened;
  let result: T;
  try {
    result = fn();
    if (isPromise(result)) {
      result.then(undefined, () => {});
      refuseSecondAsync(opened);
    }
  } catch (error) {
    closeWithInner(opened);
    throw error;
  }
  if (!isPromise(result)) {
    finish(opened);
    return result;
  }
  opened.pending = true;
  return result.then(
    (value: unknown) => {
      finish(opened);
      return value;
    },
    (error: unknown) => {
      closeWithInner(opened);
      throw error;
    },
  ) as T;
}

function refuseSecondAsync(own: Scope | null): void {
  if (!scopes.some((s) => s.pending && s !== own)) return;
  throw new ScopeError(
    'scope: an asynchronous scope is already open: two loops that wait would free each other’s tensors; ' +
      'await the first, or give the inner scope a function that does not wait',
  );
}

/** Closes a scope whose function has returned. Scopes left open inside are closed with it, and that is an error. */
function finish(scope: Scope): void {
  const left = scopes.includes(scope) && scopes.at(-1) !== scope;
  closeWithInner(scope);
  if (left)
    throw new ScopeError('scope: closed out of order: a scope opened inside it was left open; close that first');
}

/** Closes a scope whose function has thrown, together with scopes that the error left open inside it. */
function closeWithInner(scope: Scope): void {
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
  const lifetime = currentScope() ? 'owned' : 'collected';
  return new Storage(backend, backend.alloc(dtype, length, lifetime, zeroed), lifetime);
}

/** A storage around values that the caller gives away, owned likewise. */
export function adopt(dtype: DType, values: Values, backend = currentBackend()): Storage {
  return new Storage(backend, backend.adopt(dtype, values), 'collected');
}

/** Moves a tensor's values out of every scope, so that they outlive it. Returns the tensor; a view takes the values
 *  of its base along. Throws ScopeError if they were freed. */
export function keep<T extends { storage: Storage }>(t: T): T {
  t.storage.release(false);
  return t;
}

/** The same for what lasts, as parameters and an optimizer's state do: values that kernels use where they lie. They are
 *  given back by dispose(), or when nothing refers to them, which a loop that never waits does not notice. */
export function persist<T extends { storage: Storage }>(t: T): T {
  t.storage.release(true);
  return t;
}

/** Runs fn in a scope of its own where one is open, and hands its results' values to the scope around. */
export function runInInnerScope<T extends { storage: Storage } | null>(fn: () => T[]): T[] {
  if (!currentScope()) return fn();
  return scope(() => {
    const results = fn();
    const inner = currentScope()!;
    for (const t of results) if (t) inner.moveOut(t.storage);
    return results;
  });
}
