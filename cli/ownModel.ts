// A user's own model, from --model ./net.mjs: its file is imported, and its default export makes the net.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describeValue, type Random, type Shape } from '../core/index.js';
import { Module } from '../nn/index.js';
import { readRegularFile } from '../node/ownFile.js';
import { attemptRead } from '../node/systemError.js';
import { Failure, refuse } from './failure.js';
import { path } from './options/parsers.js';
import { logToStderr } from './terminal.js';

/** The largest file of a model in bytes. */
const LARGEST = 2 ** 24;

/** The argument of the default export of a model's file. */
export interface ModelArguments {
  /** The shape of one sample: [features], or [channels, rows, columns]. */
  input: Shape;
  /** The number of classes, or of values to predict. */
  outputs: number;
  /** For the initial weights: pass it to the layers, so that --seed determines them. */
  random: Random;
}

/** Whether --model names a file. */
export function isOwnModel(model: string): boolean {
  return /\.m?js$/.test(model);
}

/** Checks the text of --model where it must name a file. Throws Failure unless it ends in .js or .mjs. */
export function modelFile(text: string, option: string): string {
  if (/^https?:/i.test(text)) throw refuse(`${option}: '${text}': an address; download the file, and give its path`);
  if (/\.[cm]?tsx?$/.test(text))
    throw refuse(`${option}: '${text}': Node runs JavaScript; compile it to .mjs, for example with esbuild`);
  if (isOwnModel(text)) return path(text, option);
  throw refuse(`${option}: '${text}': a model's file ends in .mjs or .js`);
}

/** Imports a model's file and calls its default export with these arguments, and with the library itself, so that the file need not
 *  find it. Returns what it made, and the name and checksum of the file. Throws Failure if the file cannot be imported or makes no
 *  new Module. */
export async function importModel(
  path: string,
  given: ModelArguments,
): Promise<{ model: Module; origin: { file: string; hash: string } }> {
  const bytes = bytesOf(path);
  const library = await import('../index.js');
  let model: unknown;
  const restore = guardProcess(path);
  try {
    const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
    const make = makerIn(exported, path);
    model = await make(given, library);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw refuse(`--model ${path}: it fails${placeOf(error, path)}: ${reasonIn(error)}`, error);
  } finally {
    restore();
  }
  if (model instanceof Module && returned.has(model))
    throw refuse(`--model ${path}: its function returns the same net again; make a new one in each call`);
  if (!(model instanceof Module)) throw refuse(`--model ${path}: ${notModule(model)}`);
  returned.add(model);
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { model, origin: { file: basename(path), hash } };
}

/** The nets that users' functions returned so far. */
const returned = new WeakSet<Module>();

/** While a user's file runs: what it prints goes to stderr, because stdout may hold JSON, and `process.exit` is refused. Returns the
 *  function that restores `process.exit`. Output goes to stderr until the call of the command ends, because the net's `forward` may print too. */
function guardProcess(path: string): () => void {
  const { exit } = process;
  process.exit = () => {
    throw refuse(`--model ${path}: it calls process.exit; leave that out`);
  };
  logToStderr();
  return () => {
    process.exit = exit;
  };
}

const WANTED = 'export default ({ input, outputs, random }) => net';

/** The default export of a model's file. Throws Failure if it is not a function that can be called. */
function makerIn({ default: make, ...others }: Record<string, unknown>, path: string) {
  const names = Object.keys(others);
  const found = names.length > 0 ? `; it exports ${names.join(', ')}` : '';
  let why = '';
  if (make === undefined) why = `it has no default export${found}`;
  else if (typeof make !== 'function') why = `its default export is not a function: ${describeValue(make)}`;
  else if (/^class\b/.test(Function.prototype.toString.call(make)))
    why = 'its default export is a class: export a function that makes one';
  if (why) throw refuse(`--model ${path}: ${why}; write ${WANTED}`);
  return make as (given: ModelArguments, library: object) => unknown;
}

/** Why what a model's file returned is not a model. */
function notModule(model: unknown): string {
  if (model === undefined) return 'its function returns nothing: return a net';
  const { forward } = Object(model) as { forward?: unknown };
  const why = `its function returns no Module of this boundgrad: ${describeValue(model)}`;
  if (typeof forward !== 'function') return `${why}; return a net`;
  return `${why}; make it with the library that is the function's second argument`;
}

/** The message of an error, with the remedy for a module that Node reads as a script. */
function reasonIn(error: unknown): string {
  const message = `${(error as Error | null)?.message ?? error}`;
  if (/^Cannot find package 'boundgrad' /.test(message))
    return `${message}; leave the import out: export default ({ input, outputs, random }, { Linear, .. }) => net gets the library`;
  const isScript = error instanceof SyntaxError && /import statement outside|token 'export'/.test(message);
  return isScript ? `${message}; end the file's name in .mjs` : message;
}

/** Returns ` at net.mjs:3:12`, the first file, line and column on an error's stack that lie in the folder of the model's file. Empty
 *  if there are none. */
function placeOf(error: unknown, path: string): string {
  const { stack } = Object(error) as { stack?: unknown };
  const folder = dirname(resolve(path));
  const frames = `${stack}`.matchAll(/(file:\/\/[^\s()]+?):(\d+)(?::(\d+))?(?:\n(.*)\n( *)\^)?/g);
  for (const [, url, line, column, , indent] of frames) {
    const file = relative(folder, fileURLToPath(url));
    if (!file.startsWith('..') && !isAbsolute(file) && !file.includes('node_modules'))
      return ` at ${file}:${line}:${column ?? (indent ?? '').length + 1}`;
  }
  return error instanceof SyntaxError ? syntaxPlace(path) : '';
}

/** The position of a syntax error. The stack of a failed import does not have it, so Node checks the file without running it. Empty if the
 *  error is in another file. */
function syntaxPlace(path: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', resolve(path)], { encoding: 'utf8', timeout: 10_000 });
  const [, line, indent] = /:(\d+)\n.*\n(\s*)\^/.exec(stderr ?? '') ?? [];
  return line === undefined ? ' in a file that it imports' : ` at ${basename(path)}:${line}:${indent.length + 1}`;
}

/** The bytes of a model's file. Throws Failure if it cannot be read. */
function bytesOf(path: string): Buffer {
  try {
    return attemptRead(path, () => readRegularFile(path, LARGEST));
  } catch (error) {
    throw refuse(`--model: ${(error as Error).message}`, error);
  }
}
