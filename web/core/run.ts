// A state's run to its end, as numbers: the page's `run()` and `boundgrad lab --state` both call this.
import { Funnel } from './funnel.js';
import { formulaValues, numbersOf } from './ownRule.js';
import { raceNumbers } from './raceNumbers.js';
import type { CsvFile } from './raceTasks.js';
import { isNet, isRace, isTheorem, type NetState, type State, type SurfaceState } from './state.js';
import { Surface } from './surface.js';
import { theoremNumbers } from './theoremShown.js';
import { runTheorem } from './theorems.js';
import { type Images, noImages, withNetBackend } from './training.js';
import { unroll } from './unroll.js';

/** A named number of a run. */
export interface Named {
  /** Its name, for example `1.adam.loss`: the position of the rule, its key, the quantity. In room `step` a quantity, a letter, or a path such as
   *  `free.rate`. In room `funnel` a quantity, or a path such as `conv1.bias.sum`. */
  name: string;
  value: number;
}

/** Runs a state to its end. Room `surface`: for each rule in order x, y, the loss, and the number of steps it took. Room `step`: the step, the
 *  value before it, and the bounds; the value of each equation; then rate and next value with the rule's own bounds, with none, and with
 *  both at a*. Room `funnel`: the number of steps, and of the last step the loss before it, the bounds, and how many rates were raised, free
 *  and lowered; then the sum of each parameter. Room `nets`: see `raceNumbers`. Room `theorems`: for each rule its numbers at the shown step
 *  and of the whole run, then D G, the conditions of the theorem with both sides, the map of C and β2, and for which β2 and C Adam fails.
 *  Room `rule`: as room `surface`, then the rule's formulas at the shown step. file: the CSV file of a race. Throws StateError if the
 *  state cannot be run. */
export async function runState(state: State, images: Images = noImages, file: CsvFile | null = null): Promise<Named[]> {
  if (isRace(state)) return withNetBackend(() => raceNumbers(state, images, file));
  if (isTheorem(state)) {
    const keys = state.rules.map(({ key }) => key);
    return named(theoremNumbers(runTheorem(state), keys, state.at ?? state.steps));
  }
  if (state.room === 'step') return stepNumbers(state, images);
  if (isNet(state)) return withNetBackend(() => netNumbers(state, images));
  const numbers = await surfaceNumbers(state);
  return state.room === 'rule' ? [...numbers, ...ownNumbers(state)] : numbers;
}

/** What the formulas of a custom rule give at the shown step. */
function ownNumbers({ rules, at, steps }: SurfaceState): Named[] {
  const { own, hyper } = rules.find((rule) => rule.own)!;
  return named(
    formulaValues(own!, { ...numbersOf(own!), ...(hyper as Record<string, number>) }, Math.max(1, at ?? steps)),
  );
}

const named = (values: Readonly<Record<string, number>>): Named[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

async function surfaceNumbers(state: SurfaceState): Promise<Named[]> {
  const surface = new Surface(state);
  while (!surface.isDone) await surface.advance(500);
  return surface.tracks.flatMap(({ x, y, loss }, i) => {
    const of = `${i + 1}.${state.rules[i].key}`;
    const steps = x.length - 1;
    return named({
      [`${of}.x`]: x[steps],
      [`${of}.y`]: y[steps],
      [`${of}.loss`]: loss[steps],
      [`${of}.steps`]: steps,
    });
  });
}

async function netNumbers(state: NetState, images: Images): Promise<Named[]> {
  const funnel = await Funnel.of(state, images);
  try {
    while (!funnel.isDone) await funnel.advance();
    const { model, loss, steps } = funnel.training;
    const parts = (funnel.rows.at(-1)?.parts ?? []).flatMap((part) => part ?? []);
    const total = (of: (part: (typeof parts)[number]) => number) => parts.reduce((sum, part) => sum + of(part), 0);
    const { lo, hi } = parts.at(-1) ?? { lo: Number.NaN, hi: Number.NaN };
    const [floor, ceiling] = [total((part) => part.floor), total((part) => part.ceiling)];
    const size = total(({ counts, below, above }) => counts.reduce((a, b) => a + b, below + above));
    const sums = model.namedParameters().map(([name, p]) => {
      const sum = (p.dataSync() as Float32Array).reduce((a, b) => a + b, 0);
      return { name: `${name}.sum`, value: sum };
    });
    return [...named({ steps, loss, lo, hi, floor, free: size - floor - ceiling, ceiling }), ...sums];
  } finally {
    funnel.dispose();
  }
}

async function stepNumbers(state: SurfaceState | NetState, images: Images): Promise<Named[]> {
  const { step, before, lines, lo, hi, alternatives } = await unroll(state, images);
  return [
    ...named({ step, before, lo, hi }),
    ...lines.map(({ letter, value }) => ({ name: letter, value })),
    ...alternatives.flatMap(({ kind, n, x }) => named({ [`${kind}.rate`]: n, [`${kind}.x`]: x })),
  ];
}
