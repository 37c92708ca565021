// The specification: every sentence of the tests by subject, with its code and its last result.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { Report } from '../../tests/spec.js';
import { SOURCE } from './sources.js';
import { escape, frontMatter } from './text.js';

/** A call that adds a sentence, or several if it stands in a loop. */
interface Place {
  /** Matches its sentences. */
  pattern: RegExp;
  /** The subject and the sentence as the source has them. */
  subject: string;
  sentence: string;
  line: number;
  code: string;
}

const RESULTS = '.build/results.json';
const marks = { passed: '✓', failed: '✗', skipped: '-', unknown: '·' };

/** Writes a page for each folder of tests below `pages` and returns their files. */
export function writeSpecification(pages: string): string[] {
  const { node, results } = lastResults();
  const files = (readdirSync('tests', { recursive: true }) as string[])
    .filter((f) => /\.(test|long)\.ts$/.test(f))
    .sort();
  return [...new Set(files.map((f) => dirname(f)))].map((folder) => {
    const parts = files.filter((f) => dirname(f) === folder).map((f) => describe(f, results[f] ?? []));
    const intro = node
      ? `Results of the last \`npm test\` and \`npm run test:long\`, on Node ${node}: ✓ passed, ✗ failed, - skipped, · not run.`
      : 'Run `npm test` before `npm run docs` to see results here.';
    const path = join(pages, 'specification', `${folder}.md`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      `${frontMatter(folder, 'Specification')}# Specification: ${folder}\n\n${intro}\n\n${parts.join('\n')}`,
    );
    return path;
  });
}

function lastResults(): { node?: string; results: Record<string, Report[]> } {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8'));
  } catch {
    return { results: {} };
  }
}

/** The Markdown of a test file: a heading for each subject, the sentences of each place, and its code folded away. A file
 *  that did not run shows its sentences as the source has them. */
function describe(file: string, ran: readonly Report[]): string {
  const path = `tests/${file}`;
  const places = placesOf(path);
  const byPattern = [...places].sort((a, b) => b.pattern.source.length - a.pattern.source.length);
  const entries = ran.length
    ? ran.map((report) => ({ ...report, place: byPattern.find((p) => p.pattern.test(report.sentence)) }))
    : places.map((place) => ({ ...place, place, outcome: 'unknown' as const, note: undefined }));
  const text: string[] = [];
  entries.forEach(({ subject, sentence, outcome, note, place }, i) => {
    const [before, after] = [entries[i - 1], entries[i + 1]];
    const isFirst = subject !== before?.subject || place !== before?.place;
    const isLast = subject !== after?.subject || place !== after?.place;
    const line = `${marks[outcome]} ${escape(sentence + (note ? ` (skipped: ${note})` : ''))}`;
    if (subject !== before?.subject) text.push(`\n## ${subject}\n`, `[${path}](${SOURCE}${path})\n`);
    if (isFirst && isLast && place) text.push(folded(line, place));
    else {
      if (isFirst) text.push('<ul>');
      text.push(`<li>${line}</li>`);
      if (isLast) text.push('</ul>', place ? folded(`code, line ${place.line}`, place) : '');
    }
  });
  return `${text.join('\n')}\n`;
}

function folded(summary: string, { code }: Place): string {
  return `<details><summary>${summary}</summary>\n\n\`\`\`ts\n${code}\n\`\`\`\n\n</details>\n`;
}

/** The calls in a file that add sentences, in order. */
function placesOf(path: string): Place[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
  const subjects = new Map<string, string>();
  const texts = new Map<string, ts.Expression>();
  const places: Place[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      texts.set(node.name.text, node.initializer);
      const { initializer } = node;
      if (ts.isCallExpression(initializer) && initializer.expression.getText() === 'subject') {
        subjects.set(node.name.text, plainText(initializer.arguments[0]));
      }
    }
    const subject = ts.isCallExpression(node) && subjects.get(node.expression.getText().replace(/\.skip$/, ''));
    if (subject && ts.isCallExpression(node)) {
      const [argument] = node.arguments;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      const sentence = plainText(argument);
      places.push({
        pattern: patternOf(argument, texts),
        subject,
        sentence,
        line: line + 1,
        code: dedent(node, source),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return places;
}

/** A string literal's text, or the source of any other expression. */
function plainText(argument: ts.Expression | undefined): string {
  return argument && ts.isStringLiteralLike(argument) ? argument.text : (argument?.getText().replaceAll('`', '') ?? '');
}

function patternOf(argument: ts.Expression | undefined, texts: ReadonlyMap<string, ts.Expression>): RegExp {
  const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (argument && ts.isStringLiteralLike(argument)) return new RegExp(`^${quote(argument.text)}$`);
  if (argument && ts.isTemplateExpression(argument)) {
    const spans = argument.templateSpans.map((span) => `[\\s\\S]*${quote(span.literal.text)}`);
    return new RegExp(`^${quote(argument.head.text)}${spans.join('')}$`);
  }
  const value = argument && ts.isIdentifier(argument) ? texts.get(argument.text) : undefined;
  return value && value !== argument ? patternOf(value, new Map()) : /[\s\S]*/;
}

/** The text of a call, moved to the left margin. */
function dedent(node: ts.Node, source: ts.SourceFile): string {
  const { character } = source.getLineAndCharacterOfPosition(node.getStart());
  return node.getText().replaceAll(`\n${' '.repeat(character)}`, '\n');
}
