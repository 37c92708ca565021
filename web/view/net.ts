// What the page shows of a net, as signals: the rows that the worker sends, and the weight that is watched.
import { computed, signal } from '@preact/signals';
import type { Facts, PartRow, Row, Weight } from '../core/funnel.js';
import { BINS, netKey, whyNoWeight } from '../core/nets.js';
import { firstNet, type NetState } from '../core/state.js';

/** A row of the whole net: the sums over its parts. */
export interface Total extends PartRow {
  size: number;
}

/** The state of the net, also while another kind of state is shown. */
export const net = signal<NetState>(firstNet);
/** The rows so far. The array grows in place; `grownRows` counts the changes. */
export const rows = signal<Row[]>([]);
export const grownRows = signal(0);
export const facts = signal<Facts | null>(null);
/** Why the run stopped early. */
export const netNote = signal('');
/** What the run has done to the chosen weight. */
export const weight = signal<Weight | null>(null);

/** By the key of a rule: the rule without bounds that takes the same steps until the first clip, except that it may add eps at another place. */
export const unbounded: Readonly<Record<string, string>> = {
  adabound: 'Adam',
  adaboundw: 'AdamW',
  amsbound: 'AMSGrad',
};

let totals: Total[] = [];

/** Adds rows. isFresh: whether they begin a new run. */
export function appendRows(more: readonly Row[], isFresh: boolean): void {
  if (isFresh) {
    rows.value = [];
    totals = [];
  }
  rows.value.push(...more);
  totals.push(...more.map(({ parts }) => together(parts)));
  grownRows.value++;
}

function together(parts: readonly (PartRow | null)[]): Total {
  const all = parts.filter((part) => part !== null);
  const sum = (of: (part: PartRow) => number) => all.reduce((total, part) => total + of(part), 0);
  // The bounds are those of the last parameter, as in a Recorder's row of the net.
  const { lo, hi } = all.at(-1) ?? { lo: Number.NaN, hi: Number.NaN };
  const counts = Array.from({ length: binCount }, (_, i) => sum((part) => part.counts[i]));
  const [below, above] = [sum((part) => part.below), sum((part) => part.above)];
  const size = counts.reduce((a, b) => a + b, below + above);
  return { lo, hi, floor: sum((part) => part.floor), ceiling: sum((part) => part.ceiling), counts, below, above, size };
}

export const binCount = (BINS.to - BINS.from) * BINS.perDecade;
/** The rate in the middle of a bin. */
export const middleOf = (bin: number) => 10 ** (BINS.from + (bin + 0.5) / BINS.perDecade);

/** The index of the shown layer among the parts; -1: the whole net. */
export const shownPart = computed(() => facts.value?.parts.findIndex(({ name }) => name === net.value.layer) ?? -1);

/** The name of the shown layer. Undefined: the whole net. */
export const shownLayer = computed(() => facts.value?.parts[shownPart.value]?.name);

/** The row of step t, of the shown layer or of the whole net. Undefined if it is not computed, or if the layer had no step. */
export function rowAt(t: number): Total | undefined {
  const part = shownPart.value;
  if (part < 0) return totals[t - 1];
  const row = rows.value[t - 1]?.parts[part];
  return row ? { ...row, size: facts.value!.parts[part].size } : undefined;
}

/** The factor on the shown rates. */
export const unit = computed(() => {
  // Room `step` has the numbers of the step itself.
  const units = net.value.room === 'step' ? null : facts.value?.units;
  return units ? (net.value.units === 'heavy' ? units.heavy : units.averaged) : 1;
});

/** The chosen weight. In room `step` the default is the first weight. */
export const chosen = computed<{ layer: string; index: number } | null>(() => {
  const { room, layer, index } = net.value;
  if (room !== 'step') return layer !== undefined && index !== undefined ? { layer, index } : null;
  const name = layer ?? facts.value?.parts[0].name;
  return name === undefined ? null : { layer: name, index: index ?? 0 };
});

/** Why the chosen weight does not exist; empty if it does, or if the rows are still those of another net. */
export const noWeight = computed(() => {
  const { layer, index = 0 } = net.value;
  if (!facts.value || layer === undefined || facts.value.net !== netKey(net.value)) return '';
  return whyNoWeight(facts.value.parts, layer, index) ?? '';
});

/** The middle of the bin that holds the median of a row's rates. Rates outside all bins do not count. NaN if no rate lies in a bin. */
export function medianOf({ counts }: PartRow): number {
  let left = counts.reduce((a, b) => a + b, 0) / 2;
  return left === 0 ? Number.NaN : middleOf(counts.findIndex((count) => (left -= count) <= 0));
}

/** The share of the rates of each bin that the clip changed. In rising order come the raised rates, the unchanged, and the lowered. */
export function changedShares({ counts, below, floor, ceiling, size }: Total): number[] {
  let after = below;
  return counts.map((count) => {
    const before = after;
    after += count;
    const free = Math.max(0, Math.min(after, size - ceiling) - Math.max(before, floor));
    return count === 0 ? 0 : 1 - free / count;
  });
}
