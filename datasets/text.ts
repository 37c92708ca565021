// Text as a data set: its characters or words are numbered, and a sample is a window of them.
//
//   tokens t_0 .. t_{N-1};   input i = t_s .. t_{s+T-1},   labels i = t_{s+1} .. t_{s+T},   s = i stride,   T the context
//
// The windows read one array of tokens: the text is not copied.
import { checkChoice, checkCount, checkOptions, DataError, got, must, ValueError } from '../core/index.js';
import {
  checkAttached,
  checkClasses,
  checkIndices,
  type Dataset,
  frozenCopy,
  type Preparation,
  type TokenBatch,
  type TokenLevel,
} from './dataset.js';

/** Options of `textDataset`. */
export interface TextOptions {
  /** What a token is. 'word': texts without white space, and each line break. Default: 'character'. */
  level?: TokenLevel;
  /** The number of tokens of an input. */
  context: number;
  /** The distance between the beginnings of neighbouring samples, in tokens. Default: context, so that no token is predicted twice.
   *  A larger one leaves tokens out. */
  stride?: number;
  /** The tokens in the order of their numbers, such as `classes` of the training text for a test text. If it has the token
   *  '<unk>', this token stands for all tokens that it lacks. Default: the tokens of the text, sorted by their code points. */
  vocabulary?: readonly string[];
  /** The name of the data set in messages and reports. Default: 'text'. */
  name?: string;
}

/** The token that stands for all that a vocabulary lacks. */
const UNKNOWN = '<unk>';

/** Windows of a text, as `textDataset` makes them. */
export class TextDataset implements Dataset<TokenBatch> {
  /** The vocabulary: the text of each token. */
  readonly classes: readonly string[];
  /** The shape of a window: [context]. */
  readonly shape: readonly number[];
  /** The shape of its targets: [context], since a token is predicted at each position. */
  readonly labelShape: readonly number[];
  /** The inputs are tokens, not measurements. */
  readonly dtype = 'int32';
  /** The number of windows. */
  readonly length: number;
  /** How a text becomes tokens. */
  readonly preparation: Preparation;

  /** Programs call `textDataset`. */
  constructor(
    /** The name of the data set in messages and reports. */
    readonly name: string,
    /** The tokens of the whole text. */
    readonly tokens: Int32Array,
    /** The vocabulary: the text of each token. */
    classes: readonly string[],
    context: number,
    /** The number of tokens from the start of a window to the next. */
    readonly stride: number,
    level: TokenLevel,
  ) {
    this.classes = frozenCopy(classes);
    this.shape = this.labelShape = Object.freeze([context]);
    this.length = Math.floor((tokens.length - 1 - context) / stride) + 1;
    this.preparation = frozenCopy({ text: { level } });
    if (new.target === TextDataset) Object.freeze(this);
  }

  /** The windows at the given indices, in that order. Throws ValueError if an index is not an integer in 0..length - 1. */
  batch(indices: ArrayLike<number>): TokenBatch {
    checkAttached(this.name, this.tokens);
    checkIndices(this, indices);
    const [context] = this.shape;
    const inputs = new Int32Array(indices.length * context);
    const labels = new Int32Array(indices.length * context);
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i] * this.stride;
      inputs.set(this.tokens.subarray(from, from + context), i * context);
      labels.set(this.tokens.subarray(from + 1, from + context + 1), i * context);
    }
    return { inputs, labels };
  }
}

/** Makes a data set of a text for a model that predicts the next token at each position: inputs int32 [n, context], labels int32
 *  [n, context], the tokens one position later. The vocabulary is `classes`; a checkpoint keeps it, so that `generate` writes text.
 *
 *    const train = textDataset(text, { context: 64 });
 *    const test = textDataset(other, { context: 64, vocabulary: train.classes });
 *
 *  Warns if more than half of the words of a text of 100 or more are distinct, unless a vocabulary is given. Throws ValueError for
 *  a wrong option; DataError for a text of fewer than context + 1 tokens, for one whose tokens are all equal, unless a vocabulary is given, for
 *  the name of a file, and for a token that the vocabulary lacks. */
export function textDataset(text: string, options: TextOptions): TextDataset {
  if (typeof text !== 'string') throw new ValueError(`textDataset: takes a text: ${got(text, 'give a string')}`);
  checkOptions('textDataset', options, ['level', 'context', 'stride', 'vocabulary', 'name']);
  const { level = 'character', vocabulary, name = 'text' } = options;
  checkChoice('textDataset', 'level', level, ['character', 'word']);
  const context = checkCount('textDataset: context', options.context);
  const stride = checkCount('textDataset: stride', options.stride ?? context);
  must(typeof name === 'string', 'textDataset: name', 'a text', name);
  if (vocabulary !== undefined) checkClasses('textDataset', 'vocabulary', vocabulary);
  if (/^\S{1,99}\.(txt|md|csv)$/.test(text))
    throw new DataError(`${name}: '${text}' is the name of a file; give its text`);
  const parts = tokensOf(text, level);
  if (parts.length <= context)
    throw new DataError(
      `${name}: too short: ${parts.length} tokens; a context of ${context} takes at least ${context + 1}`,
    );
  const classes = vocabulary ?? [...new Set(parts)].sort(byCodePoint);
  if (!vocabulary && classes.length === 1)
    throw new DataError(`${name}: one token: ${JSON.stringify(classes[0])}: there is nothing to predict`);
  if (!vocabulary && level === 'word' && parts.length >= 100 && classes.length * 2 > parts.length)
    console.warn(
      `${name}: ${classes.length} distinct words among ${parts.length}: too few repeat; take a longer text, or level character`,
    );
  return new TextDataset(name, encode(name, parts, classes), classes, context, stride, level);
}

/** The texts of the tokens. */
export function tokensOf(text: string, level: TokenLevel): string[] {
  return level === 'word' ? (text.match(/\n|[^\s]+/g) ?? []) : [...text];
}

/** The number of each token. Throws DataError for one that the vocabulary lacks, unless it has '<unk>'. */
export function encode(name: string, parts: readonly string[], classes: readonly string[]): Int32Array {
  const numbers = new Map(classes.map((token, i) => [token, i]));
  const unknown = numbers.get(UNKNOWN);
  return Int32Array.from(parts, (part, i) => {
    const number = numbers.get(part) ?? unknown;
    if (number !== undefined) return number;
    throw new DataError(
      `${name}: not in the vocabulary: ${JSON.stringify(part)}, token ${i}; '${UNKNOWN}' would stand for it`,
    );
  });
}

/** The text of tokens: characters side by side, words with blanks between them, but none beside a line break. */
export function decode(tokens: readonly string[], level: TokenLevel): string {
  if (level === 'character') return tokens.join('');
  return tokens.join(' ').replace(/ ?\n ?/g, '\n');
}

function byCodePoint(a: string, b: string): number {
  const [x, y] = [[...a], [...b]].map((s) => s.map((c) => c.codePointAt(0)!));
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}
