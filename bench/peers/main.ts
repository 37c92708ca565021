// npm run bench:peers -- [--peers tfjs-wasm,pytorch] [--only conv] [--time ms] [--python /usr/bin/python3] [--json]
//
// The same work in other frameworks, each in its own process. They run in turn, work by work, in three rounds, so that a
// disturbance affects all of them; while one runs, the others wait. A figure is the median of single runs.
import { parseArgs } from 'node:util';
import { describeMachine } from '../../node/machine.js';
import { milliseconds, program, Refusal, someOf } from '../command.js';
import { type Greeting, Peer } from './peer.js';
import { block, compare, type Entry, entry, type Failure, reasons } from './ratios.js';
import { own, type Recipe, recipes } from './recipes.js';
import { works } from './works.js';

const ROUNDS = 3;
/** Seconds to wait for an answer of a peer. */
const LIMIT = 60;

function options() {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    options: {
      peers: text(Object.keys(recipes).join()),
      only: text(''),
      time: text('300'),
      python: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const chosen = Object.keys(works).filter((work) => work.includes(values.only));
  if (!chosen.length)
    throw new Refusal(`--only: '${values.only}' is part of no name: ${Object.keys(works).join(', ')}`);
  const peers = someOf('peers', values.peers, Object.keys(recipes));
  return { ...values, works: chosen, peers, time: milliseconds(values.time) };
}

interface Started {
  peer: Peer;
  greeting: Greeting;
}

/** Starts the peers, and prints what each is, or why it cannot be measured. */
async function start(chosen: Recipe[], say: (line: string) => unknown): Promise<Started[]> {
  const started: Started[] = [];
  for (const recipe of chosen) {
    const peer = new Peer(recipe, LIMIT);
    try {
      const greeting = await peer.start();
      say(`${recipe.name.padEnd(13)} ${greeting.about}${greeting.threads.length > 1 ? '' : '; one thread'}`);
      started.push({ peer, greeting });
    } catch (error) {
      say(`${recipe.name.padEnd(13)} is not measured: ${(error as Error).message}`);
    }
  }
  return started;
}

/** Measures a work on every peer, with one thread, and with two if the peer can. */
async function measure(work: string, started: Started[], time: number, failures: Failure[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const threads of [1, 2]) {
    const tracks = started
      .filter(({ greeting }) => greeting.threads.includes(threads))
      .map(({ peer }) => ({ peer, samples: [] as number[], over: false }));
    for (let round = 0; round < ROUNDS; round++) {
      for (const track of tracks.filter((t) => !t.over)) {
        const answer = await track.peer.ask(work, threads, time);
        if ('samples' in answer) track.samples.push(...answer.samples);
        else failures.push({ work, peer: track.peer.recipe.name, error: answer.error });
        // A work that fails, or takes ten seconds, is measured once.
        track.over = 'error' in answer || answer.samples[0] > 10_000;
      }
    }
    for (const { peer, samples } of tracks.filter((t) => t.samples.length)) {
      entries.push(entry({ work, peer: peer.recipe.name, threads }, samples, works[work]));
    }
  }
  compare(entries, own().name);
  return entries;
}

await program(async () => {
  const given = options();
  const say = (line: string) => given.json || console.log(line);
  say(`${describeMachine()}\n`);
  const started = await start([own(), ...given.peers.map((name) => recipes[name](given.python))], say);
  const entries: Entry[] = [];
  const failures: Failure[] = [];
  try {
    for (const work of given.works) {
      const found = await measure(work, started, given.time, failures);
      entries.push(...found);
      if (found.length) say(`\n${block(found)}`);
    }
  } finally {
    for (const { peer } of started) peer.end();
  }
  if (given.json) console.log(JSON.stringify({ entries, failures }));
  say(
    '\n(3 %): the distance between the quartiles of single runs, relative to the median. 2.00x: boundgrad is twice as fast',
  );
  for (const line of reasons(failures)) say(line);
});
