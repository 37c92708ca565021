// The equations of step.ts as MathML, from the text in letters that `explain` gives: `b1 m + k g`, `a / (sqrt(v) + e)`.
import type { JSX } from 'preact';

const greek: Readonly<Record<string, string>> = { b: 'β', a: 'α', e: 'ε', n: 'η', eps: 'ε' };

/** A text in letters as MathML. */
export function Letters({ text, left }: { text: string; left?: string }) {
  return (
    <math>
      <mrow>
        {left && symbol(left)}
        {left && <mo>=</mo>}
        {nodesOf(text)}
      </mrow>
    </math>
  );
}

function symbol(name: string): JSX.Element {
  const [, letters, digits] = /^([a-z]+)(\d?)$/.exec(name) ?? ['', name, ''];
  const base = <mi>{greek[letters] ?? letters}</mi>;
  if (!digits) return base;
  return (
    <msub>
      {base}
      <mn>{digits}</mn>
    </msub>
  );
}

function nodesOf(text: string): JSX.Element[] {
  const nodes: JSX.Element[] = [];
  for (const [token] of text.matchAll(/[a-z]+\d?|\d+(?:\.\d+)?|[²^()|+\-/,·]/gi)) {
    if (token === '²') {
      const base = nodes.pop() ?? <mi />;
      nodes.push(
        <msup>
          {base}
          <mn>2</mn>
        </msup>,
      );
    } else if (/^[a-z]/i.test(token)) nodes.push(symbol(token));
    else if (/^\d/.test(token)) nodes.push(<mn>{token}</mn>);
    else nodes.push(<mo {...flat}>{token === '-' ? '−' : token}</mo>);
  }
  return nodes;
}

/** Brackets as high as a letter. The type of the attribute knows only true and false, which would become a missing attribute. */
const flat: object = { stretchy: 'false' };
