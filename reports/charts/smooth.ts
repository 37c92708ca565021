// The smoothing of noisy curves:
//
//   m_i = s m_(i-1) + (1 - s) y_i,   m_0 = 0        an exponential moving average with smoothing s
//   shown_i = m_i / (1 - s^i)                       its mean weight is 1 from the first value on, as in Adam's bias correction

/** A smoothed copy of values. smoothing: in [0, 1); 0 changes nothing. null: no value, which is skipped. */
export function smoothed(values: readonly (number | null)[], smoothing: number): (number | null)[] {
  let [mean, weight] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    mean = smoothing * mean + (1 - smoothing) * value;
    weight = smoothing * weight + (1 - smoothing);
    return mean / weight;
  });
}
