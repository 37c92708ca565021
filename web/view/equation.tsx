// The equations of step.ts as MathML, from the text in letters that `explain` gives: `b1 m + k g`, `a / (sqrt(v) + e)`.
import type { JSX } from 'preact';
import { flat } from './math.js';

/** A text in letters as MathML. left: the letter that it equals, as in `m = b1 m + k g`. Default: the text alone. */
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
  const base = <mi>{letters}</mi>;
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
  /** Whether the last node is a factor, so that the next factor is multiplied by it. */
  let isFactor = false;
  const factor = (node: JSX.Element) => {
    if (isFactor) nodes.push(<mspace width="0.22em" />);
    nodes.push(node);
    isFactor = true;
  };
  for (let rest = text.trim(); rest; ) {
    const root = /^sqrt\(([^()]*)\)/.exec(rest);
    const token = root?.[0] ?? /^([a-z]+\d?|\d+(\.\d+)?|.)/i.exec(rest)![0];
    rest = rest.slice(token.length).trim();
    if (root) factor(<msqrt>{nodesOf(root[1])}</msqrt>);
    else if (token === '²') {
      const base = nodes.pop() ?? <mi />;
      nodes.push(
        <msup>
          {base}
          <mn>2</mn>
        </msup>,
      );
    } else if (/^[a-z]/i.test(token)) {
      factor(symbol(token));
      if (rest.startsWith('(')) isFactor = false;
    } else if (/^\d/.test(token)) factor(<mn>{token}</mn>);
    else {
      if (token === '(' && isFactor) nodes.push(<mspace width="0.22em" />);
      nodes.push(<mo {...flat}>{token === '-' ? '−' : token}</mo>);
      isFactor = token === ')';
    }
  }
  return nodes;
}
