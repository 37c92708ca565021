// The options for the data set, and for a user's own data.
import { existsSync, statSync } from 'node:fs';
import { dataKeys, dataSources, fileKeys } from '../datasets.js';
import { choose, refuse } from '../failure.js';
import { missingKeys, type OwnKind, type OwnOptions, ownData } from '../ownData.js';
import { integer, number, numberWhere, oneOf, path, setOf, text } from './parsers.js';
import { nameOf, type Schema } from './schema.js';

/** The option for the data set. */
export const dataOption = {
  value: 'DATA',
  about: `csv:FILE, images:DIR (a folder for each class), text:FILE (to predict the next character or word), or ${dataKeys.join(', ')}`,
  parse(text: string, option: string) {
    // The name of a data set, even if a folder has the same name.
    if (dataKeys.includes(text)) return text;
    const own = ownData(text);
    if (own && own.path.trim() === '')
      throw refuse(`${option}: a path is missing: ${own.kind}:${own.kind === 'images' ? 'DIR' : 'FILE'}`);
    if (own?.kind === 'text' && /\.(csv|tsv|png|jpe?g)$/i.test(own.path))
      throw refuse(`${option}: '${text}' is not a text: a table is csv:FILE, pictures are images:DIR`);
    if (own) {
      const parts = own.path.split(',').map((part) => part.trim().replace(`${own.kind}:`, ''));
      if (parts.length > 1 && !existsSync(own.path) && parts.every((part) => existsSync(part)))
        throw refuse(
          `${option}: takes one ${own.kind === 'images' ? 'folder' : 'file'}: '${text}'; train on one, and test on the other with boundgrad eval --checkpoint RUN --data ${own.kind}:${parts[1]}`,
        );
      return `${own.kind}:${path(own.path, option)}`;
    }
    const [, kind = '', name] = /^(csv|images?)(?::(.*))?$/is.exec(text) ?? ['', '', text];
    if (/^csv$/i.test(kind) || /\.csv$/i.test(name))
      throw refuse(`${option}: unknown: '${text}'; a table is csv:${name || 'FILE'}`);
    const isFile = existsSync(text) && statSync(text).isFile() && !/\.(png|jpe?g)$/i.test(name);
    if (!kind && (isFile || /\.(txt|md)$/i.test(name)))
      throw refuse(`${option}: unknown: '${text}'; a text is text:${name}, a table csv:${name}`);
    if (kind || /[\\/]/.test(name))
      throw refuse(`${option}: unknown: '${text}'; a folder of pictures is images:${name || 'DIR'}`);
    if (existsSync(text) && statSync(text).isDirectory())
      throw refuse(`${option}: unknown: '${text}'; a folder of pictures is images:${text}`);
    return choose(option, text, dataKeys, ['csv:FILE', 'images:DIR', 'text:FILE']);
  },
  changePath: (text: string, change: (path: string, kind: string) => string) =>
    text.replace(
      /^(csv|images|text):(.*)/s,
      (_, kind, path) => `${kind}:${change(path, kind === 'images' ? 'DIR' : 'FILE')}`,
    ),
} as const;

/** The kind of data that an option is for; 'own': a user's own data of any kind. */
type Kind = OwnKind | 'own';

/** Throws Failure unless the data are of the kind that an option is for. */
export function checkKind(kind: Kind, option: string, data = 'not given'): void {
  const own = ownData(data);
  if (own && (kind === 'own' || own.kind === kind)) return;
  const wanted = {
    csv: '--data csv:FILE',
    images: '--data images:DIR',
    text: '--data text:FILE and moby-dick',
    own: '--data csv:FILE, images:DIR, text:FILE and moby-dick',
  }[kind];
  throw refuse(`--${option}: it is for ${wanted}: the data are ${data}; leave it out`);
}

/** Returns the options, each refused if it is given with data of another kind. The command must have the option `data` too. */
export function onlyFor<S extends Schema>(kind: Kind, options: S): S {
  const entries = Object.entries(options).map(([key, option]) => {
    const check = (values: { data?: string }, isGiven: boolean) => {
      if (isGiven) checkKind(kind, nameOf(key), values.data);
      option.check?.(values, isGiven);
    };
    return [key, { ...option, check }];
  });
  return Object.fromEntries(entries) as S;
}

const names = setOf(text);

const FILLS = ['mean', 'median', 'most-frequent'] as const;

/** Parses --fill: one way for all columns of numbers, or a text for each column by its name. Whether a text is a number is decided when
 *  the table is read: 007 may be a category. The entries are sorted, because their order means nothing. */
function fillOf(text: string, option: string): NonNullable<OwnOptions['fill']> {
  if (!text.includes('=')) return /^[-+.\d]/.test(text) ? number(text, option) : oneOf(FILLS)(text, option);
  const entries = names(text, option).map((entry) => {
    const at = entry.lastIndexOf('=');
    if (at > 0 && at < entry.length - 1) return [entry.slice(0, at).trim(), entry.slice(at + 1).trim()] as const;
    throw refuse(`${option}: '${entry}' does not name a column and its value, for example age=median`);
  });
  const columns = entries.map(([column]) => column).sort();
  const twice = columns.find((column, i) => column === columns[i + 1]);
  if (twice !== undefined) throw refuse(`${option}: ${twice} is listed twice: '${text}'`);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const ofTable = onlyFor('csv', {
  target: {
    value: 'COLUMN',
    about: 'the column of the table to predict, or several of numbers, for example width,height',
    parse: names,
    check({ data, target }: { data: string; target?: string[] }) {
      if (!target && ownData(data)?.kind === 'csv')
        throw refuse(`--data ${data}: --target COLUMN must name the column to predict`);
    },
  },
  columns: {
    value: 'COLUMNS',
    about: 'the columns of the table that are inputs, for example age,city',
    shownDefault: 'all but the target',
    parse: names,
  },
  classes: {
    about: 'the numbers in the target are classes; texts always are',
  },
  categories: {
    value: 'COLUMNS',
    about: 'columns of numbers that stand for categories, for example zip; columns of texts always do',
    parse: names,
  },
  delimiter: {
    value: 'C',
    about: "the character between cells, for example ';'; or tab",
    shownDefault: ',',
    parse(text: string, option: string) {
      if (text === 'tab' || text === '\\t') return '\t';
      if (/^[^"\r\n]$/u.test(text)) return text;
      throw refuse(`${option}: must be one character, or tab: '${text}'; quote it for the shell, for example ';'`);
    },
  },
  decimal: {
    value: 'C',
    about: 'the mark before the decimals of numbers: , reads 1,5',
    shownDefault: '.',
    parse: oneOf(['.', ','] as const),
  },
  missingValues: {
    value: 'TEXTS',
    about: 'texts that stand for an empty cell, for example NA,?',
    parse: names,
  },
  fill: {
    value: 'HOW',
    about:
      'what empty cells get: mean, median or most-frequent of the column, or a number; or by column, for example age=median,city=unknown',
    shownDefault: 'the mean of numbers, the most frequent category',
    parse: fillOf,
  },
  missing: {
    value: 'HOW',
    about: 'rows with an empty cell: refuse, drop, or fill it',
    default: ({ fill }: { fill?: OwnOptions['fill'] }) => (fill === undefined ? 'refuse' : 'fill'),
    shownDefault: 'refuse; fill with --fill',
    parse: oneOf(missingKeys),
    check({ missing, fill }: { missing: string; fill?: OwnOptions['fill'] }) {
      if (fill !== undefined && missing !== 'fill')
        throw refuse(`--fill: --missing is ${missing}: nothing would be filled; leave one of the two out`);
    },
  },
  noStandardize: {
    about: 'numbers of the table stay as they are; else they get mean 0 and deviation 1 on the training part',
  },
});

const ofPictures = onlyFor('images', {
  size: {
    value: 'N',
    about: 'rows and columns to which pictures are resized',
    default: '32',
    parse: integer(1),
  },
  channels: {
    value: 'N',
    about: '3: colours; 1: grey',
    default: '3',
    parse: (text: string, option: string) => Number(oneOf(['1', '3'] as const)(text, option)) as 1 | 3,
  },
});

const ofText = onlyFor('text', {
  level: {
    value: 'NAME',
    about: 'what a token of a text is: character or word',
    default: 'character',
    parse: oneOf(['character', 'word'] as const),
  },
  context: {
    value: 'N',
    about: 'the number of tokens in a sample of a text',
    default: '64',
    parse: integer(1),
  },
});

const ofAny = onlyFor('own', {
  val: {
    value: 'X',
    about: 'the share of the data that is held out for testing, chosen by --seed; of a text, its end',
    shownDefault: '0.2',
    parse: numberWhere((x) => x > 0 && x < 1, 'lie between 0 and 1'),
  },
});

/** The options for a user's own data. The command must have the option `data` too. */
export const ownDataOptions = { ...ofTable, ...ofPictures, ...ofText, ...ofAny };

/** The option for the folder of a data set that is read from files. The command must have the option `data` too. */
export const dataDirOption = {
  value: 'DIR',
  about: `the folder of a data set that is read from files: ${fileKeys.join(', ')}`,
  onResume: 'free',
  parse: path,
  check({ data, dataDir }: { data: string; dataDir?: string }) {
    const files = dataSources[data]?.files;
    if (files && dataDir === undefined) {
      throw refuse(`--data ${data}: it is read from files: --data-dir DIR must name their folder`);
    }
    if (files || dataDir === undefined) return;
    throw refuse(`--data-dir: it is for --data ${fileKeys.join(', ')}: the data are ${data}; leave it out`);
  },
} as const;
