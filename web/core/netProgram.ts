// The run of a net as a short program on the public library.
import { writeFragment } from './fragment.js';
import { type DataName, datasets, HIDDEN, type NetName, POINT_OPTIONS, POINTS } from './nets.js';
import { commandText, importText, ownLines, ruleText } from './programText.js';
import type { Catalog, NetState } from './state.js';

/** The lines that make the data, the net and its batches. Adds the names that they import. */
export function netTexts(
  { net, data, batch, seed }: { net: NetName | 'resnet8'; data: DataName; batch: number; seed: number },
  used: Set<string>,
): { data: string[]; model: string[]; loader: string } {
  const isImages = datasets[data].kind === 'images';
  for (const name of ['DataLoader', 'Random', 'setBackend', net]) used.add(name);
  used.add(isImages ? 'fashionMnistSample' : data);
  if (net === 'mlp' && !isImages) used.add('Tanh');
  const sizes = isImages ? [784, ...HIDDEN.images, 10] : [2, ...HIDDEN.points, 2];
  const activation = isImages ? '' : ', activation: () => new Tanh()';
  return {
    data: [
      '// Plain SIMD gives the same digits in every engine.',
      "await setBackend('wasm', { fma: false });",
      data === 'fashion'
        ? 'const { train: data } = await fashionMnistSample();'
        : `const data = ${data}({ samples: ${POINTS}, noise: ${POINT_OPTIONS[data].noise}, seed: ${seed} });`,
    ],
    model: [
      `const random = new Random(${seed});`,
      `const model = ${net === 'mlp' ? `mlp({ sizes: [${sizes.join(', ')}]${activation}, random })` : `${net}({ ${net === 'resnet8' ? 'inChannels: 1, ' : ''}random })`};`,
    ],
    loader: `const loader = new DataLoader(data, { batchSize: ${batch}, shuffle: true, seed: ${seed} });`,
  };
}

/** Returns a TypeScript program that prints the numbers of room `funnel`. */
export function netProgram(state: NetState, catalog: Catalog): string {
  const { net, data, batch, seed, steps, rules } = state;
  const used = new Set(['crossEntropy', 'Recorder', 'scope']);
  const optimizer = ruleText(rules[0], 'model.namedParameters()', state, catalog, used);
  const made = netTexts({ net, data, batch, seed }, used);
  const { layer: _, index: __, units: ___, at: ____, stop: _____, ...run } = state;
  const lines = [
    commandText(writeFragment({ ...run, room: 'funnel' })),
    importText(used),
    '',
    ...ownLines(rules),
    ...made.data,
    ...made.model,
    `const optimizer = ${optimizer};`,
    'const recorder = new Recorder(optimizer, { net: true });',
    made.loader,
    '',
    'let loss = Number.NaN;',
    `while (optimizer.steps < ${steps}) {`,
    '  for await (const [x, y] of loader) {',
    '    loss = scope(() => {',
    '      const loss = crossEntropy(model.forward(x), y);',
    '      optimizer.zeroGrad();',
    '      loss.backward();',
    '      optimizer.step();',
    '      return loss.itemSync();',
    '    });',
    '    await recorder.take();',
    `    if (optimizer.steps === ${steps}) break;`,
    '  }',
    '}',
    '',
    'const { lo, hi, schedule, elements } = recorder.net.at(-1)!;',
    'const numbers = { steps: optimizer.steps, loss, lo: schedule * lo, hi: schedule * hi, ...elements };',
    'for (const [name, value] of Object.entries(numbers)) console.log(name, value);',
    'for (const [name, p] of model.namedParameters()) {',
    '  console.log(`${name}.sum`, p.dataSync().reduce((a, b) => a + b, 0));',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}
