// Small data and nets of the tests of misuses. The calls are not typed, as in JavaScript.
import * as root from '../../index.js';

const { Adam, mlp, parseCheckpoint, Random, tensorDataset }: any = root;

export const list = (n: number, f: (i: number) => any): any[] => Array.from({ length: n }, (_, i) => f(i));
/** Points of the plane, the same for a seed. */
export const points = (n: number, seed: number): number[][] => {
  const stream = new Random(seed).stream('points');
  return list(n, () => [stream.normal(), stream.normal()]);
};
/** Two classes of points: above and below a line. */
export const classes = (n = 24, seed = 1, names = ['no', 'yes']) => {
  const x = points(n, seed);
  return tensorDataset(
    x,
    x.map(([p, q]) => (p + q > 0 ? 1 : 0)),
    { classes: names },
  );
};
/** A value to predict for each point. */
export const values = (n = 24, seed = 1) => {
  const x = points(n, seed);
  return tensorDataset(
    x,
    x.map(([p, q]) => [100 * p + 50 * q]),
  );
};
export const net = (outputs = 2, seed = 7) => mlp({ sizes: [2, 6, outputs], random: new Random(seed) });
export const adam = (model: any, more: object = {}) => new Adam(model.namedParameters(), { lr: 0.01, ...more });
/** A store of checkpoints in memory, which keeps the newest one. */
export const memory = () => {
  let file: Uint8Array | null = null;
  return {
    latest: async () => file && { checkpoint: parseCheckpoint(file), notes: [] },
    save: async (bytes: Uint8Array) => {
      file = bytes;
    },
    bytes: () => file,
  };
};
