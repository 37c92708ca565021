// What `#wide` is outside of Node (package.json, "imports"): a bundle for a page gets this file in place of node.ts and the wide kernels.
import type { WideBuild } from './node.js';

/** Returns why the wide build does not run here. */
export async function wideBuild(_fused: Uint8Array<ArrayBuffer>): Promise<WideBuild> {
  return { bytes: null, note: 'wide: only Node has the engine flag that it needs' };
}
