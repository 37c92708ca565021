// Generates text with a trained language model: token after token, each drawn from the model's prediction for the last position.
//
//   p = softmax(logits / temperature), over the topK largest logits
import {
  checkCount,
  checkFiniteNumber,
  checkInteger,
  checkOptions,
  DataError,
  isCallable,
  keep,
  must,
  noGrad,
  Random,
  ShapeError,
  type Signal,
  type Stream,
  scope,
  show,
  Tensor,
  tensor,
  ValueError,
} from '../core/index.js';
import { decode, encode, tokensOf } from '../datasets/text.js';
import type { Module } from '../nn/index.js';
import { checkModel, checkSignal } from './checks.js';
import { evaluating } from './evaluating.js';
import { pause } from './pause.js';
import { forward, logitsOf } from './task.js';
import { TrainedModel } from './trainedModel.js';

/** The prompt, the number of new tokens, and how they are drawn. */
export interface GenerateOptions<Prompt> {
  /** The beginning that is continued, at least one token: a text for a trained model, the numbers of tokens for a module. */
  prompt: Prompt;
  /** The number of new tokens. Default: 200. */
  length?: number;
  /** Divides the logits: below 1 probable tokens become more probable, 0 always takes the most probable. Default: 1. */
  temperature?: number;
  /** Draws from the k most probable tokens only. Default: all. */
  topK?: number;
  /** Determines all random numbers. Default: 0. */
  seed?: number;
  /** The number of last tokens that the model reads, at most the `context` of a gpt. Default: all of them if the model carries a state, as
   *  charLstm does; else the context of the training, and for a plain module its `context` or all. */
  context?: number;
  /** Stops the generation when aborted. */
  signal?: Signal;
}

/** A model with a state, such as charLstm: `continue` is its `forward` from the state after earlier tokens. */
interface Continuing {
  continue(x: Tensor, state?: readonly Tensor[]): [logits: Tensor, state: readonly Tensor[]];
}

/** Continues a prompt with a language model: one that maps tokens int32 [n, T] to logits [n, T, V] of the token after each. A model that
 *  also has `continue(x, state)`, which returns [logits, state], as `charLstm` has, reads each token once if no `context` is given; others
 *  read the last `context` tokens again for each new one. `gpt` is of the second kind: once its context is full, each new token moves all others back
 *  by one position, so keys and values of an earlier call are no longer valid.
 *
 *    const net = await loadModel(bytes);              // or predictor(model, train)
 *    const text = await generate(net, { prompt: 'Call me', temperature: 0.8, seed: 1 });
 *
 *  Returns the new tokens without the prompt: a text for a trained model, their numbers for a module. The same seed gives the same
 *  tokens. Modules run in evaluation mode and get their own mode back.
 *  Throws ValueError for wrong options and an empty prompt, DataError for a prompt with tokens that the model does not know and for a
 *  logit that is NaN or +Infinity, ShapeError if the outputs have another shape or another number of tokens than the vocabulary, and the signal's
 *  reason if that is aborted. */
export function generate(model: TrainedModel, options: GenerateOptions<string>): Promise<string>;
export function generate(model: Module<any>, options: GenerateOptions<readonly number[]>): Promise<Int32Array>;
export async function generate(
  model: TrainedModel | Module<any>,
  options: GenerateOptions<any>,
): Promise<string | Int32Array> {
  checkOptions('generate', options, ['prompt', 'length', 'temperature', 'topK', 'seed', 'context', 'signal']);
  const { prompt, length = 200, temperature = 1, topK = Infinity, seed = 0, context, signal } = options;
  const net = model instanceof TrainedModel ? model : null;
  if (net && !net.level) throw new ValueError('generate: the model was not trained on a text: call its predict()');
  if (!net) checkModel('generate', model as Module);
  checkInteger('generate: length', length, 0);
  checkFiniteNumber('generate: temperature', temperature, 0);
  if (topK !== Infinity) checkCount('generate: topK', topK);
  if (context !== undefined) checkCount('generate: context', context);
  checkSignal('generate', signal);
  const stream = new Random(checkInteger('generate: seed', seed)).stream('generate');
  const tokens = net ? tokensOfText(net, prompt) : tokensOfList(prompt);
  const start = tokens.length;
  if (start === 0) throw new ValueError('generate: prompt must have at least one token: it is empty');
  const module = net?.model ?? (model as Module);
  const carries = context === undefined && isCallable((module as Partial<Continuing>).continue);
  const limit: unknown = (module as { context?: unknown }).context;
  const longest = typeof limit === 'number' ? limit : Infinity;
  if (context !== undefined && context > longest)
    throw new ValueError(`generate: context must be at most the model's ${longest}: ${context}`);
  const most = carries ? Infinity : (context ?? Math.min(net?.shapes[0][0] ?? Infinity, longest));
  let state: readonly Tensor[] | undefined;
  for (let i = 0; i < length; i++) {
    signal?.throwIfAborted();
    const given = tokens.slice(state ? -1 : -most);
    const [last, after] = evaluating('generate', module, () => lastLogits(module, given, carries, state));
    const logits = finite(await last.data());
    if (net && logits.length !== net.classes.length)
      throw new ShapeError(
        `generate: the model returns ${logits.length} logits, its vocabulary has ${net.classes.length} tokens`,
      );
    state = after;
    tokens.push(draw(logits, temperature, topK, stream));
    if (i % 16 === 15) await pause();
  }
  const added = tokens.slice(start);
  if (!net) return Int32Array.from(added);
  return decode(
    added.map((token) => net.classes[token]),
    net.level!,
  );
}

function tokensOfText(net: TrainedModel, prompt: unknown): number[] {
  must(typeof prompt === 'string', 'generate: prompt', 'a text', prompt);
  return [...encode('generate: prompt', tokensOf(prompt as string, net.level!), net.classes)];
}

function tokensOfList(prompt: unknown): number[] {
  const fits = Array.isArray(prompt) && prompt.every((token) => Number.isSafeInteger(token) && token >= 0);
  must(fits, 'generate: prompt', 'a list of the numbers of tokens; a TrainedModel takes a text', prompt);
  return [...(prompt as number[])];
}

/** The logits of the token after the last one, and the state after it if the model carries one. Throws ShapeError unless the model
 *  returns [1, T, V]. */
function lastLogits(
  model: Module<any>,
  tokens: readonly number[],
  carries: boolean,
  before?: readonly Tensor[],
): [logits: Tensor, state?: readonly Tensor[]] {
  return scope(() => {
    const x = tensor(Int32Array.from(tokens), { shape: [1, tokens.length] });
    const [output, after] = noGrad(() => (carries ? continued(model, x, before) : [forward(model, x)]));
    if (output.ndim !== 3 || output.shape[1] !== tokens.length)
      throw new ShapeError(`generate: the model must return [1, ${tokens.length}, tokens]: ${show(output.shape)}`);
    return [keep(logitsOf(output).at(0, -1).clone()), after?.map(keep)];
  });
}

/** Calls `continue`. Throws ValueError unless it returns [logits, a list of tensors]. */
function continued(model: Module<any>, x: Tensor, before?: readonly Tensor[]): ReturnType<Continuing['continue']> {
  const found = (model as unknown as Continuing).continue(x, before);
  const fits = Array.isArray(found) && Array.isArray(found[1]) && found.flat().every((t) => t instanceof Tensor);
  must(fits, 'generate: what continue returns', 'a list [logits, tensors]', found);
  return found;
}

function finite(values: ArrayLike<number>): Float64Array {
  const logits = Float64Array.from(values);
  if (logits.some((v) => Number.isNaN(v) || v === Infinity))
    throw new DataError('generate: a logit is NaN or infinite: did the training diverge?');
  return logits;
}

/** Draws a token from softmax(logits / temperature) over the topK largest; with temperature 0 takes the first largest. */
function draw(logits: Float64Array, temperature: number, topK: number, stream: Stream): number {
  const order = Array.from(logits, (_, i) => i).sort((a, b) => logits[b] - logits[a]);
  if (temperature === 0) return order[0];
  const chosen = order.slice(0, Math.min(topK, order.length));
  const powers = chosen.map((i) => Math.exp((logits[i] - logits[order[0]]) / temperature));
  let left = stream.uniform() * powers.reduce((a, b) => a + b, 0);
  const at = powers.findIndex((p) => {
    left -= p;
    return left < 0;
  });
  return chosen[at < 0 ? 0 : at];
}
