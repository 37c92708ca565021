// The texts of ticks and values in plots.

/** From here on numbers are printed with an exponent. */
const HUGE = 1e9;
/** Below this `valueText` prints an exponent too. */
const TINY = 1e-4;

/** A power of ten: 10⁻⁵ */
export function powerText(power: number): string {
  return `10${[...String(power)].map((c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)])).join('')}`;
}

/** The texts of evenly spaced ticks, all with as many decimals as their step needs: 0.5, 1.0; 25,000; 1·10¹², 2·10¹². percent: they are shares. */
export function tickTexts(splits: readonly number[], percent = false): string[] {
  const factor = percent ? 100 : 1;
  const step = factor * (splits[1] - splits[0]);
  const most = Math.max(...splits.map(Math.abs)) * factor;
  if (!percent && most >= HUGE) {
    const power = Math.floor(Math.log10(most) + 1e-9);
    const digits = decimalsOf(step / 10 ** power);
    return splits.map((v) => (v === 0 ? '0' : `${signed((v / 10 ** power).toFixed(digits))}·${powerText(power)}`));
  }
  const digits = decimalsOf(step);
  return splits.map((v) => grouped((factor * v).toFixed(digits)) + (percent ? ' %' : ''));
}

/** A value to four digits, or to three with an exponent: 0.6021, 28,770, 1.44·10¹²; a share to a tenth of a per cent; a dash if there is none. */
export function valueText(value: number | null | undefined, percent = false): string {
  if (value === null || value === undefined) return '–';
  if (percent) return signed(`${(100 * value).toFixed(1)} %`);
  const size = Math.abs(value);
  if (value === 0 || (size < HUGE && size >= TINY)) return grouped(String(Number(value.toPrecision(4))));
  const [digits, power] = value.toExponential(2).split('e');
  const shown = Number(digits);
  return shown === 1 ? powerText(Number(power)) : `${signed(String(shown))}·${powerText(Number(power))}`;
}

/** The values of one legend: each to four digits, and all with as many decimals as the longest has, if four digits reach so far:
 *  0.5698, 0.5900. A dash if there is none. */
export function valueTexts(values: readonly (number | null | undefined)[], percent = false): string[] {
  const texts = values.map((value) => valueText(value, percent));
  if (percent) return texts;
  const isPlain = (i: number) => /^−?[\d.]+$/.test(texts[i]);
  const decimals = texts.map((text, i) => (isPlain(i) ? (text.split('.')[1]?.length ?? 0) : 0));
  const most = Math.max(0, ...decimals);
  return texts.map((text, i) => {
    const value = values[i];
    if (!isPlain(i) || typeof value !== 'number') return text;
    const digits = value === 0 ? most : Math.min(most, 3 - Math.floor(Math.log10(Math.abs(value))));
    return digits > decimals[i] ? signed(value.toFixed(digits)) : text;
  });
}

/** The number of decimals that prints ticks exactly, at most 6: uPlot's steps are 1, 2, 2.5 and 5 times powers of ten. */
function decimalsOf(step: number): number {
  const whole = (n: number) => Math.round(n) > 0 && Math.abs(n - Math.round(n)) < 1e-6;
  return [0, 1, 2, 3, 4, 5].find((d) => whole(step * 10 ** d)) ?? 6;
}

const signed = (text: string) => text.replace('-', '−');

/** Commas between thousands from five digits on, and a minus sign. */
export function grouped(text: string): string {
  return signed(text.replace(/^-?\d{5,}/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ',')));
}
