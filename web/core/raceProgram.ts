// A race as a short program on the public library.
import { writeFragment } from './fragment.js';
import { netTexts } from './netProgram.js';
import { type DataName, datasets } from './nets.js';
import { commandText, importText, ownLines, ruleText, scheduleText } from './programText.js';
import type { Catalog, Change, RaceState, ScheduleName } from './state.js';

/** Whether a race has a program. */
export const hasRaceProgram = ({ data }: RaceState): boolean => data in datasets;

/** Returns a TypeScript program that prints the first numbers of a race: for each rule the steps, the loss of the last batch and the sum of
 *  the weights. Null for data that a program has to read elsewhere: a text or a file. */
export function raceProgram(state: RaceState, catalog: Catalog): string | null {
  const { data, race, batch, seed, steps, rules, changes } = state;
  if (!(data in datasets) || race === 'charLstm') return null;
  const used = new Set(['crossEntropy', 'scope', 'Tensor']);
  const texts = netTexts({ net: race, data: data as DataName, batch, seed }, used);
  const made = rules.map(
    (rule, i) =>
      `  '${i + 1}.${rule.key}': (params: [string, Tensor][]) => ${ruleText(rule, 'params', state, catalog, used)},`,
  );
  const changed = changes.map(
    (change) =>
      `    if (name === '${change.rule + 1}.${rules[change.rule].key}' && optimizer.steps === ${change.step - 1}) ${assigned(change, steps, used)}`,
  );
  const { at: _, slice: __, ...run } = state;
  const lines = [
    commandText(writeFragment(run)),
    importText(used),
    '',
    ...texts.data,
    '',
    ...ownLines(rules),
    'const rules = {',
    ...made,
    '};',
    '',
    'for (const [name, make] of Object.entries(rules)) {',
    ...texts.model.map((line) => `  ${line}`),
    '  const optimizer = make(model.namedParameters());',
    `  ${texts.loader}`,
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
