// When the numbers of several seeds differ:
//
//   d_i         the difference of two optimizers in seed i, which start from the same weights and see the same batches
//   t           mean(d) / (s_d / sqrt(n)), s_d with n - 1; distributed as Student's t with n - 1 degrees of freedom if the true mean is 0
//   Holm        of m pairs, sorted by p: the i-th differs if p_i <= 0.05 / (m - i + 1) and all before it do (Holm 1979)
//
// So the chance that any pair is called different without being so is at most 5 %, if differences are distributed normally.

/** The chance of calling any pair different that is not. */
export const LEVEL = 0.05;

/** The arithmetic mean; NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** The standard deviation of a sample, with n - 1; NaN of fewer than two values. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const m = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1));
}

/** The standard error of the mean; NaN of fewer than two values. */
export function standardError(values: readonly number[]): number {
  return deviation(values) / Math.sqrt(values.length);
}

/** The two-sided p of the paired t-test: the chance of a difference as large if there is none. NaN of fewer than two pairs. */
export function pairedP(a: readonly number[], b: readonly number[]): number {
  const differences = a.map((v, i) => v - b[i]);
  const [m, error] = [mean(differences), standardError(differences)];
  if (Number.isNaN(error)) return NaN;
  // Differences that are all equal: rounding may leave a tiny deviation, which would be divided by.
  const scale = Math.max(...a.map(Math.abs), ...b.map(Math.abs));
  if (Math.abs(m) <= 1e-12 * scale) return 1;
  return twoSided(m / error, differences.length - 1);
}

/** The chance that |T| >= |t| for Student's t with `freedom` degrees of freedom: I_x(freedom / 2, 1 / 2), x = freedom / (freedom + t^2). */
export function twoSided(t: number, freedom: number): number {
  if (!Number.isFinite(t)) return 0;
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The regularized incomplete beta function I_x(a, b) by its continued fraction (NIST's Digital Library of Mathematical Functions, 8.17.22),
 *  evaluated by Lentz's method. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  // The fraction converges fast for x below (a + 1) / (a + b + 2).
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const tiny = 1e-300;
  const kept = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let [c, d] = [1, 1 / kept(1 - ((a + b) * x) / (a + 1))];
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const term of [even, odd]) {
      d = 1 / kept(1 + term * d);
      c = kept(1 + term / c);
      factor = c * d;
      fraction *= factor;
    }
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b));
  return (front * fraction) / a;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** log Gamma(x) for x > 0: Stirling's series above 10, and Gamma(x + 1) = x Gamma(x) below. */
function logGamma(x: number): number {
  let [shift, z] = [0, x];
  while (z < 10) shift += Math.log(z++);
  const w = 1 / (z * z);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** Which of these p are significant together, by Holm's rule. NaN is not. */
export function holm(p: readonly number[], level = LEVEL): boolean[] {
  const known = p.map((value, i) => ({ value, i })).filter(({ value }) => !Number.isNaN(value));
  known.sort((a, b) => a.value - b.value);
  const found = p.map(() => false);
  for (const [rank, { value, i }] of known.entries()) {
    if (value > level / (known.length - rank)) break;
    found[i] = true;
  }
  return found;
}
