// State dicts: the tensors of a model by name, and loading them.
import {
  checkOverwrite,
  copy,
  DataError,
  describeValue,
  isRecord,
  noGrad,
  overwrite,
  sameShape,
  show,
  Tensor,
} from '../core/index.js';

/** Tensors by their path in a model, for example `layer1.0.conv1.weight`. */
export type StateDict = Record<string, Tensor>;

/** The names of the tensors in a state dict that is loaded into another. */
interface Match {
  /** Names that both have. */
  found: string[];
  /** Names that only the dict to load into has. */
  missing: string[];
  /** Names that only the loaded dict has. */
  unexpected: string[];
}

/** Copies the values of the tensors in `from` into the tensors in `into`, after checking all of them. */
export function loadInto(into: StateDict, from: StateDict, strict: boolean): Omit<Match, 'found'> {
  const { found, missing, unexpected } = checkState(into, from, strict);
  // A state dict may share storage with the tensors written here: copy those values before the first write.
  const written = new Set(found.map((name) => into[name].storage));
  if (found[0] && found.every((name) => from[name].storage === into[name].storage))
    throw new DataError('loadStateDict: the tensors are its own, changed by training; keep clones');
  const values = found.map((name) => (written.has(from[name].storage) ? noGrad(() => copy(from[name])) : from[name]));
  found.forEach((name, i) => overwrite(into[name], values[i]));
  return { missing, unexpected };
}

/** Checks that `from` can be loaded into `into`. Throws DataError or BackendError if it cannot. */
export function checkState(into: StateDict, from: StateDict, strict: boolean): Match {
  // '' stands for the dict itself.
  const odd = isRecord(from) ? Object.keys(from).find((name) => !(from[name] instanceof Tensor)) : '';
  if (odd !== undefined) {
    const found = odd ? `its ${odd} is ${describeValue(from[odd])}` : `got ${describeValue(from)}`;
    throw new DataError(`loadStateDict: takes tensors by name, as stateDict() returns them: ${found}`);
  }
  const names = Object.keys(into);
  const missing = names.filter((name) => !Object.hasOwn(from, name));
  const unexpected = Object.keys(from).filter((name) => !Object.hasOwn(into, name));
  const found = names.filter((name) => Object.hasOwn(from, name));
  const misfits = found.filter((name) => !sameShape(from[name].shape, into[name].shape));
  const isNone = names.length > 0 && !found.length;
  const isOther = misfits.length > 0 || isNone;
  if (isOther || (strict && missing.length + unexpected.length)) {
    const problems = [
      list('misshapen', misfits, (name) => `${show(from[name].shape)} for the model's ${show(into[name].shape)}`),
      list('missing', missing, (name) => show(into[name].shape)),
      list('unexpected', unexpected, (name) => show(from[name].shape)),
    ];
    let remedy = '{ strict: false } loads the tensors that match';
    if (isOther) remedy = 'is it the state of another model?';
    if (unexpected.some((name) => /^model\./.test(name))) remedy = 'give parseCheckpoint(bytes).model';
    const why = isNone ? 'no name matches' : 'the state does not fit the model';
    throw new DataError(`loadStateDict: ${why}: ${problems.filter(Boolean).join('; ')}; ${remedy}`);
  }
  for (const name of found) checkOverwrite(`loadStateDict: ${name}`, into[name], from[name]);
  return { found, missing, unexpected };
}

/** The first names of a kind, each with the text that `about` returns for it, for messages. */
function list(what: string, names: string[], about: (name: string) => string): string {
  const shown = names.slice(0, 20).map((name) => `${name} ${about(name)}`);
  return names.length ? `${what} ${shown.join(', ')}${names.length > 20 ? `, .. (${names.length})` : ''}` : '';
}
