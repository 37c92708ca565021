// How the page prints numbers.

/** A number with at most `digits` significant digits, or with one fewer and an exponent: 0.0123, 1.50e−7, −3; NaN as a dash. */
export function short(x: number, digits = 4): string {
  if (Number.isNaN(x)) return '–';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '−∞';
  const size = Math.abs(x);
  const text =
    size !== 0 && (size < 1e-4 || size >= 1e6) ? x.toExponential(digits - 2) : String(Number(x.toPrecision(digits)));
  return text.replace('e+', 'e').replaceAll('-', '−');
}
