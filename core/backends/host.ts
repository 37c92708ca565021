// What runs this program: Node, of which a bundle for a browser must know nothing, or a page.

/** A module of Node by its name, where this is Node 20.16 or later. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): T | undefined } };
  return process?.getBuiltinModule?.(name);
}

/** The cores that this process may use; 1 where nobody says. */
export function cores(): number {
  // Node 20 has no navigator.
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return builtin<typeof import('node:os')>('node:os')?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}
