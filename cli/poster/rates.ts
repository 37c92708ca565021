// The rates of an optimizer's last step, in the form of a training's result.
import { type Histogram, type Optimizer, Recorder } from '../../optim/index.js';
import { BINS, type Counts, EXTREME, type NetRates, SAMPLED } from '../../reports/poster/rates.js';

/** Records the rates of the whole net. lr: the unit of relative rates. last: whether to keep the sampled elements. Reads the
 *  optimizer's whole state, which is slow: call it in few steps. */
export async function netRates(optimizer: Optimizer<any>, lr: number, last: boolean): Promise<NetRates> {
  const extreme = { low: 0, high: 0, lowRelative: 0, highRelative: 0 };
  const recorder = new Recorder(optimizer, {
    bins: BINS,
    sample: evenly,
    scheduled: true,
    net: true,
    visit({ clipped, schedule: s }) {
      for (const c of clipped) {
        const r = c * s;
        if (r < EXTREME.low) extreme.low++;
        if (r > EXTREME.high) extreme.high++;
        if (r < EXTREME.low * lr * s) extreme.lowRelative++;
        if (r > EXTREME.high * lr * s) extreme.highRelative++;
      }
    },
  });
  await recorder.take();
  const [{ step, lo, hi, schedule, raw, clipped, elements }] = recorder.net;
  const layers = recorder.rows.map(({ name, size, sample }) => {
    return { name, size, used: sample.clipped.map((r) => finite(Number(r.toPrecision(4)))) };
  });
  return {
    step,
    lo: lo * schedule,
    hi: finite(hi * schedule),
    rate: countsOf(raw),
    used: countsOf(clipped),
    floor: elements.floor,
    free: elements.free,
    ceiling: elements.ceiling,
    extreme,
    ...(last && { layers }),
  };
}

/** The indices of SAMPLED elements, evenly spaced; all indices if there are fewer elements. */
function evenly(size: number): number[] {
  const count = Math.min(SAMPLED, size);
  return Array.from({ length: count }, (_, k) => Math.floor((k * size) / count));
}

function countsOf({ below, counts, above }: Histogram): Counts {
  return [below, ...counts, above];
}

function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
