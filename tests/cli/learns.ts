// npm run learns [-- words]: runs the commands that README and --help show, except those in SKIPPED, and README's program for a user's data,
// as written but for --out and > FILE. A training must end well above chance. This takes some minutes, so CI runs it and `npm test` does not.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { loadCommand } from '../../cli/commands/command.js';
import { commands } from '../../cli/commands/table.js';
import { rowOf } from '../../reports/run/results.js';
import { jpegs, png } from '../pictures/encode.js';
import { boundgradHere, readRun } from './command.js';

/** Limits for a training: the least accuracy, as a share of the way from chance to 1; the least R2; and the largest perplexity, as a share
 *  of the classes, whose number is the perplexity of guessing. */
const [GAIN, LEAST_R2, SHARE] = [0.5, 0.9, 0.25];
/** Commands that are not run here, and why, or which tests run them. */
const SKIPPED: [pattern: RegExp, why: string][] = [
  [/ poster /, 'npm run test and test:browser draw posters'],
  [/ sweep /, 'npm test cli/sweep'],
  [/ worker /, 'it waits for runs: npm test cli/queue'],
  [/ report runs\/a runs\/b/, 'npm test cli/report'],
  [/ data fetch /, 'it needs a network'],
  [/--help/, 'npm test cli/options'],
  [/ lab --open/, 'it serves until it is stopped: npm test web/lab'],
  [/cifar10/, 'it takes a day'],
  [/ predict .*--model/, 'npm test cli/predict'],
];

const readme = readFileSync('README.md', 'utf8');
const shown = [...readme.matchAll(/^npx (boundgrad [^#\n]*)/gm)].map((m) => m[1].trim());
const helped = (await Promise.all(commands.map(loadCommand))).flatMap(({ examples = [] }) => examples);
// Trainings come first, because the other commands read what they wrote.
const isTraining = (line: string) => /^boundgrad (train|compare) /.test(line) && !line.includes('--resume');
const lines = [...new Set([...shown, ...helped])];
const wanted = [...lines.filter(isTraining), ...lines.filter((line) => !isTraining(line))];
const words = process.argv.slice(2);

const home = process.cwd();
mkdirSync('.build', { recursive: true });
const folder = resolve(mkdtempSync(join('.build', 'learns-')));
makeFiles();
await bundleProgram();

const failed: string[] = [];
let comparisons = 0;
process.chdir(folder);
try {
  for (const line of wanted.filter((each) => words.every((word) => each.includes(word)))) {
    const skipped = SKIPPED.find(([pattern]) => pattern.test(line));
    if (skipped) console.log(`- ${line}: ${skipped[1]}`);
    else tell(line, await outcomeOf(line).catch((error) => `${error}`));
  }
  if (words.every((word) => 'program'.includes(word))) tell("README's program for a user's data", runProgram());
} finally {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
}
console.log(failed.length ? `\n${failed.length} failed` : '\nall learn');
process.exit(failed.length ? 1 : 0);

function tell(line: string, wrong: string): void {
  console.log(`${wrong ? '✗' : '✓'} ${line}${wrong ? `\n    ${wrong}` : ''}`);
  if (wrong) failed.push(line);
}

/** Runs a command line. Returns what is wrong with its outcome; empty if it is right. */
async function outcomeOf(line: string): Promise<string> {
  // The shell would write the output to a file.
  const [call] = line.split(' > ');
  const [, ...given] = call.match(/'[^']*'|\S+/g)!.map((word) => word.replaceAll("'", ''));
  const out = isTraining(line) ? outOf(given) : null;
  const named = out && !given.includes('--out') ? [...given, '--out', out] : given;
  const { code, stdout, stderr } = await boundgradHere(named);
  if (code !== 0) return `exit code ${code}: ${(stderr || stdout).slice(-300)}`;
  if (!out) return stdout ? '' : 'it prints nothing';
  const parts = readdirSync(out).filter((name) => /^(fold|seed)-/.test(name));
  return (parts.length ? parts.map((name) => join(out, name)) : [out]).map(scoresWrong).filter(Boolean).join('; ');
}

/** The folder of a training: the one that it names, the one that other examples read, or a new one. */
function outOf(given: string[]): string {
  const own = given.indexOf('--out');
  if (own >= 0) return given[own + 1];
  const data = given[given.indexOf('--data') + 1] ?? '';
  const name = { 'csv:houses.csv': 'houses', 'images:photos': 'photos', spirals: 'spirals' }[data] ?? 'mine';
  return join('runs', given[0] === 'train' ? name : `compare-${name}-${++comparisons}`);
}

/** The runs in a folder whose last test scores are not well above chance, as a text; empty if all are. */
function scoresWrong(out: string): string {
  const keys = readdirSync(out).flatMap((name) => /^(\w+)\.jsonl$/.exec(name)?.[1] ?? []);
  const wrong = keys.flatMap((key) => {
    const run = readRun(out, key);
    const { score, test } = rowOf(run);
    const { classes } = run.run.data;
    const limits: Record<string, number> = {
      accuracy: 1 / classes + GAIN * (1 - 1 / classes),
      perplexity: SHARE * classes,
      R2: LEAST_R2,
    };
    const least = limits[score.name];
    console.log(`    ${key}: ${score.name} ${score.print(test)}, the limit is ${score.print(least)}`);
    return score.sign * (test - least) >= 0 ? [] : [`${key}: ${score.print(test)}`];
  });
  return keys.length ? wrong.join(', ') : 'it wrote no records';
}

/** Makes the files that the examples name. */
function makeFiles(): void {
  const at = (name: string) => join(folder, name);
  copyFileSync('examples/page/public/houses.csv', at('houses.csv'));
  writeFileSync(at('new.csv'), 'size,city\n100,Oslo\n60,Rome\n');
  writeFileSync(
    at('net.mjs'),
    `export default ({ input, outputs, random }, { Flatten, Linear, Sequential, Tanh }) => {
       const size = input.reduce((product, n) => product * n, 1);
       return new Sequential(new Flatten(), new Linear(size, 8, { random }), new Tanh(), new Linear(8, outputs, { random }));
     };`,
  );
  const draw = (seed: number, isLevel: boolean) => {
    const [width, height, wide] = [36 + (seed % 9), 36 + (seed % 7), 4 + (seed % 5)];
    const colour = (i: number, from: number) => from + ((seed * 37 + i * 53) % 80);
    const samples = Array.from({ length: 3 * width * height }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return colour(i % 3, Math.floor(((isLevel ? y : x) + seed) / wide) % 2 ? 10 : 160);
    });
    return png({ width, height, samples });
  };
  for (const name of ['photos', 'more-photos']) {
    for (const kind of ['level', 'upright']) {
      mkdirSync(at(join(name, kind)), { recursive: true });
      for (let i = 0; i < 30; i++) writeFileSync(at(join(name, kind, `${i}.png`)), draw(i, kind === 'level'));
    }
  }
  for (const name of ['a.png', 'picture.png']) copyFileSync(at('photos/level/3.png'), at(name));
  writeFileSync(at('b.jpg'), jpegs().baseline.file);
  mkdirSync(at('runs'));
}

async function bundleProgram(): Promise<void> {
  const [, contents] = /^```js\n([\s\S]*?)^```$/m.exec(readme)!;
  await build({
    stdin: { contents, resolveDir: home },
    ...{ outfile: join(folder, 'program.mjs'), bundle: true, format: 'esm', platform: 'node', target: 'es2022' },
    external: ['ndarray', 'gpu.js'],
    alias: { 'boundgrad/node': resolve('node/index.ts'), boundgrad: resolve('index.ts') },
    loader: { '.gz': 'binary', '.wasm': 'binary' },
    logLevel: 'warning',
  });
}

function runProgram(): string {
  const printed = execFileSync(process.execPath, ['program.mjs'], { encoding: 'utf8' });
  const [r2, rmse] = printed.split(/\s/).map(Number);
  const [, value] = /value: ([\d.]+)/.exec(printed) ?? [];
  const isRight = r2 >= LEAST_R2 && rmse > 0 && Number(value) > 0 && existsSync('runs/program');
  return isRight ? '' : printed;
}
