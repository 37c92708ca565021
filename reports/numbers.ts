// How numbers are printed, in the tables and in the plots alike.

/** 12,345 */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** 81.3 %, or a dash where there is none. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';
}

/** A number to some decimals, or a dash where there is none. */
export function fixed(x: number, decimals: number): string {
  return Number.isFinite(x) ? x.toFixed(decimals) : '–';
}

/** A rate to three digits. null: infinite, or the rate of an element without one. */
export function rate(x: number | null): string {
  return x === null ? '∞' : String(Number(x.toPrecision(3)));
}

/** The same of its logarithm to base 10, as the records have it. */
export function rateOfLog(q: number | null): string {
  return q === null ? '–' : rate(10 ** q);
}

/** a, b and c */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
