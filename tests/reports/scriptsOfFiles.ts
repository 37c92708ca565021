// More attempts to run a script from a report, by one who knew only SECURITY.md and the files of a run. The texts are where a user
// meets them: in tables, picture folders and model files, or in files of a run whose checksums an attacker renewed. The command
// line makes the pages.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSafetensors, serializeSafetensors } from '../../core/index.js';
import { formatJsonLines, readJsonLines } from '../../node/jsonLines.js';
import { boundgradHere } from '../cli/command.js';
import { fastBackend } from '../fastBackend.js';
import { sealed } from '../fit/sealed.js';
import { png } from '../pictures/encode.js';

/** Texts that set `owned` on the window, or load an address, if a page treats them as more than text. */
export const TEXTS = [
  '<script>window.owned=1</script>',
  '"><img src=x onerror=window.owned=1>',
  '</style><script>window.owned=1</script>',
  ']]--></script><script>owned=1</script>',
  '</text></svg><svg><animate onbegin=owned=1 attributeName=x dur=1s /><foreignObject><body/onload=owned=1>',
  '<svg><style><img src=x onerror=owned=1></style></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=owned=1&gt;">',
  '[x](javascript:owned=1) javascript:owned=1 <a href="jav&#x09;ascript:owned=1" autofocus onfocus=owned=1>x</a>',
  '`onmouseover=owned=1 onfocus=owned=1 autofocus x=` style=`x:expression(owned=1)`',
  '"\u2028;owned=1;\u2029//\\u003cscript>owned=1</script>',
  'red;background:url("javascript:owned=1"),url(//evil.invalid/a.png);x:expression(owned=1)}*{background:url(//evil.invalid)',
  '<style>@import"//evil.invalid/x.css";</style><link rel=stylesheet href=//evil.invalid/y.css><script src=//evil.invalid></script>',
  '{{constructor.constructor("owned=1")()}}${owned=1}<%= owned=1 %>#{owned=1}<!--#exec cmd="x" -->',
  '</noscript></textarea></template></select></title><details open ontoggle=owned=1>',
  '+ADw-script+AD4-owned=1+ADw-/script+AD4-\ud800<script>owned=1</script>\udfff',
  '\u202e<\u200bscript>owned=1</script>\ufeff<script\u00a0>owned=1</script\f>',
] as const;

/** The tags of a page that contain one of the texts outside of quotes, and the scripts that a text began. Empty if all are escaped. */
export function rawIn(page: string): string[] {
  const tags = page.match(/<[a-z!/](?:"[^"]*"|'[^']*'|[^>"'])*>/gi) ?? [];
  const outside = tags.map((tag) => tag.replace(/"[^"]*"|'[^']*'/g, '""'));
  return [
    ...outside.filter((tag) => /owned|evil\.invalid/.test(tag)),
    ...(page.match(/<script[^<>]*>(window\.)?owned|<(img|link|script)[^<>]*(owned|evil)/gi) ?? []),
  ];
}

export interface Attempt {
  how: string;
  /** The reports; empty if the files are refused. */
  pages: string[];
}

const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

/** The paths of all texts within a record. */
function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** A copy with another text at the path. */
function put(value: any, [key, ...rest]: (string | number)[], text: string): unknown {
  if (key === undefined) return text;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = put(value[key], rest, text);
  return copy;
}

/** A copy in which the first member of the object at the path has another name. */
function rename(value: any, [key, ...rest]: string[], text: string): unknown {
  if (key !== undefined) return { ...value, [key]: rename(value[key], rest, text) };
  return Object.fromEntries(Object.entries(value).map(([name, inner], i) => [i === 0 ? text : name, inner]));
}

/** Makes every attempt in a folder. */
export async function attempts(folder: string): Promise<Attempt[]> {
  const all: Attempt[] = [];
  let number = 0;
  const base = ['--backend', fastBackend, '--epochs', '1', '--max-steps', '2'];
  const reportIn = (out: string) => readFileSync(join(out, 'report.html'), 'utf8');
  async function train(how: string, words: string[], out = join(folder, `out-${number++}`)): Promise<string> {
    const { code, stderr } = await boundgradHere(['train', ...base, '--out', out, ...words]);
    if (code !== 0) throw new Error(`${how}: ${stderr}`);
    all.push({ how, pages: [reportIn(out)] });
    return out;
  }
  const fileName = (text: string) =>
    text
      .replaceAll('/', '\u2215')
      .replace(/[\ud800-\udfff]/g, '')
      .slice(0, 120);

  // A table: every text is the name of a column, a category and a class.
  const rows = Array.from({ length: 3 * TEXTS.length }, (_, i) =>
    [...TEXTS.map((_, j) => TEXTS[(i + (i % 3) * j) % TEXTS.length]), TEXTS[i % TEXTS.length]].map(quote).join(),
  );
  const target = '</script><svg onload=owned=1>';
  for (const [i, text] of TEXTS.entries()) {
    if (i % 4 > 0) continue;
    const csv = join(folder, `${fileName(text)}.csv`);
    writeFileSync(csv, `${[...TEXTS, target].map(quote).join()}\n${rows.join('\n')}\n`);
    await train("the names of a table's file, columns, categories and classes", [
      '--model=mlp',
      `--data=csv:${csv}`,
      `--target=${target}`,
      '--optim=adam',
    ]);
  }

  // Pictures: the names of the folder and of its classes.
  const photos = join(folder, fileName(TEXTS[4]));
  for (const [i, text] of TEXTS.entries()) {
    const of = join(photos, fileName(`${i}${text}`));
    mkdirSync(of, { recursive: true });
    for (const n of [0, 1, 2, 3])
      writeFileSync(
        join(of, `${fileName(text)}${n}.png`),
        png({ width: 2, height: 2, samples: Array(12).fill(16 * i + n) }),
      );
  }
  await train('the names of a folder of pictures and of its classes', [
    '--model=mlp',
    `--data=images:${photos}`,
    '--size=2',
    '--optim=adam',
  ]);

  // A user's model: the names of its file and of its layers. And the folder of the run, which its command contains.
  const net = join(folder, `${fileName(TEXTS[1])}.mjs`);
  const layers = JSON.stringify(TEXTS.map((text) => text.replaceAll('.', '')));
  writeFileSync(
    net,
    `export default ({ input, outputs, random }, { Linear, Module }) => new (class extends Module {
       constructor() { super(); this.parts = Object.fromEntries(${layers}.map((name) => [name, new Linear(input[0], outputs, { random })])); }
       forward(x) { return Object.values(this.parts).map((part) => part.forward(x)).reduce((a, b) => a.add(b)); }
     })();`,
  );
  await train("the names of a model's file and layers", [`--model=${net}`, '--data=blobs', '--optim=adam']);
  for (const i of [2, 8, 9])
    await train('the path of a run', ['--model=mlp', '--data=blobs', '--optim=adam'], join(folder, fileName(TEXTS[i])));
  return [...all, ...(await forged(folder, number))];
}

/** Runs whose journal, options or checkpoint an attacker changed, with renewed checksums. */
async function forged(folder: string, from: number): Promise<Attempt[]> {
  const all: Attempt[] = [];
  const run = join(folder, `out-${from}`);
  const words = [
    '--model=mlp',
    '--data=blobs',
    `--backend=${fastBackend}`,
    '--epochs=1',
    '--max-steps=2',
    '--optim=adam',
  ];
  await boundgradHere(['train', ...words, '--out', run]);
  const paths = {
    journal: join(run, 'adam.jsonl'),
    options: join(run, 'run.json'),
    checkpoint: join(run, 'adam/step-2.safetensors'),
  };
  const good = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, readFileSync(path)])) as Record<
    keyof typeof paths,
    Buffer
  >;
  const records = readJsonLines(paths.journal).map(({ record }) => record as object);

  /** Resumes the run with these files in place of its own. There is no page if they are refused. */
  async function resume(how: string, files: Partial<Record<keyof typeof paths, Uint8Array | string | null>>) {
    for (const [name, path] of Object.entries(paths) as [keyof typeof paths, string][]) {
      const bytes = files[name] === undefined ? good[name] : files[name];
      mkdirSync(join(run, 'adam'), { recursive: true });
      if (bytes === null) rmSync(path, { force: true });
      else writeFileSync(path, bytes);
    }
    for (const name of ['lock', 'adam/lock', 'report.html']) rmSync(join(run, name), { force: true });
    const { code, stderr } = await boundgradHere(['train', '--resume', run]);
    if (/\n\s+at /.test(stderr)) throw new Error(`${how}: ${stderr}`);
    all.push({ how, pages: code === 0 ? [readFileSync(join(run, 'report.html'), 'utf8')] : [] });
  }

  let turn = 0;
  const next = () => TEXTS[turn++ % TEXTS.length];
  for (const path of leaves(records)) {
    const how = `a journal's ${path.slice(1).join('.')}`;
    await resume(how, { journal: formatJsonLines(put(records, path, next()) as object[]) });
  }
  for (const named of ['hyper', 'via', 'data', 'device'])
    await resume(`a name in a journal's ${named}`, {
      journal: formatJsonLines([rename(records[0], [named], next()) as object, ...records.slice(1)]),
    });
  const options = JSON.parse(good.options.toString());
  for (const path of leaves(options))
    await resume(`${path.join('.')} of run.json`, { options: JSON.stringify(put(options, path, next())) });

  const { tensors, metadata } = parseSafetensors(good.checkpoint);
  const { checksum, format, ...texts } = metadata as Record<string, string>;
  for (const [key, json] of Object.entries(texts))
    for (const path of leaves(JSON.parse(json))) {
      const changed = { ...texts, [key]: JSON.stringify(put(JSON.parse(json), path, next())) };
      const checkpoint = sealed(await serializeSafetensors(tensors, { checksum, format, ...changed }));
      await resume(`${key}.${path.join('.')} of a checkpoint, without a journal`, { checkpoint, journal: null });
    }
  return all;
}
