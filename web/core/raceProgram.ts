// A race as a short program on the public library.
import { writeFragment } from './fragment.js';
import { HIDDEN, POINT_OPTIONS, POINTS } from './nets.js';
import { commandText, importText, ownLines, ruleText, scheduleText } from './programText.js';
import { kindOfData } from './raceTasks.js';
import type { Catalog, Change, RaceState, ScheduleName } from './state.js';

/** Whether a race has a program. */
export const hasRaceProgram = ({ data }: RaceState): boolean => data in { fashion: 0, moons: 0, spirals: 0 };

/** Returns a TypeScript program that prints the first numbers of a race: for each rule the steps, the loss of the last batch and the sum of
 *  the weights. Null for data that a program has to read elsewhere: a text or a file. */
export function raceProgram(state: RaceState, catalog: Catalog): string | null {
  const { data, race, batch, seed, steps, rules, changes } = state;
  const kind = kindOfData(data);
  if (data !== 'fashion' && data !== 'moons' && data !== 'spirals') return null;
  const used = new Set(['crossEntropy', 'DataLoader', 'Random', 'scope', 'setBackend', 'Tensor', race]);
  used.add(data === 'fashion' ? 'fashionMnistSample' : data);
  const made = rules.map(
    (rule, i) =>
      `  '${i + 1}.${rule.key}': (params: [string, Tensor][]) => ${ruleText(rule, 'params', state, catalog, used)},`,
  );
  const changed = changes.map(
    (change) =>
      `    if (name === '${change.rule + 1}.${rules[change.rule].key}' && optimizer.steps === ${change.step - 1}) ${assigned(change, steps, used)}`,
  );
  if (race === 'mlp' && kind === 'points') used.add('Tanh');
  const sizes = kind === 'images' ? [784, ...HIDDEN.images, 10] : [2, ...HIDDEN.points, 2];
  const activation = kind === 'images' ? '' : ', activation: () => new Tanh()';
  const { at: _, slice: __, ...run } = state;
  const lines = [
    commandText(writeFragment(run)),
    importText(used),
    '',
    '// Plain SIMD gives the same digits in every engine.',
    "await setBackend('wasm', { fma: false });",
    data === 'fashion'
      ? 'const { train: data } = await fashionMnistSample();'
      : `const data = ${data}({ samples: ${POINTS}, noise: ${POINT_OPTIONS[data].noise}, seed: ${seed} });`,
    '',
    ...ownLines(rules),
    'const rules = {',
    ...made,
    '};',
    '',
    'for (const [name, make] of Object.entries(rules)) {',
    `  const random = new Random(${seed});`,
    `  const model = ${race === 'lenet' ? 'lenet({ random })' : `mlp({ sizes: [${sizes.join(', ')}]${activation}, random })`};`,
    '  const optimizer = make(model.namedParameters());',
    `  const loader = new DataLoader(data, { batchSize: ${batch}, shuffle: true, seed: ${seed} });`,
    ...(changed.length > 0
      ? [
          '  const set = (name: string, value: unknown) => {',
          '    for (const group of optimizer.paramGroups as Record<string, any>[])',
          "      if (name === 'schedule' || name in group) group[name] = value;",
          '  };',
        ]
      : []),
    '  let loss = Number.NaN;',
    '  const step = ([x, y]: [Tensor, Tensor]) => {',
    ...changed,
    '    return scope(() => {',
    '      const loss = crossEntropy(model.forward(x), y);',
    '      optimizer.zeroGrad();',
    '      loss.backward();',
    '      optimizer.step();',
    '      return loss.itemSync();',
    '    });',
    '  };',
    `  while (optimizer.steps < ${steps}) {`,
    '    for await (const batch of loader) {',
    '      loss = step(batch);',
    `      if (optimizer.steps === ${steps}) break;`,
    '    }',
    '  }',
    '  optimizer.eval(); // the averaged weights, if it has them',
    '  const sum = model.parameters().flatMap((p) => [...p.dataSync()]).reduce((a, b) => a + b, 0);',
    '  console.log(`${name}: steps ${optimizer.steps}, loss ${loss}, sum ${sum}`);',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** The assignment of a change. */
function assigned({ name, value }: Change, steps: number, used: Set<string>): string {
  if (name !== 'schedule') return `set('${name}', ${JSON.stringify(value).replaceAll(',', ', ')});`;
  if (value === 'none') return "set('schedule', undefined);";
  return `set('schedule', ${scheduleText(value as ScheduleName, steps, used)});`;
}
