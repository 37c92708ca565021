// The data and nets of room `nets` by name, as the page describes them. raceTask.ts makes them.

/** The kind of the samples: points of the plane, images, characters, rows of a table. */
export type RaceKind = 'points' | 'images' | 'text' | 'table';

export const raceData = {
  moons: { title: 'Moons', about: '400 points in two half circles, and 400 others to test on.', kind: 'points' },
  spirals: { title: 'Spirals', about: '400 points in two spirals, and 400 others to test on.', kind: 'points' },
  fashion: {
    title: 'Fashion-MNIST',
    about: '3,600 images of ten kinds of clothes, and 500 others to test on.',
    kind: 'images',
  },
  loomings: {
    title: 'Moby-Dick, first pages',
    about: 'Each character is predicted from those before it. The last tenth of the text is for the test.',
    kind: 'text',
  },
  text: {
    title: 'your own text',
    about: 'Each character is predicted from those before it. The last tenth of the text is for the test.',
    kind: 'text',
  },
  csv: {
    title: 'your own CSV file',
    about: 'A table with a header. Four fifths of its rows train, the others test. The file stays on this page.',
    kind: 'table',
  },
} as const satisfies Record<string, { title: string; about: string; kind: RaceKind }>;
export type RaceData = keyof typeof raceData;

export const raceNets = {
  mlp: { title: 'MLP', kinds: ['points', 'images', 'table'] },
  resnet8: { title: 'ResNet-8', kinds: ['images'] },
  lenet: { title: 'LeNet', kinds: ['images'] },
  charLstm: { title: 'charLstm', kinds: ['text'] },
} as const satisfies Record<string, { title: string; kinds: readonly RaceKind[] }>;
export type RaceNet = keyof typeof raceNets;

/** What each net is, by the kind of its data. */
export const aboutNet: Readonly<Record<string, string>> = {
  'mlp points': 'Linear layers of 2, 32, 32 and 2 features, with tanh.',
  'mlp images': 'Linear layers of 784, 128 and 10 features, with ReLU.',
  'mlp table': 'Linear layers of 32 and 32 hidden features, with ReLU.',
  'lenet images': '61,706 weights: two convolutions, three linear layers.',
  'resnet8 images':
    '77,754 weights: seven 3 x 3 convolutions, six of them in residual blocks, with batch normalization. Its running averages lag behind the weights, so the results of the first tests scatter. This is the slowest net here: two rules take about 10 steps a second at a batch of 32, so 100 steps and their tests take about 20 seconds.',
  'charLstm text': 'An embedding of 16 features, an LSTM of 64, and a linear layer.',
};

/** The batch and the steps with which a slow net begins. */
export const FEW = { batch: 32, steps: 100 } as const;

/** The kind of a data set. */
export const kindOfData = (data: RaceData): RaceKind => raceData[data].kind;

/** The nets that can learn a data set; the first is the default. */
export const netsFor = (data: RaceData): RaceNet[] => {
  const fitting = (Object.keys(raceNets) as RaceNet[]).filter((net) =>
    (raceNets[net].kinds as readonly RaceKind[]).includes(kindOfData(data)),
  );
  // For images LeNet is the default, and the MLP comes last.
  return kindOfData(data) === 'images' ? fitting.reverse() : fitting;
};

/** The most rules of a race. */
export const MOST_RACERS = 4;
/** The most steps of a race. */
export const MOST_RACE_STEPS = 1000;
/** The most changes during the run. */
export const MOST_CHANGES = 12;
/** The fewest and the most characters of a user's text. */
export const TEXT_LENGTH = { min: 200, max: 2000 } as const;
/** The most characters of a CSV file, and of the names of the file and its target. */
export const MOST_CSV = 2_000_000;
export const MOST_NAME = 80;

/** Points on each side of the grid of `Measured.plane`. */
export const PLANE = 49;
/** The part of the plane on which points lie: the first and the last x and y. */
export const planeBox = { moons: [-1.6, 2.6, -1.35, 1.85], spirals: [-1.25, 1.25, -1.25, 1.25] } as const;

/** How an address names a CSV file. */
export interface CsvChoice {
  /** The name of the file. */
  name: string;
  /** The checksum of its text: `checksumOf`. */
  check: string;
  /** The column to predict. */
  target: string;
}

/** A CSV file that the page or the command was given. */
export interface CsvFile {
  name: string;
  text: string;
}

/** Eight hexadecimal digits by which a text is recognized: FNV-1a of its UTF-16 units. It finds mistakes, not attacks. */
export function checksumOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The delimiter of a CSV file: the one that occurs most often in its header. */
export function delimiterOf(text: string): string {
  const [line] = text.split(/[\r\n]/, 1);
  const count = (mark: string) => line.split(mark).length;
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

/** The names of the columns of a CSV file. */
export function headerOf(text: string): string[] {
  const [line] = text.replace(/^\uFEFF/, '').split(/[\r\n]/, 1);
  const mark = delimiterOf(line);
  const cells = line.matchAll(new RegExp(`(?:^|${mark})\\s*(?:"((?:[^"]|"")*)"|([^${mark}]*))`, 'g'));
  return [...cells].map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain).trim());
}
