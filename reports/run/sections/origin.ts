// How the runs were made: command, data, model, training, kernels, device and hyper-parameters.
import { count, describeDevice, kebab } from '../../format.js';
import { commandLine } from '../../html/document.js';
import { type Html, html } from '../../html/html.js';
import type { Run } from '../../record.js';
import { groupsOf } from '../groups.js';
import { usedKernels } from '../results.js';
import { keyOf } from '../tables.js';

const epochs = (n = 0) => `${n} ${n === 1 ? 'epoch' : 'epochs'}`;

/** The options for steps and weights that a run has. */
function optionsOf({
  classWeights,
  accumulate,
  clipNorm,
  reduceOnPlateau,
  earlyStopping,
  average,
  keepBest,
}: Run['run']): string[] {
  const found: [value: unknown, text: string][] = [
    [classWeights, `class weights ${classWeights}`],
    [accumulate, `steps on ${accumulate} batches`],
    [clipNorm, `gradients clipped to a norm of ${clipNorm}`],
    [
      reduceOnPlateau,
      `lr times ${reduceOnPlateau?.factor} after ${epochs(reduceOnPlateau?.patience)} without a lower test loss`,
    ],
    [earlyStopping, `ended after ${epochs(earlyStopping)} without a lower test loss`],
    [average, `weights averaged (${average})`],
    [keepBest, 'the weights of the best epoch saved'],
  ];
  return found.flatMap(([value, text]) => (value === undefined ? [] : [text]));
}

/** A text in which hyper-parameters are named as on the command line. */
const kebabs = (text: string, names: readonly string[]) =>
  names.reduce((said, name) => said.replaceAll(name, kebab(name)), text);

/** A hyper-parameter and its value. */
const hyperText = (name: string, value: string) =>
  name === 'form'
    ? `as in ${value === 'code' ? 'the authors’ code' : `the ${value}`}`
    : `${kebab(name)} ${value.replaceAll(',', ', ')}`;

/** The texts of runs, each once. */
const each = (runs: readonly Run[], of: (run: Run['run']) => string) => [...new Set(runs.map((r) => of(r.run)))];

/** The shape of a sample in words: `10 inputs`, or `inputs of 3 × 32 × 32`. */
const inputsOf = (shape: readonly number[]) =>
  shape.length === 1 ? `${count(shape[0])} ${shape[0] === 1 ? 'input' : 'inputs'}` : `inputs of ${shape.join(' × ')}`;

export function origin(runs: readonly Run[]): Html {
  const { data } = runs[0].run;
  const all = (of: (run: Run['run']) => string) => each(runs, of).join('; ');
  const seeds = [...new Set(runs.map((r) => r.run.seed))];
  const commands = each(runs, (run) => run.command);
  const dates = each(runs, ({ date }) => date.replace('T', ' ').replace(/\..*/, ' UTC')).sort();
  const entries: [string, Html | string][] = [
    [commands.length > 1 ? 'Commands' : 'Command', html`${commands.map(commandLine)}`],
    [seeds.length > 1 ? 'Seeds' : 'Seed', seeds.join(', ')],
    [
      'Data',
      `${data.name}: ${all(({ data: { train } }) => count(train))} training, ${count(data.test)} test, ${data.classes === 0 ? 'values to predict' : `${data.classes} classes`}, ${inputsOf(data.shape)}`,
    ],
    ['Model', all(({ model, parameters }) => `${model}, ${count(parameters)} parameters`)],
    [
      'Training',
      all((run) =>
        [
          `schedule ${run.schedule}`,
          ...(run.data.classes > 0 ? [`label smoothing ${run.labelSmoothing}`] : []),
          ...(run.data.shape.length > 1 ? [`augmentation ${run.augment.join(', ') || 'none'}`] : []),
          ...optionsOf(run),
        ].join(', '),
      ),
    ],
    [
      'Kernels',
      all(
        (run) =>
          `${run.backend}: ${usedKernels(run)
            .map(([k, how]) => `${k} by ${how.replace(`${run.backend} `, '')}`)
            .join(', ')}`,
      ),
    ],
    ['Device', all(({ device }) => describeDevice(device))],
    [
      dates.length > 1 ? 'Dates' : 'Date',
      dates.length > 1
        ? `${dates[0]} to ${dates.at(-1)}`
        : html`<time datetime="${runs[0].run.date}">${dates[0]}</time>`,
    ],
    ['Version', `boundgrad ${all(({ boundgrad }) => boundgrad)}`],
  ];
  const isMixed = runs.some(({ from }) => from !== undefined);
  const hyper = groupsOf(runs).map((group) => {
    const [{ run: r }] = group.runs;
    const all = Object.entries(r.hyper).map(([name, value]) => hyperText(name, String(value)));
    return html`<dt>${keyOf(group)}</dt><dd>${kebabs(r.about, Object.keys(r.hyper))}: ${all.map((one, i) => html`${i > 0 && ' '}<span class="one">${one}${i < all.length - 1 && ';'}</span>`)}</dd>`;
  });
  return html`<section aria-labelledby="origin"><h2 id="origin">How this was made</h2>
<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<h3>Hyper-parameters</h3><dl>${hyper}</dl>
<p class="note">${
    runs.some((r) => r.run.optimizer.includes('bound')) &&
    html`AdaBound: Luo, Xiong, Liu and Sun, Adaptive Gradient Methods with Dynamic Bound of Learning Rate, ICLR 2019,
arXiv 1902.09843. `
  }The records are .jsonl files, one for each optimizer, ${
    isMixed
      ? 'in the folders named above'
      : seeds.length > 1
        ? 'in a folder for each seed beside this page'
        : 'beside this page'
  }.</p></section>`;
}
