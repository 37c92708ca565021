// The end of an instance's static data, and the memory areas that each further instance needs for itself.
import { AREA_BYTES, setAreas } from '../lib/memory';

/** The first address after the static data. */
export function heapBase(): usize {
  return __heap_base;
}

/** The number of bytes that `useAreas` needs, at an address that is a multiple of 64. */
export function areaBytes(): usize {
  return AREA_BYTES;
}

/** Gives this instance areas of its own, because it shares its memory with other instances. */
export function useAreas(at: usize): void {
  setAreas(at);
}
