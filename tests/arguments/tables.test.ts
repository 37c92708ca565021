// Misuses of tables and texts: cells that mean something else than they seem to, files that are no tables, columns that reveal the target.
// Each is refused in one line, is warned of, or means what the documentation says. They were thought up without reading the code.
import * as root from '../../index.js';
import { subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';

const test = subject('Misuses of tables and texts');
const b: any = root;
const { csv, textDataset } = b;

/** A measured number, without a pattern. */
const size = (i: number) => 40 + ((i * 37) % 61) + ((i * 7) % 10) / 10;
const price = (i: number) => Math.round(3000 * size(i) + 9000 * Math.sin(5 * i));
const table = (head: string, row: (i: number) => string, n = 60) =>
  `${head}\n${Array.from({ length: n }, (_, i) => row(i)).join('\n')}\n`;
/** Reads a table of houses with one more column, whose name is `name` and whose cells `cell` gives. Returns the number of rows. */
const houses = (cell: (i: number) => string | number, name = 'x', options: object = {}) =>
  csv(
    table(`size,city,${name},price`, (i) => `${size(i)},${i % 3 ? 'Oslo' : 'Rome'},${cell(i)},${price(i)}`),
    { target: 'price', ...options },
  ).length;
/** Reads a table whose target, a class or a number, has these cells. Returns the number of rows. */
const kinds = (cell: (i: number) => string | number, options: object = {}) =>
  csv(
    table('a,b,kind', (i) => `${size(i)},${size(i + 7)},${cell(i)}`),
    { target: 'kind', ...options },
  ).length;
const read = (text: string, options: object = {}) => csv(text, { target: 'price', ...options }).length;
const plain = table('size,price', (i) => `${size(i)},${price(i)}`);

const misuses: Misuse[] = [
  [
    'points as thousands separators',
    () => houses((i) => (i % 2 ? '1.250' : (37 * i) % 900)),
    { warned: /'x' may have marks between thousands: '1\.250'/ },
  ],
  [
    'commas as thousands separators, beside decimal commas',
    () =>
      read(
        plain.replaceAll(',', ';').replace(/^[\d.]+/gm, (n) => (Number(n) > 60 ? '1,200' : '60')),
        { delimiter: ';', decimal: ',' },
      ),
    { warned: /'size' may have marks between thousands: '1,200' is read as 1\.200; write plain numbers/ },
  ],
  ['measurements with three decimals', () => houses((i) => (size(i) / 7).toFixed(3)), { fine: 60 }],
  [
    'dates written as numbers',
    () => houses((i) => 20240101 + (i % 28)),
    { warned: /'x' holds dates that are read as numbers: '20240101'/ },
  ],
  [
    'dates written as numbers, to predict',
    () => kinds((i) => 20230901 + ((i * 11) % 29)),
    { warned: /'kind' holds dates that are read as numbers/ },
  ],
  ['a column of years', () => houses((i) => 1990 + (i % 30)), { fine: 60 }],
  [
    '-999 for a missing value',
    () => houses((i) => (i % 6 ? size(i + 3) : -999)),
    { warned: /'x' has '-999' in 10 rows: if it marks a missing value, name it in missingValues/ },
  ],
  [
    '9999.0 for a missing value',
    () => houses((i) => (i % 6 ? size(i + 3) : '9999.0')),
    { warned: /'x' has '9999.0' in 10 rows/ },
  ],
  [
    '-99 for a missing value, in the target',
    () => kinds((i) => (i % 6 ? size(i + 3) : -99)),
    { warned: /'kind' has '-99' in 10 rows/ },
  ],
  [
    '-999 for a missing value, named in missingValues',
    () => houses((i) => (i % 6 ? size(i + 3) : -999), 'x', { missingValues: ['-999'], missing: 'drop' }),
    { fine: 50 },
  ],
  ['the value 999 within the range of the others', () => houses((i) => (i % 6 ? 29 * size(i + 3) : 999)), { fine: 60 }],
  [
    'one number with zeros too many',
    () => houses((i) => (i === 4 ? 1e7 : size(i + 3))),
    { warned: /'x' has '10000000', farther from the others than 100 times their range/ },
  ],
  [
    'one negative number by mistake',
    () => houses((i) => (i === 4 ? -1e6 : size(i + 3))),
    { warned: /'x' has '-1000000', farther from the others than 100 times/ },
  ],
  ['numbers over almost four powers of ten', () => houses((i) => Math.exp(size(i + 3) / 7).toFixed(4)), { fine: 60 }],
  [
    'postal codes as numbers',
    () => houses((i) => `${i % 9}`.padStart(5, '0')),
    { warned: /'x' has leading zeros, as codes have: '0000\d'; name it in categories/ },
  ],
  [
    'postal codes as categories',
    () => houses((i) => `${i % 9}`.padStart(5, '0'), 'zip', { categories: ['zip'] }),
    { fine: 60 },
  ],
  ['months with a leading zero', () => houses((i) => `${1 + (i % 12)}`.padStart(2, '0')), { fine: 60 }],
  [
    'a column named as an id, whose numbers repeat',
    () => houses((i) => (i * 7919) % 53, 'customer_id'),
    { warned: /'customer_id' has the name of an id/ },
  ],
  [
    'a column named as an id, in camel case',
    () => houses((i) => (i * 7919) % 53, 'orderId'),
    { warned: /'orderId' has the name of an id/ },
  ],
  ['an id as a category', () => houses((i) => i % 5, 'shop_id', { categories: ['shop_id'] }), { fine: 60 }],
  ['a column named humid, which ends like an id', () => houses((i) => (i * 7919) % 53, 'humid'), { fine: 60 }],
  [
    'the target in another currency',
    () => houses((i) => (0.91 * price(i)).toFixed(2), 'euro'),
    { warned: /'euro' is the target 'price' in another unit: a net would only copy it/ },
  ],
  [
    'the target in thousands, shifted',
    () => houses((i) => (price(i) - 5000) / 1000),
    { warned: /'x' is the target 'price' in another unit/ },
  ],
  [
    'the only input is proportional to the target',
    () => read(table('size,price', (i) => `${size(i)},${3 * size(i)}`)),
    { fine: 60 },
  ],
  ['an input near the target', () => houses((i) => price(i) + 2000 * Math.cos(3 * i)), { fine: 60 }],
  ['grades such as 1A', () => houses((i) => `${1 + (i % 4)}A`), { fine: 60 }],
  ['grades such as 1B, to predict', () => kinds((i) => `${1 + (i % 2)}B`), { fine: 60 }],
  ...['kg', ' cm', 'm', ' A', '.5A'].map(
    (unit): Misuse => [
      `numbers with '${unit}'`,
      () => houses((i) => `${1 + (i % 4)}${unit}`),
      { warned: /'x' holds numbers that are read as categories: '1/ },
    ],
  ),
  [
    'numbers with a percent sign',
    () => houses((i) => `${5 * (i % 9)}%`),
    { warned: /'x' holds numbers that are read as categories: '0%'; write plain numbers/ },
  ],
  [
    'NA among categories',
    () => houses((i) => (i % 9 ? 'ab'[i % 2] : 'NA')),
    { warned: /'x' has the category 'NA': if it marks a missing value/ },
  ],
  [
    'n/a among classes',
    () => kinds((i) => (i % 9 ? 'ab'[i % 2] : 'n/a')),
    { warned: /'kind' has the category 'n\/a'/ },
  ],
  ['a dash among classes', () => kinds((i) => (i % 9 ? 'ab'[i % 2] : '-')), { warned: /'kind' has the category '-'/ }],
  [
    'null among categories',
    () => houses((i) => (i % 9 ? 'ab'[i % 2] : 'null')),
    { warned: /'x' has the category 'null'/ },
  ],
  ['None among categories', () => houses((i) => (i % 9 ? 'ab'[i % 2] : 'None')), { fine: 60 }],
  [
    'NA in missingValues',
    () => kinds((i) => (i % 9 ? 'ab'[i % 2] : 'NA'), { missingValues: ['NA'], missing: 'drop' }),
    { fine: 53 },
  ],
  [
    'one word among classes of numbers',
    () => kinds((i) => (i === 8 ? 'one' : i % 2)),
    { warned: /'kind' holds numbers and 'one': all are read as categories/ },
  ],
  // Ordinary columns.
  ['a column of incomes', () => houses((i) => 20000 + ((i * 7919) % 90001), 'income'), { fine: 60 }],
  [
    'a column of populations',
    () => houses((i) => Math.round(Math.exp(8 + ((i * 37) % 61) / 9)), 'people'),
    { fine: 60 },
  ],
  [
    'a column of populations in rising order',
    () => houses((i) => Math.round(Math.exp(6 + i / 8)), 'people'),
    { fine: 60 },
  ],
  ['a row for each year', () => houses((i) => 1960 + i, 'year'), { fine: 60 }],
  ['hourly timestamps', () => houses((i) => 1_700_000_000 + 3600 * i, 'time'), { fine: 60 }],
  ['a column of doses, 0, 1 or 1000', () => houses((i) => [0, 1, 1000][i % 3]), { fine: 60 }],
  ['the year of a renovation, 0 for none', () => houses((i) => (i % 5 ? 0 : 2000 + (i % 15))), { fine: 60 }],
  ['prices such as 999', () => houses((i) => [99, 199, 299, 499, 999][(i * 7) % 5]), { fine: 60 }],
  ['counts with many zeros', () => houses((i) => (i % 7 ? 0 : 1 + ((i * 3) % 40))), { fine: 60 }],
  ['a column of 0 and 1 with the name of an id', () => houses((i) => i % 2, 'has_id'), { fine: 60 }],
  [
    'ages and categories of people, some rows equal by chance',
    () =>
      csv(
        table(
          'rank,sex,age,left',
          (i) => `${(i * i) % 3},${'fm'[((i * 7) % 5) % 2]},${(i * i * 31) % 47},${'ny'[((i * i) >> 2) % 2]}`,
          400,
        ),
        { target: 'left' },
      ).length,
    { fine: 400 },
  ],
  [
    'houses that are entered twice',
    () =>
      csv(
        table('size,rooms,price', (i) => `${size(i >> 1)},${(i >> 1) % 4},${price(i >> 1)}`),
        { target: 'price' },
      ).length,
    { warned: /^csv: 30 of 60 rows repeat others: on copies of training rows a test looks too good$/ },
  ],
  ['a column named grid, which ends like an id', () => houses((i) => (i * 7) % 50, 'grid'), { fine: 60 }],
  ["'+' and '-' as categories", () => houses((i) => '+-'[i % 2]), { fine: 60 }],
  ["'+' and '-' as classes", () => kinds((i) => '+-'[i % 2]), { fine: 60 }],
  [
    "'-' as a class that the option classes names",
    () => kinds((i) => 'a-'[i % 2], { classes: ['a', '-'] }),
    { fine: 60 },
  ],
  [
    'classes of numbers and a word, with the option classes',
    () => kinds((i) => (i % 10 ? i % 3 : 'K'), { classes: true }),
    { fine: 60 },
  ],
  [
    'many classes that repeat, one of them a word',
    () =>
      csv(
        table('a,b,kind', (i) => `${size(i)}${i},${size(i + 7)},${i % 10 ? 300 + (i % 25) : 'i3'}`, 300),
        { target: 'kind' },
      ).classes.length,
    { warned: /^csv: 'kind' holds numbers and 'i3': all are read as categories$/ },
  ],
  // Headers, rows and files.
  [
    'a row of sums below two columns',
    () =>
      csv(`${table('size,rooms,price', (i) => `${size(i)},${i % 4},${price(i)}`)}1e9,2,3e12\n`, { target: 'price' })
        .length,
    {
      warned: /^csv: 'size' has '1e9', farther from .* error\?; 'price' has '3e12', farther from .* error\?$/,
    },
  ],
  [
    'names of columns in brackets',
    () => read(plain.replace('size,price', '<SIZE>,<PRICE>'), { target: '<PRICE>' }),
    { fine: 60 },
  ],
  [
    'n/a in a column of prices to predict',
    () => read(plain.replace(/,\d+$/m, ',n/a')),
    {
      refused:
        /row 2, column 'price': a text among numbers: 'n\/a'; name it in missingValues if it marks a missing value, or give { classes: true }/,
    },
  ],
  [
    '450k in a column of prices to predict',
    () => read(plain.replace(/,\d+$/m, ',450k')),
    { refused: /row 2, column 'price': a text among numbers: '450k'/ },
  ],
  [
    'a row of totals below the table',
    () => read(`${plain}Total,99\n`),
    { refused: /row 62, column 'size': a text among numbers: 'Total'/ },
  ],
  [
    'empty rows of a spreadsheet below the table',
    () => read(`${plain},\n,\n`),
    { refused: /row 62, column 'size': no value; give { missing: 'drop' }/ },
  ],
  [
    'a unit in one cell',
    () => read(plain.replace(/^([\d.]+),/m, '$1 sqft,')),
    { refused: /row 2, column 'size': a text among numbers: '.* sqft'; write numbers as 1234\.5/ },
  ],
  [
    'a no-break space in a number',
    () => read(plain.replace(/^[\d.]+,/m, '1\u00a0000,')),
    { refused: /row 2, column 'size': a text among numbers/ },
  ],
  [
    'inf among the numbers',
    () => read(plain.replace(/^[\d.]+,/m, 'inf,')),
    { refused: /row 2, column 'size': a text among numbers: 'inf'/ },
  ],
  [
    "Excel's line for the delimiter",
    () => read(`sep=;\n${plain.replaceAll(',', ';')}`, { delimiter: ';' }),
    { refused: /the first row is 'sep=;', which only Excel reads; remove it/ },
  ],
  [
    'a comment above the header',
    () => read(`# made in May\n${plain}`),
    { refused: /row 2 has 2 cells, the header 1; is '# made in May' the header\?/ },
  ],
  [
    'a web page in place of a table',
    () => read('<!DOCTYPE html>\n<html>Log in</html>\n'),
    { refused: /not a table: it begins with '<!': is it a page of the web\?/ },
  ],
  [
    'a JSON list in place of a table',
    () => read('[\n{"size":1,"price":2}\n]'),
    { refused: /not a table: it begins with '\[': JSON\? write a header and rows/ },
  ],
  [
    'JSON lines in place of a table',
    () => read('{"size":1,"price":2}\n{"size":2,"price":3}\n'),
    { refused: /not a table: it begins with '{': JSON\?/ },
  ],
  [
    'a column without a name',
    () => read(table(',size,price', (i) => `${i},${size(i)},${price(i)}`)),
    { refused: /column 1 of the header has no name/ },
  ],
  ['lines that end with a carriage return alone', () => read(plain.replaceAll('\n', '\r')), { fine: 60 }],
  [
    'a quoted header with a byte order mark',
    () => read(`\ufeff"size","price"\r\n${plain.slice(plain.indexOf('\n') + 1).replaceAll('\n', '\r\n')}`),
    { fine: 60 },
  ],
  [
    'a text of one character',
    () => textDataset('a'.repeat(99), { context: 8 }),
    { refused: /text: one token: "a": there is nothing to predict/ },
  ],
  [
    'a text whose words all differ',
    () => textDataset(Array.from({ length: 200 }, (_, i) => `w${i}`).join(' '), { level: 'word', context: 8 }),
    { warned: /text: 200 distinct words among 200: too few repeat; / },
  ],
  [
    'a text of one word, again and again',
    () => textDataset('tick '.repeat(99), { level: 'word', context: 8 }),
    { refused: /text: one token: "tick"/ },
  ],
];
testMisuses(test, misuses);
