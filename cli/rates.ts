// Measures the rates of an optimizer's last step, in the form of a run's records.
import { type Optimizer, Recorder, type Row } from '../optim/index.js';
import { type Distribution, QUANTILES, type Rates, type Snapshot } from '../reports/record.js';

/** Records every parameter and the whole net. Reads and sorts the optimizer's whole state, which is slow: call it once an epoch,
 *  not in each step. */
export async function snapshot(optimizer: Optimizer): Promise<Snapshot> {
  const recorder = new Recorder(optimizer, { quantiles: QUANTILES, scheduled: true, net: true });
  await recorder.take();
  const [net] = recorder.net;
  const { step, schedule } = net;
  return {
    step,
    lo: net.lo * schedule,
    hi: finite(net.hi * schedule),
    schedule,
    all: ratesOf(net),
    layers: Object.fromEntries(recorder.rows.map((row) => [row.name, ratesOf(row)])),
  };
}

function ratesOf({ quantiles, elements: { floor, ceiling, free } }: Row): Rates {
  return { raw: distribution(quantiles.raw), clipped: distribution(quantiles.clipped), floor, ceiling, free };
}

/** The quantiles, rounded to four decimals. Those that are not finite become null. */
function distribution(quantiles: readonly number[]): Distribution {
  return quantiles.map((q) => finite(Math.round(q * 1e4) / 1e4));
}

function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
