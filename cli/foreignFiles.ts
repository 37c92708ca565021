// Which files boundgrad wrote. A command replaces and removes no others.
import { lstatSync } from 'node:fs';
import { basename } from 'node:path';
import { crc32, hex } from '../fit/crc32.js';
import { beginsRecord, parseJsonLines } from '../node/jsonLines.js';
import { readRegularFile } from '../node/ownFile.js';
import { agrees } from '../node/unfinished.js';
import { lineRecord } from '../reports/checks.js';
import type { LineRecord } from '../reports/record.js';
import { isCsvOfRuns } from '../reports/run/csvOfRuns.js';
import { writeOrRefuse } from './failure.js';

/** The text at the beginning of every page. */
const PAGE = '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n';
/** The text at the end of every page, before the line with its checksum. Pages of 0.1.0 have no such line. */
const PAGE_END = '</body>\n</html>\n';
const FOREIGN = 'boundgrad did not write this file';
/** The largest size in bytes of a file that a new run replaces. */
const LARGEST = 2 ** 28;

/** Throws Failure if boundgrad did not write the file at this path, because a new run would destroy it. name: determines what the file should
 *  hold. */
export function refuseForeign(path: string, name = basename(path)): void {
  writeOrRefuse('--out', path, () => {
    if (!lstatSync(path, { throwIfNoEntry: false })) return;
    const bytes = readRegularFile(path, LARGEST, { follow: false });
    const why = foreignPart(name, bytes.toString(), path);
    if (why !== null) throw new Error(`${why}; move it elsewhere`);
  });
}

/** Why boundgrad did not write a file of this name and text; null if it did. */
function foreignPart(name: string, text: string, path: string): string | null {
  if (name.endsWith('.html')) return foreignPage(text);
  if (name.endsWith('.csv')) return isCsvOfRuns(text) ? null : FOREIGN;
  if (name === 'sweep.json') return isSweep(text) ? null : FOREIGN;
  if (name === 'run.json') return isRunFile(text) ? null : FOREIGN;
  return foreignJournal(text, path);
}

function foreignPage(text: string): string | null {
  const isPage = text.startsWith(PAGE) && /^.{1,1000}<meta name="generator" content="boundgrad /s.test(text);
  if (!isPage) return FOREIGN;
  const end = text.lastIndexOf(PAGE_END) + PAGE_END.length;
  const isWhole = end === text.length || withChecksum(text.slice(0, end)) === text;
  return isWhole ? null : 'it was changed after boundgrad wrote it';
}

/** The text of a page, with a last line by which `refuseForeign` recognizes it. */
export function withChecksum(page: string): string {
  return `${page}<!-- checksum ${hex(crc32(new TextEncoder().encode(page)))} -->\n`;
}

function isRunFile(text: string): boolean {
  try {
    const { format: _ = 1, boundgrad, command, from = '', options, defaults = {}, ...others } = JSON.parse(text);
    const texts = [boundgrad, command, from, ...Object.values(options), ...Object.values(defaults)];
    const areTexts = texts.every((value) => typeof value === 'string');
    return areTexts && Object.keys(others).length === 0;
  } catch {
    return false;
  }
}

function isSweep(text: string): boolean {
  try {
    const { format, sweep } = JSON.parse(text);
    return typeof format === 'number' && typeof sweep === 'object';
  } catch {
    return false;
  }
}

/** Why a text is not the journal that this path names; null if it is. Each line of a journal is a record. A journal that was edited, or in
 *  which lines are missing, is still one. */
function foreignJournal(text: string, path: string): string | null {
  const [lines, last] = [parseJsonLines(text, path), text.slice(text.lastIndexOf('\n') + 1)];
  const at = lines.findIndex(({ record, fault, sealed }) => (fault !== null && !sealed) || !isRecord(record));
  if (at >= 0) return `boundgrad did not write line ${at + 1}`;
  const [run] = lines.map(({ record }) => record as LineRecord).filter((record) => record.kind === 'run');
  if (run && run.optimizer !== basename(path, '.jsonl')) return `it is a copy of the journal ${run.optimizer}.jsonl`;
  // A killed run may leave a partial last line.
  return beginsRecord(last) ? null : 'boundgrad did not write its last line';
}

function isRecord(value: unknown): boolean {
  try {
    lineRecord(value, 'record');
    return true;
  } catch {
    return false;
  }
}

/** Whether a temporary file of this name can be boundgrad's if it begins with this text. */
export function isUnfinished(name: string, start: string): boolean {
  if (name === '.writable') return start === '';
  if (/^(report|poster|sweep)\.html$/.test(name)) return agrees(start, PAGE);
  if (name === 'run.json') return agrees(start, '{\n  "format": 1,\n  "boundgrad": "');
  if (name === 'sweep.json') return ['{"format":', '{\n "format":'].some((begin) => agrees(start, begin));
  if (name === 'epochs.csv') return agrees(start, 'folder,optimizer,seed,epoch,');
  return /^\w+\.jsonl$/.test(name) && beginsRecord(start);
}
