// States of the lab: the fragment of an address, and the formula in it.
import { lab } from '../../../cli/commands/lab.js';
import { optimizers } from '../../../optim/index.js';
import { FragmentError } from '../../../web/core/entries.js';
import { readFragment, writeFragment } from '../../../web/core/fragment.js';
import { catalogOf, isNet, isRace, type State } from '../../../web/core/state.js';
import { TEXTS } from '../draw.js';
import { allows, type Format, right } from '../format.js';

/** Fragments of each room. */
const GOOD = [
  '#lab=1&by=0.1.0&problem=rosenbrock&b=10&rule=adam,lr:0.1,betas:0.9;0.99&rule=adabound,finalLr:0.01&start=-1,2&steps=9',
  '#problem=own&formula=x%5E2%20%2B%20sin(y)*y&rule=sgdm,lr:0.01,schedule:cosine&steps=9&at=3&stop=clip&view=0,0,4',
  '#room=step&rule=adabound,lr:0.1&of=y,1&steps=9&at=2',
  '#lab=1&room=step&net=mlp&data=moons&rule=adabound,gamma:0.01&of=layers.0.weight,12&steps=3&at=2',
  '#room=funnel&net=mlp&data=moons&batch=8&steps=3&units=heavy',
  '#room=theorems&theorem=theorem2&C=6&b1=0.25&b2=0.5&falls=1&steps=12&rule=adam,betas:0;0.5&rule=adabound&at=7',
  '#room=rule&steps=9&rule=own,lr:0.1&rule=adam&own=Mine,lr:0.01,top:2&own.lo=0.1*(1-1/(t%2B1))&own.hi=top&own.second=max&own.beta1=0.9/t',
  '#room=nets&data=moons&batch=50&steps=3&rule=adam&rule=adabound,lr:0.01&change=2,2,finalLr:1&change=3,1,schedule:drop&slice=ends',
  `#room=nets&data=text&text=${'abc%20'.repeat(60)}&steps=2&batch=4&rule=sgdm&change=2,1,lr:0.5`,
  '#room=nets&data=csv&file=own%252C%2520table.csv,00ff00ff,the%2520target&steps=2',
];
/** Parts of formulas. */
const FORMULAS = [
  'x',
  'y',
  'pi',
  '2',
  '^',
  '**',
  '(',
  ')',
  '-',
  '+',
  '*',
  '/',
  'log(',
  'x.y',
  '[0]',
  '1e400',
  'this',
  "'a'",
  ' ',
];

/** The most steps that the fuzzer computes in a run. */
const MOST = 20;

const states: Format = {
  name: 'lab-state',
  prepare() {
    const catalog = catalogOf(optimizers);
    return async (draw) => {
      let text = draw.pick(GOOD);
      if (draw.chance(0.4)) text = draw.damageText(text);
      if (draw.chance(0.2))
        text = text.replace(/=[^&]*/, `=${encodeURIComponent(draw.pick(TEXTS).replace('\ud800', ''))}`);
      if (draw.chance(0.3)) {
        const parts = Array.from({ length: 1 + draw.below(9) }, () => draw.pick(FORMULAS));
        text = text.replace(/formula=[^&]*/, `formula=${encodeURIComponent(parts.join(''))}`);
      }
      let state: State | null = null;
      try {
        state = readFragment(text, catalog).state;
      } catch (error) {
        // Such a text goes to the command too, which refuses it.
        if (!(error instanceof FragmentError)) throw error;
      }
      if (state) {
        const written = writeFragment(state);
        const again = allows(() => writeFragment(readFragment(written, catalog).state), 'it can be written and read');
        right(again === written, 'it is the same state after writing and reading');
        if (isRace(state) && (state.batch > 100 || state.data === 'fashion' || state.data === 'loomings')) return;
        if (state.steps > MOST || (isNet(state) && (state.net !== 'mlp' || state.batch > 100))) return;
      }
      const lines = (await lab.run({ state: text, json: true } as never, {} as never)) as string[];
      const { names, numbers } = JSON.parse(lines[0]);
      right(names.length === numbers.length && names.length > 0, 'each number has a name');
    };
  },
};

export const labStates: Format[] = [states];
