// Whether a run's recorded rates have bounds.
import type { Run } from '../record.js';

/** Whether the rates of a run lie between bounds: not those of Adam, which has lo = 0 and hi = ∞, nor of SGDM, which has lo = hi. */
export function hasBounds({ epochs }: Run): boolean {
  return epochs.some(({ rates }) => rates.some(({ lo, hi }) => (lo > 0 || hi !== null) && lo !== hi));
}
