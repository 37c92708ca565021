// The nets of the funnel and their data by name, as the page describes them. training.ts makes them.

/** A net. */
export interface Net {
  title: string;
  /** What it is, by the kind of its data. All nets take images; those that take points of the plane too have `points`. */
  about: { images: string; points?: string };
}

export type NetName = 'lenet' | 'mlp';
export const nets: Readonly<Record<NetName, Net>> = {
  lenet: { title: 'LeNet', about: { images: '61,706 weights: two convolutions, three linear layers.' } },
  mlp: {
    title: 'MLP',
    about: {
      images: '101,770 weights: linear layers of 784, 128 and 10 features, with ReLU.',
      points: '1,218 weights: linear layers of 2, 32, 32 and 2 features, with tanh.',
    },
  },
};

/** What a net learns. */
export interface Data {
  title: string;
  about: string;
  kind: 'images' | 'points';
}

export const datasets = {
  fashion: { title: 'Fashion-MNIST', about: '3,600 images of ten kinds of clothes.', kind: 'images' },
  moons: { title: 'Moons', about: '400 points in two half circles.', kind: 'points' },
  spirals: { title: 'Spirals', about: '400 points in two spirals.', kind: 'points' },
} as const satisfies Record<string, Data>;
export type DataName = keyof typeof datasets;

/** The number of points of a data set of points. */
export const POINTS = 400;
/** The features of the hidden layers of an MLP, for points and for images. */
export const HIDDEN = { points: [32, 32], images: [128] } as const;
/** The noise of the points. */
export const POINT_OPTIONS = { moons: { noise: 0.1 }, spirals: { noise: 0.02 } } as const;

/** The most steps of a net: some 20 seconds of LeNet. */
export const MOST_NET_STEPS = 1000;
/** The most samples of a batch. */
export const MOST_BATCH = 512;

/** The net that a data set has by default. */
export const netOf = (data: DataName): NetName => (datasets[data].kind === 'images' ? 'lenet' : 'mlp');

/** The range and the resolution of the densities, in powers of ten. */
export const BINS = { from: -7, to: 6, perDecade: 10 } as const;

/** The identity of a net: equal for states whose nets have the same parameters. */
export const netKey = ({ net, data }: { net: NetName; data: DataName }) => `${net} ${datasets[data].kind}`;

/** A parameter of a net. */
export interface Part {
  name: string;
  shape: readonly number[];
  size: number;
}

/** Why a net has no such weight. Null if it has one. */
export function whyNoWeight(parts: readonly Part[], layer: string, index: number): string | null {
  const part = parts.find(({ name }) => name === layer);
  if (!part) return `of: no parameter '${layer}'; one of ${parts.map(({ name }) => name).join(', ')}`;
  if (index < part.size) return null;
  return `of: ${layer} has no element ${index}: its elements are 0 to ${part.size - 1}`;
}
