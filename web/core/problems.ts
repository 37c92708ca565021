// The problems of the surface: formulas of x and y, read by the same parser as the user's formula.

/** A number that a problem takes. */
export interface Setting {
  title: string;
  default: number;
  min: number;
  max: number;
  /** Whether a slider for it is logarithmic. */
  isLog?: boolean;
}

/** A loss on the plane. */
export interface Problem {
  title: string;
  /** One sentence: what is hard about it. */
  about: string;
  /** The loss. Its names are x, y, those of the settings, and those of `derived`. Default: the user's own formula. */
  formula?: string;
  settings: Readonly<Record<string, Setting>>;
  /** Names in the formula that are computed from the settings. */
  derived?(settings: Readonly<Record<string, number>>): Record<string, number>;
  /** The smallest loss. Default: it is not known. */
  least?(settings: Readonly<Record<string, number>>): number;
  start: readonly [x: number, y: number];
  /** The part of the plane that is shown at first: its centre and its width. */
  view: readonly [x: number, y: number, width: number];
  /** A slope along x that is added to the loss of step t, so that the loss changes with t. Its mean is 0. */
  slope?(t: number, settings: Readonly<Record<string, number>>): number;
  /** `slope` as an expression of TypeScript, for a program. */
  slopeText?: string;
  /** Where x and y must lie: each step is projected onto it. */
  box?: readonly [lower: number, upper: number];
}

/** The setting of the noise: each step adds its value times a standard normal number to each element of the gradient. */
const noise = (value: number): Setting => ({ title: 'noise', default: value, min: 0, max: 10 });

export const problems: Readonly<Record<string, Problem>> = {
  quadratic: {
    title: 'Quadratic',
    about: 'A bowl that is steep along one axis and flat along the other; c and s turn it.',
    formula: '1/2*(c*x + s*y)^2 + k/2*(c*y - s*x)^2',
    settings: {
      k: { title: 'condition number', default: 20, min: 1, max: 10_000, isLog: true },
      angle: { title: 'rotation in degrees', default: 30, min: -90, max: 90 },
      noise: noise(0),
    },
    derived: ({ angle }) => ({ c: Math.cos((angle * Math.PI) / 180), s: Math.sin((angle * Math.PI) / 180) }),
    least: () => 0,
    start: [-1.6, 0.9],
    view: [0, 0, 4.4],
  },
  rosenbrock: {
    title: 'Rosenbrock',
    about: 'A curved valley with steep walls and an almost flat floor; the minimum lies at (1, 1).',
    formula: '(1 - x)^2 + b*(y - x^2)^2',
    settings: { b: { title: 'steepness b', default: 100, min: 1, max: 1000, isLog: true }, noise: noise(0) },
    least: () => 0,
    start: [-1.5, 1.2],
    view: [0, 0.6, 4],
  },
  beale: {
    title: 'Beale',
    about: 'A plateau with sharp ridges; the minimum lies at (3, 0.5).',
    formula: '(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2',
    settings: { noise: noise(0) },
    least: () => 0,
    start: [0.8, 1.5],
    view: [1.6, 0.4, 5],
  },
  saddle: {
    title: 'Saddle',
    about: 'Flat where the path forks to two minima; on the axis y = 0 the gradient’s y component is 0.',
    formula: 'x^2/2 - y^2/2 + y^4/4',
    settings: { noise: noise(0) },
    least: () => -1 / 4,
    start: [1.5, 0.001],
    view: [0, 0, 4],
  },
  ravine: {
    title: 'Noisy ravine',
    about: 'Steep walls, a gentle floor, and gradients as noisy as those of tiny batches.',
    formula: 'x^2/20 + 2*sqrt(1 + a*y^2)',
    settings: { a: { title: 'wall steepness', default: 25, min: 1, max: 1000, isLog: true }, noise: noise(2) },
    least: () => 2,
    start: [-3, 0.8],
    view: [-0.4, 0, 7],
  },
  cycle: {
    title: 'Adam’s period of three',
    about: 'Every third loss is C x, the others are -x: their mean is least at x = -1.',
    formula: '(c - 2)/3*x + y^2/2',
    settings: { c: { title: 'C', default: 4, min: 2.1, max: 20 }, noise: noise(0) },
    slope: (t, { c }) => (t % 3 === 1 ? c : -1) - (c - 2) / 3,
    slopeText: '(t % 3 === 1 ? c : -1) - (c - 2) / 3',
    least: ({ c }) => (2 - c) / 3,
    start: [0, 0.8],
    view: [0, 0, 2.6],
    box: [-1, 1],
  },
  own: {
    title: 'Your formula',
    about: 'Any formula of x and y.',
    settings: { noise: noise(0) },
    start: [-1.5, 1.5],
    view: [0, 0, 4.4],
  },
};

/** The formula that `own` begins with. */
export const FIRST_FORMULA = 'x^2/4 + y^2/2 + sin(3*x)*cos(2*y)';
