// The expected output of examples/backends.ts, in Node and in every browser.

/** The losses of the eight steps of the example on the reference backend in Node. */
const LOSSES = [2.300261, 2.301986, 2.276597, 2.311371, 2.335022, 2.318824, 2.322944, 2.224894];

/** Returns what is wrong with the printed text; empty if it is right. via: the kernel of the convolutions. */
export function exampleWrong(printed: string, backend: string, via: string): string {
  const losses = [...printed.matchAll(/^step \d+: loss (.*)$/gm)].map(([, loss]) => Number(loss));
  // Backends sum in different orders, which eight steps hardly amplify. Losses are printed with an error of at most 5e-7.
  const same = losses.length === LOSSES.length && losses.every((loss, i) => Math.abs(loss - LOSSES[i]) <= 1e-5);
  if (!same) return `losses ${losses}, expected ${LOSSES}`;
  return printed.includes(`on ${backend}: conv2d by ${via}`) ? '' : `${via} did not run: ${printed}`;
}
