// Tables: CSV text, and the saved description with which another file is read for the same model.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CsvOptions, csv, type TableDataset } from '../../../datasets/index.js';
import { csvFile } from '../../../node/tables.js';
import type { Draw } from '../draw.js';
import { allows, type Format, right } from '../format.js';

/** A table of numbers, categories, quoted cells and missing values. */
function tableText(draw: Draw): string {
  const cell = () => draw.pick(['1', '-2.5', '3e2', '0', '007']);
  const city = () => draw.pick(['Oslo', 'Rome', '"a, ""b"""', 'é']);
  const rows = Array.from({ length: 1 + draw.below(6) }, () => [
    cell(),
    city(),
    draw.chance(0.1) ? '' : cell(),
    cell(),
  ]);
  const end = draw.pick(['\n', '\r\n']);
  return [['age', 'city', 'rooms', 'price'], ...rows].map((row) => row.join(',')).join(end) + end;
}

async function inputsOf(set: TableDataset): Promise<number[]> {
  const { inputs } = await set.batch(Int32Array.from({ length: set.length }, (_, i) => i));
  return [...(inputs as Float32Array)];
}

const table: Format = {
  name: 'csv',
  prepare: (folder) => async (draw) => {
    const good = tableText(draw);
    const text = draw.chance(0.6) ? draw.damageText(good) : good;
    const path = join(folder, 'table.csv');
    writeFileSync(path, text, draw.chance(0.9) ? 'utf8' : 'latin1');
    const missing = draw.pick(['refuse', 'drop', 'fill'] as const);
    const set = await csvFile(path, { target: draw.pick(['price', 'city', ['price', 'rooms']]), missing });
    const values = await inputsOf(set);
    right(values.length === set.length * set.features.length && set.length > 0, 'it has a value for each feature');
    right(values.every(Number.isFinite), 'its inputs are numbers');
    right(
      set.oneHot.every((i) => i < set.features.length),
      'one-hot inputs are features',
    );
    const saved = JSON.parse(JSON.stringify(set.table));
    const again = allows(() => csv(text.replace(/^\uFEFF/, ''), { table: saved, missing }), 'its table reads it again');
    right((await inputsOf(again)).join() === values.join(), 'its table gives the same inputs');
  },
};

const saved: Format = {
  name: 'csv-table',
  prepare: () => async (draw) => {
    const text = 'age,city,price\n1,Oslo,2\n3,Rome,4\n';
    const good = csv(text, { target: 'price', missing: 'fill' }).table;
    const set = csv(text, { table: draw.chance(0.9) ? draw.alter(good) : good });
    const values = await inputsOf(set);
    right(values.length === set.length * set.features.length && set.length === 2, 'it has a value for each feature');
    right(values.every(Number.isFinite), 'its inputs are numbers');
  },
};

/** The same table with other delimiters, names of missing values, and columns chosen by options. */
const dialect: Format = {
  name: 'csv-dialect',
  prepare: () => async (draw) => {
    const delimiter = draw.pick([';', '\t', '|', ' ', ',']);
    const decimal = draw.pick(['.', ','] as const);
    const good = tableText(draw)
      .replace(/-2\.5/g, decimal === ',' && delimiter === ',' ? '"-2,5"' : `-2${decimal}5`)
      .replace(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/g, delimiter);
    const text = draw.chance(0.4) ? draw.damageText(good) : good;
    const options: CsvOptions = {
      target: draw.pick(['price', 'city', ['price', 'rooms'], ['price']]),
      ...{ delimiter, decimal },
      ...(draw.chance(0.3) && { columns: draw.pick([['age'], ['age', 'city'], ['age', 'age'], [], ['price']]) }),
      ...(draw.chance(0.3) && { categories: draw.pick([['age'], ['rooms', 'city'], ['none']]) }),
      ...(draw.chance(0.2) && { classes: draw.pick([true, ['1', '0'], ['a', 'a'], []]) }),
      ...(draw.chance(0.3) && { missingValues: draw.pick([['', 'Oslo'], ['1', ' 007 '], ['']]) }),
      ...(draw.chance(0.3) && { fill: draw.pick(['median', 'most-frequent', 0, { rooms: 'mean', city: 'x' }]) }),
    };
    const set = csv(text, draw.chance(0.2) ? draw.alter(options) : options);
    const values = await inputsOf(set);
    right(values.length === set.length * set.features.length && set.length > 0, 'it has a value for each feature');
    right(values.every(Number.isFinite), 'its inputs are numbers');
    right(new Set(set.classes).size === set.classes.length, 'each class has one name');
    const missing = set.table.columns.some(({ fill }) => fill !== undefined) ? 'fill' : 'refuse';
    const saved = JSON.parse(JSON.stringify(set.table));
    const again = allows(() => csv(text, { table: saved, missing }), 'its table reads it again');
    right((await inputsOf(again)).join() === values.join(), 'its table gives the same inputs');
  },
};

export const tables: Format[] = [table, saved, dialect];
