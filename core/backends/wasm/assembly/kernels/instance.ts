// An instance of the module: where its static data ends, and the memory that a further instance works in.
import { AREA_BYTES, setAreas } from '../lib/memory';

/** The first address that static data leave free. */
export function heapBase(): usize {
  return __heap_base;
}

/** Bytes that `useAreas` needs, at a multiple of 64. */
export function areaBytes(): usize {
  return AREA_BYTES;
}

/** Gives an instance that shares its memory with others areas of its own. */
export function useAreas(at: usize): void {
  setAreas(at);
}
