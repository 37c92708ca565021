// The host of this program: Node, Bun, Deno or a page. A bundle for a browser must not import modules of Node.

/** An AbortSignal. The types of a page (`lib: ["dom"]`) or @types/node declare it; in a project without both, this
 *  type has the members that boundgrad uses. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean; throwIfAborted(): void };

/** Returns a module of Node by its name: in Node from 20.16 on, in Bun and in Deno. Undefined in a page. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): T | undefined } };
  return process?.getBuiltinModule?.(name);
}

/** The name and version of this program's runtime: `Node 20.16.0`, `Bun 1.2.0`, `Deno 2.1.0`; undefined in a page. Bun and Deno
 *  also report a version of Node, which is ignored. */
export function runtime(): string | undefined {
  const { process } = globalThis as { process?: { versions?: Record<string, string | undefined> } };
  const { bun, deno, node } = process?.versions ?? {};
  return (bun && `Bun ${bun}`) || (deno && `Deno ${deno}`) || (node && `Node ${node}`);
}

/** The number of cores that this process may use; 1 if unknown. */
export function cores(): number {
  // Node 20 has no navigator.
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return builtin<typeof import('node:os')>('node:os')?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}
