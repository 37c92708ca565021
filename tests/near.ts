/** Whether |a - b| <= tolerance (1 + |b|). NaN is near NaN only, and an infinity only itself: without isFinite, every number would be
 *  near an infinite b. */
export const isNear = (a: number, b: number, tolerance: number): boolean =>
  Object.is(a, b) || a === b || (Number.isFinite(b) && Math.abs(a - b) <= tolerance * (1 + Math.abs(b)));
