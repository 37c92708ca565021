// What examples/backends.ts prints, wherever it runs.

/** The losses of its eight steps, as the loops give them in Node. */
const LOSSES = [2.310291, 2.328295, 2.282804, 2.265398, 2.291678, 2.233249, 2.237784, 2.233232];

/** What is wrong with what it printed; empty where nothing is. via: the kernel of the convolutions. */
export function exampleWrong(printed: string, backend: string, via: string): string {
  const losses = [...printed.matchAll(/^step \d+: loss (.*)$/gm)].map(([, loss]) => Number(loss));
  // Sums in another order, and eight steps that hardly amplify it; the last digit that is printed is 5e-7.
  const same = losses.length === LOSSES.length && losses.every((loss, i) => Math.abs(loss - LOSSES[i]) <= 1e-5);
  if (!same) return `losses ${losses}, expected ${LOSSES}`;
  return printed.includes(`on ${backend}: conv2d by ${via}`) ? '' : `${via} did not run: ${printed}`;
}
