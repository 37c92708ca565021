// Renews the computed tables in docs/family.md, which run over the registry of optimizers: scaling.ts and theorems.ts compute them.
// usage: node build.mjs family
import { readFileSync, writeFileSync } from 'node:fs';
import { scalingHead, scalingRows } from './scaling.js';
import { replaced, table } from './table.js';
import { theoremsHead, theoremsRows } from './theorems.js';

const PAGE = 'docs/family.md';
const page = readFileSync(PAGE, 'utf8');
const scaling = replaced(page, 'scaling', table(scalingHead, scalingRows()));
writeFileSync(PAGE, replaced(scaling, 'theorems', table(theoremsHead, theoremsRows())));
