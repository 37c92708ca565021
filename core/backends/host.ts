// The host of this program: Node or a page. A bundle for a browser must not import modules of Node.

/** Returns a module of Node by its name, or undefined if this is not Node 20.16 or later. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): T | undefined } };
  return process?.getBuiltinModule?.(name);
}

/** The number of cores that this process may use; 1 if unknown. */
export function cores(): number {
  // Node 20 has no navigator.
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return builtin<typeof import('node:os')>('node:os')?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}
