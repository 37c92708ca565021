/// <reference lib="esnext.disposable" preserve="true" />
// Who owns values, and for how long.
//
//   owned       by a scope: in kernel memory, unless a program gave the array; freed when the scope closes, or earlier by backward
//   collected   made outside a scope, or kept: a typed array that the garbage collector frees
//   persistent  parameters and the state of optimizers: in kernel memory, outside every scope; freed by dispose()

import { describeValue } from './arguments.js';
import type { Backend, Buffer, DType, Lifetime, Values } from './backends/backend.js';
import { currentBackend } from './backends/current.js';
import { isCallable } from './callable.js';
import { ScopeError } from './errors.js';
import { Tensor } from './tensor.js';

/** Owns a buffer and counts writes to it. Several tensors, each a view, may share one storage. */
export class Storage {
  /** The number of storages created so far. */
  static count = 0;
  /** The number of this storage in the order of creation: 1, 2, .. */
  readonly id = ++Storage.count;
  /** The number of writes in place. If it has changed, a gradient that needs the old values is refused. */
  version = 0;
  /** Why the values were freed; empty while they exist. */
  freed = '';
  /** The scope that owns it; null if it is collected or persistent. */
  owner = currentScope();
  /** Whether it is persistent: in kernel memory, outside every scope. */
  persistent = false;
  /** The name of the operation that computed the values; empty if none did. Valid while `version` is 0. */
  made = '';
  /** Set if an optimizer took a step in which the values were a gradient: the first parameter of that step. */
  stepped?: Tensor;

  constructor(
    /** The backend that the values live on. */
    readonly backend: Backend,
    /** The values. */
    public buffer: Buffer,
    /** How the buffer was allocated. */
    public lifetime: Lifetime,
  ) {
    this.owner?.storages.add(this);
  }

  /** Frees the values. Using them afterwards throws ScopeError with this reason. */
  free(reason: string): void {
    if (this.freed) return;
    this.freed = reason;
    this.owner?.storages.delete(this);
    this.owner = null;
    unreachable.unregister(this);
    this.backend.free(this.buffer);
  }

  /** Moves the values out of every scope and makes them persistent or collected. Persistent values stay persistent.
   *  Throws ScopeError if they were freed. */
  release(persistent: boolean): void {
    if (this.freed) throw new ScopeError(`keep: the values were freed: ${this.freed}`);
    this.owner?.storages.delete(this);
    this.owner = null;
    if (this.persistent) return;
    this.#moveTo(persistent ? 'owned' : 'collected');
    this.persistent = persistent;
    if (persistent) unreachable.register(this, { backend: this.backend, buffer: this.buffer }, this);
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

/** Frees persistent values that nothing refers to any more, for example of a net that was dropped without dispose(). The garbage
 *  collector is too slow for the temporaries of a loop, but fast enough for nets, which are few. */
const unreachable = new FinalizationRegistry<{ backend: Backend; buffer: Buffer }>(({ backend, buffer }) =>
  backend.free(buffer),
);

const copy = {
  name: 'copy',
  loop: ([y]: { data: Values }[], [x]: { data: Values }[]) => y.data.set(x.data),
};

/** Owns the storages created while it is open. `close` frees those that were not kept. */
export class Scope {
  /** The storages that it owns. */
  readonly storages = new Set<Storage>();
  /** Whether its function is asynchronous, so that other code may run while the scope is open. Set before the call of an async
   *  function; for any other function, once it returns a promise. */
  pending = false;
  #open = true;

  /** Frees the storages that this scope owns. Throws ScopeError if a scope opened later is still open. */
  close(): void {
    if (!this.#open) return;
    if (scopes.at(-1) !== this) throw outOfOrder();
    scopes.pop();
    this.#open = false;
    for (const storage of [...this.storages])
      storage.free('its scope has closed; keep(t) inside the scope moves it out');
  }

  /** Closes the scope at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Moves a storage to the enclosing scope; if there is none, it becomes collected. */
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

/** Opens a scope and returns it: `using s = scope()`, or call `s.close()`. Tensors created while it is open are freed when it
 *  closes, unless they are kept with `keep(t)`. Scopes nest. */
export function scope(): Scope;
/** Runs a function in a scope and returns its result. Tensors created inside are freed when the function returns or its promise
 *  settles, unless they are kept with `keep(t)`; using them later throws ScopeError. Scopes nest. While the function awaits,
 *  tensors created by other code belong to the scope too. Throws ScopeError if the function is asynchronous and another asynchronous
 *  scope is open, or if the function leaves an inner scope open. */
export function scope<T>(fn: () => T): T;
export function scope<T>(fn?: () => T): T | Scope {
  if (fn !== undefined && !isCallable(fn)) throw new ScopeError(`scope: takes a function: got ${describeValue(fn)}`);
  if (fn instanceof asyncFunction) refuseSecondAsync(null);
  const opened = new Scope();
  opened.pending = fn instanceof asyncFunction;
  scopes.push(opened);
  if (!fn) return opened;
  try {
    const result = fn();
    if (!isPromise(result)) {
      finish(opened);
      return result;
    }
    result.then(undefined, () => {});
    refuseSecondAsync(opened);
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
  } catch (error) {
    closeWithInner(opened);
    throw error;
  }
}

/** Whether an asynchronous scope is open. */
export function isScopePending(): boolean {
  return scopes.some((s) => s.pending);
}

function refuseSecondAsync(own: Scope | null): void {
  if (!scopes.some((s) => s.pending && s !== own)) return;
  throw new ScopeError('scope: an asynchronous scope is open: await it');
}

/** Closes a scope whose function has returned. Throws ScopeError if a scope opened inside is still open, and closes it too. */
function finish(scope: Scope): void {
  const left = scopes.includes(scope) && scopes.at(-1) !== scope;
  closeWithInner(scope);
  if (left) throw outOfOrder();
}

const outOfOrder = () => new ScopeError('scope: an inner scope is open; close that first');

/** Closes a scope and the scopes opened inside it that are still open. */
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

/** A new storage that takes over an array of values, owned by the innermost scope if one is open. */
export function adopt(dtype: DType, values: Values, backend = currentBackend()): Storage {
  return new Storage(backend, backend.adopt(dtype, values), 'collected');
}

/** Moves a tensor's values out of all open scopes: they outlive the scopes, and the garbage collector frees them. Returns the
 *  tensor. Keeping a view keeps all values of its base. Throws ScopeError if they were freed. */
export function keep<T extends { storage: Storage }>(t: T): T {
  if (!(t instanceof Tensor)) throw new ScopeError(`keep: takes a tensor: got ${describeValue(t)}`);
  t.storage.release(false);
  return t;
}

/** Makes a tensor's values persistent: they stay in kernel memory until dispose(), or until nothing refers to them. Parameters
 *  and the state of optimizers are persistent. A loop that never awaits must call dispose(), because the garbage collector
 *  reports unreachable values only between tasks. Throws ScopeError if they were freed. */
export function persist<T extends { storage: Storage }>(t: T): T {
  t.storage.release(true);
  return t;
}

/** Runs fn in an inner scope if a scope is open, and moves its results to the enclosing one. */
export function runInInnerScope<T extends { storage: Storage } | null>(fn: () => T[]): T[] {
  if (!currentScope()) return fn();
  return scope(() => {
    const results = fn();
    const inner = currentScope()!;
    for (const t of results) if (t) inner.moveOut(t.storage);
    return results;
  });
}
