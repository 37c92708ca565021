// The pages: what each runs, under which policy and flags, and what its output must contain.

import { exampleWrong } from './example.js';
import { files, picturesWrong } from './picturesWrong.js';
import { predictionsWrong, type Trained, trainedBytes } from './predict.js';
import { type TextTraining, textWrong } from './text.js';

type Lines = Record<string, any>[];

/** A sentence, and a function that returns why it does not hold; undefined or empty if it holds. */
type Expectation = [sentence: string, show: (lines: Lines, losses: number[]) => string | undefined | Promise<string>];

export interface Page {
  title: string;
  query: Record<string, string>;
  policy: string;
  flags: string[];
  expects: Expectation[];
}

const strict = "default-src 'none'; script-src 'self'";
const wasm = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
const workers = `${wasm}; worker-src blob:`;

const plain: string[] = [];
const swiftshader = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Expects this text in an entry of the first line, which describes the backend or says why there is none. */
const has = (key: 'mode' | 'note' | 'via' | 'cpu' | 'refused' | 'threads', pattern: RegExp): Expectation => [
  `${key}: ${pattern.source}`,
  ([head]) => (pattern.test(head[key]) ? undefined : JSON.stringify(head)),
];

/** 1e-4: the last digits differ between backends, and twelve steps with a rate of 0.001 hardly amplify that. */
const curve: Expectation = [
  'the losses are those of Node, within 1e-4',
  (lines, losses) => {
    const found: number[] = lines.find((line) => line.curve)?.curve ?? [];
    const off = losses.findIndex((loss, i) => !(Math.abs(found[i] - loss) <= 1e-4 * loss));
    return off < 0 ? undefined : `loss ${off}: ${found[off]}, expected ${losses[off]}`;
  },
];

function suite(
  name: string,
  parts: ('kernels' | 'programs' | 'device' | 'curve')[],
  { expects, ...page }: Omit<Page, 'title'>,
): Page[] {
  return parts.map((part) => ({
    ...page,
    title: `${name}: ${part}`,
    query: { ...page.query, part },
    expects: part === 'curve' ? [...expects, curve] : expects,
  }));
}

/** examples/backends.ts as it is, on a backend. */
function example(backend: string, via: string, page: Pick<Page, 'query' | 'policy' | 'flags'>): Page {
  const shows: Expectation = [
    `the losses are those of Node, and ${via} ran`,
    (lines) => exampleWrong(lines.map((line) => line.printed).join('\n'), backend, via),
  ];
  const { mode = '' } = page.query;
  const title = `the same program: ${backend} ${mode}`.trim();
  return { ...page, title, query: { ...page.query, backend, part: 'example' }, expects: [shows] };
}

/** A page that predicts from a checkpoint that Node wrote. */
async function predicting(net: Trained): Promise<Page> {
  const file = await trainedBytes(net);
  const show: Expectation = [
    'predictions are those of Node',
    ([{ predictions }]) => predictionsWrong(predictions, net, file),
  ];
  return {
    title: `predict: ${net}`,
    query: { part: 'predict', net, file },
    policy: strict,
    flags: plain,
    expects: [show],
  };
}

/** A page that decodes a PNG and a JPEG, makes a data set of them and predicts. */
async function decoding(): Promise<Page> {
  const file = await trainedBytes('images');
  const show: Expectation = [
    'a PNG has the bytes and the prediction that it has in Node, and a JPEG has them within its bound',
    ([{ decoded }]) => picturesWrong(decoded, file),
  ];
  return {
    title: 'pictures',
    query: { part: 'pictures', file, ...files },
    policy: strict,
    flags: plain,
    expects: [show],
  };
}

export const pages: Page[] = [
  {
    title: 'a character model',
    query: { part: 'text' },
    policy: wasm,
    flags: plain,
    expects: [
      [
        'it trains to the losses that it has in Node, and writes the same characters, to the bit',
        ([{ trained }]) => textWrong(trained as TextTraining),
      ],
    ],
  },
  await decoding(),
  await predicting('table'),
  await predicting('images'),
  example('reference', 'loop', { query: {}, policy: strict, flags: plain }),
  example('wasm', 'wasm simd', { query: {}, policy: wasm, flags: plain }),
  example('gpu', 'WebGL2Kernel', { query: { mode: 'webgl2' }, policy: strict, flags: plain }),
  example('gpu', 'WebGPUKernel', { query: { mode: 'webgpu' }, policy: strict, flags: swiftshader }),
  example('gpu', 'WebAssemblyKernel', { query: { mode: 'webasm', isolated: '' }, policy: workers, flags: plain }),
  ...suite('webgl2', ['kernels', 'programs', 'device', 'curve'], {
    query: { mode: 'webgl2' },
    policy: strict,
    flags: plain,
    expects: [has('via', /^WebGL2Kernel$/), has('cpu', /^loop$/)],
  }),
  ...suite('webgl2, synchronous', ['kernels', 'device'], {
    query: { mode: 'webgl2', async: 'false' },
    policy: strict,
    flags: plain,
    expects: [has('via', /^WebGL2Kernel$/)],
  }),
  ...suite('webgpu', ['kernels', 'programs', 'device', 'curve'], {
    query: { mode: 'webgpu' },
    policy: strict,
    flags: swiftshader,
    expects: [has('via', /^WebGPUKernel$/)],
  }),
  ...suite('webasm on threads', ['kernels', 'programs', 'device', 'curve'], {
    query: { mode: 'webasm', isolated: '' },
    policy: workers,
    flags: plain,
    expects: [has('via', /^WebAssemblyKernel$/), has('cpu', /^wasm simd/)],
  }),
  ...suite('webasm, synchronous', ['kernels', 'device'], {
    query: { mode: 'webasm', async: 'false' },
    policy: wasm,
    flags: plain,
    expects: [has('via', /^WebAssemblyKernel$/)],
  }),
  {
    title: 'the default mode, without a GPU',
    query: { isolated: '', part: 'nothing' },
    policy: workers,
    flags: plain,
    expects: [
      has('mode', /^webasm$/),
      has('note', /^webgpu: no adapter; webgl2: in software: .*SwiftShader.*; headlessgl: /),
    ],
  },
  {
    title: 'webgpu, requested and missing',
    query: { mode: 'webgpu', part: 'nothing' },
    policy: strict,
    flags: plain,
    expects: [has('refused', /BackendError: gpu: mode webgpu does not run here: no adapter; use another mode or wasm/)],
  },
  {
    title: 'webasm under a policy without wasm-unsafe-eval',
    query: { mode: 'webasm', part: 'nothing' },
    policy: strict,
    flags: plain,
    expects: [has('refused', /BackendError: gpu: mode webasm does not work here: .*unsafe-eval/)],
  },
  {
    title: 'webasm on threads under a policy without worker-src',
    query: { mode: 'webasm', isolated: '', part: 'nothing' },
    policy: wasm,
    flags: plain,
    expects: [has('refused', /BackendError: gpu: mode webasm does not work here: .*; allow worker-src blob:, or/)],
  },
  {
    title: 'workers',
    query: { isolated: '', part: 'threads' },
    policy: workers,
    flags: plain,
    expects: [has('threads', /^2$/), has('via', /^wasm simd/)],
  },
  {
    title: 'workers in a page that is not isolated',
    query: { part: 'threads' },
    policy: workers,
    flags: plain,
    expects: [has('threads', /^1$/), has('note', /no SharedArrayBuffer: .* COOP and COEP/)],
  },
  {
    title: 'workers under a policy without worker-src',
    query: { isolated: '', part: 'threads' },
    policy: wasm,
    flags: plain,
    expects: [has('threads', /^1$/), has('note', /worker-src blob:/)],
  },
];
