// The lab's worker without its page: requests in, answers out.
import { backend, optimizers, setBackend } from '../../index.js';
import { readFragment } from '../../web/core/fragment.js';
import { runState } from '../../web/core/run.js';
import { catalogOf, type NetState, type RaceState, type State } from '../../web/core/state.js';
import { useNetBackend, withNetBackend } from '../../web/core/training.js';
import { unroll } from '../../web/core/unroll.js';
import type { Answer, Request } from '../../web/worker.js';
import { fastBackend } from '../fastBackend.js';
import { onBackend } from '../onBackend.js';
import { assert, subject } from '../spec.js';

const test = subject('The worker of the lab');
const catalog = catalogOf(optimizers);
const read = <S extends State>(fragment: string) => readFragment(fragment, catalog).state as S;

type Listener = (event: { data: Request }) => void;
/** The globals that a worker has. */
const scope = globalThis as { addEventListener?: unknown; postMessage?: unknown };
let listen: Listener | undefined;

/** The worker while a test uses it. */
interface Used {
  send(request: Request): void;
  /** All answers so far. */
  answers: Answer[];
  /** Resolves with the first answer for which a condition holds, or rejects with the error that the worker answers. */
  answer<K extends Answer['kind']>(
    kind: K,
    holds?: (found: Extract<Answer, { kind: K }>) => boolean,
  ): Promise<Extract<Answer, { kind: K }>>;
}

/** Runs a function with the worker, whose backend is the loops, as in a page before its first net. */
async function withWorker(act: (worker: Used) => Promise<void>): Promise<void> {
  const [before, { addEventListener, postMessage }] = [backend(), scope];
  const answers: Answer[] = [];
  let heard = () => {};
  scope.addEventListener = (_: string, listener: Listener) => (listen = listener);
  scope.postMessage = (answer: Answer) => {
    answers.push(answer);
    heard();
  };
  try {
    await import('../../web/worker.js');
    await setBackend('reference');
    await act({
      answers,
      send: (data) => listen!({ data }),
      answer: (kind, holds = () => true) =>
        new Promise((resolve, reject) => {
          heard = () => {
            for (const each of answers) {
              if (each.kind === 'error') reject(new Error(each.message));
              if (each.kind === kind && holds(each as never)) resolve(each as never);
            }
          };
          heard();
        }),
    });
  } finally {
    await setBackend(before);
    for (const [name, value] of Object.entries({ addEventListener, postMessage }))
      if (value === undefined) Reflect.deleteProperty(scope, name);
      else Object.assign(scope, { [name]: value });
  }
}

let lastId = 0;
const MOONS = 'data=moons&batch=100';

test('numbers that are asked for while nets train leave the backend and the digits of the run as they are', async () => {
  const raced = read<RaceState>(`#room=nets&${MOONS}&steps=12&rule=adam,lr:0.01&rule=sgdm`);
  // The images of this state are unpacked while the race begins. So its run chooses a backend before the race does, and leaves that
  // backend after the race has begun.
  const asked = read<RaceState>('#room=nets&data=fashion&net=mlp&steps=2&batch=8&rule=adam');
  const whole = await runState(raced);
  const { default: packed } = await import('../../datasets/data/fashion.gz');
  await withWorker(async ({ send, answer, answers }) => {
    send({ kind: 'images', id: 0, base64: Buffer.from(packed).toString('base64') });
    send({ kind: 'numbers', id: ++lastId, state: asked });
    send({ kind: 'run', id: ++lastId, state: raced });
    await answer('numbers');
    await answer('race', ({ isDone }) => isDone);
    assert.is(backend().name, fastBackend);
    const losses = answers.flatMap((each) => (each.kind === 'race' ? [each.losses] : []));
    assert.equal(
      [0, 1].map((i) => losses.flatMap((lists) => lists[i]).at(-1)),
      [whole[1], whole[4]].map(({ value }) => value),
    );
  });
});

test('if functions that switch to the backend of nets overlap, the last to end switches back, unless a backend was chosen meanwhile', async () => {
  const found = async (choose: () => Promise<unknown>) => {
    const names: string[] = [];
    let end = () => {};
    let long: Promise<void> | undefined;
    await new Promise<void>((begun) => {
      long = withNetBackend(
        () =>
          new Promise((resolve) => {
            end = resolve;
            begun();
          }),
      );
    });
    await withNetBackend(choose);
    names.push(backend().name);
    end();
    await long;
    return [...names, backend().name];
  };
  await onBackend('reference', async () => {
    assert.equal(await found(async () => {}), [fastBackend, 'reference']);
    assert.equal(await found(useNetBackend), [fastBackend, fastBackend]);
  });
});

test('if a slider asks for several runs at once, only the last one is made', async () => {
  const states = {
    surface: '#steps=5&seed=',
    net: `#room=funnel&${MOONS}&steps=2&seed=`,
    race: `#room=nets&${MOONS}&steps=2&rule=adam&seed=`,
    theorem: '#room=theorems&steps=5&seed=',
  };
  await withWorker(async ({ send, answer, answers }) => {
    for (const [what, fragment] of Object.entries(states)) {
      answers.length = 0;
      for (let seed = 1; seed <= 3; seed++) send({ kind: 'run', id: ++lastId, state: read(fragment + seed) });
      const kind = ({ surface: 'chunk', net: 'rows', race: 'race', theorem: 'theorem' } as const)[what as 'net'];
      await answer(kind, (found) => found.id === lastId && ('run' in found || found.isDone));
      assert.equal([...new Set(answers.map(({ id }) => id))], [lastId], what);
    }
  });
});

test('a step that is unrolled while its run begins is computed from that run', async () => {
  const net = read<NetState>(`#room=step&${MOONS}&steps=3&rule=adabound&at=2&of=1.weight,1`);
  await withWorker(async ({ send, answer }) => {
    const run = ++lastId;
    send({ kind: 'run', id: run, state: net });
    // Of another seed: the worker uses the net of the run, which it need not train again.
    send({ kind: 'unroll', id: ++lastId, state: { ...net, seed: 9 }, run });
    const { unrolled } = await answer('unroll');
    assert.equal(unrolled, await unroll(net));
    await answer('rows', ({ isDone }) => isDone);
  });
});
