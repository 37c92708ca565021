// Writes files of records in the format of this version: `node build.mjs run tools/migrateRecords.ts docs/poster/*.jsonl`.
// Format 2 (November 2026) added the number of the format and a checksum for each line; the records are the same.
import { JsonLines, type Line } from '../node/jsonLines.js';

for (const path of process.argv.slice(2)) {
  let lines: readonly Line[] = [];
  const check = (found: readonly Line[]) => {
    const damaged = found.findIndex(({ fault }) => fault !== null);
    if (damaged >= 0) throw new Error(`${path}: line ${damaged + 1}: ${found[damaged].fault}`);
    lines = found;
  };
  const file = new JsonLines(path, { check });
  file.replace(lines.map(({ record }) => record as object));
  file.close();
  console.log(`${path}: ${lines.length} records`);
}
