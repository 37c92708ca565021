// The rates that the last step used, as quantiles: by layer and for the whole net.
//
//   q(p) of n sorted values x_0 .. x_(n-1): linear between the two around position p (n-1), on the logarithm
import type { Tensor } from '../core/index.js';
import type { Optimizer } from '../optim/index.js';
import { type Distribution, QUANTILES, type Rates, type Snapshot } from '../reports/record.js';

/** Looks at every parameter. Reads the whole optimizer state, so take it seldom. */
export async function snapshot(
  optimizer: Pick<Optimizer, 'inspect'>,
  parameters: Iterable<readonly [string, Tensor]>,
): Promise<Snapshot> {
  const layers: Record<string, Rates> = {};
  const raw: Float64Array[] = [];
  const clipped: Float64Array[] = [];
  const sum = { floor: 0, ceiling: 0, free: 0 };
  let [step, lo, hi, schedule] = [0, 0, 0, 1];
  for (const [name, parameter] of parameters) {
    const seen = await optimizer.inspect(parameter);
    ({ step, schedule } = seen);
    [lo, hi] = [seen.lo * schedule, seen.hi * schedule];
    raw.push(seen.rate.map((r) => r * schedule));
    clipped.push(seen.clipped.map((r) => r * schedule));
    const { floor, ceiling, free } = seen;
    layers[name] = { raw: distribution(raw.at(-1)!), clipped: distribution(clipped.at(-1)!), floor, ceiling, free };
    for (const key of ['floor', 'ceiling', 'free'] as const) sum[key] += seen[key];
  }
  const all = { raw: distribution(join(raw)), clipped: distribution(join(clipped)), ...sum };
  return { step, lo, hi: Number.isFinite(hi) ? hi : null, schedule, all, layers };
}

/** The quantiles of log10(values), to four decimals. Sorts a copy. */
export function distribution(values: Float64Array): Distribution {
  const sorted = values.slice().sort();
  return QUANTILES.map((p) => {
    const position = p * (sorted.length - 1);
    const below = Math.floor(position);
    const [a, b] = [Math.log10(sorted[below]), Math.log10(sorted[Math.ceil(position)])];
    const q = a === b ? a : a + (position - below) * (b - a);
    return Number.isFinite(q) ? Math.round(q * 1e4) / 1e4 : null;
  });
}

function join(parts: Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
